/*!
 * \file ir/node.cc
 * \brief Reading nodes by reflection; see node.h.
 */
#include "node.h"

#include <memory>
#include <unordered_map>

namespace tilelang_tt {
namespace ir {
namespace {

/*! The last part of a type key: "BufferLoad" of "tirx.BufferLoad". */
std::string_view ShortKey(const TVMFFITypeInfo* info) {
  std::string_view key(info->type_key.data, info->type_key.size);
  size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

Kind KindOfKey(std::string_view key) {
  static const std::unordered_map<std::string_view, Kind> kKinds = {
      {"Array", Kind::kArray},
      {"IntImm", Kind::kIntImm},
      {"Var", Kind::kVar},
      {"SizeVar", Kind::kVar},
      {"Buffer", Kind::kBuffer},
      {"BufferLoad", Kind::kLoad},
      {"TensorLoad", Kind::kLoad},
      {"BufferStore", Kind::kStore},
      {"Call", Kind::kCall},
      {"For", Kind::kFor},
      {"While", Kind::kWhile},
      {"IfThenElse", Kind::kIfThenElse},
      {"Break", Kind::kLeaveLoop},
      {"Continue", Kind::kLeaveLoop},
      {"AttrStmt", Kind::kAttrStmt},
      {"IterVar", Kind::kIterVar},
      {"Bind", Kind::kBind},
      {"LetStmt", Kind::kLet},
      {"Let", Kind::kLet},
      {"DeclBuffer", Kind::kDeclBuffer},
      {"SBlock", Kind::kSBlock},
      {"Block", Kind::kSBlock},
      {"SBlockRealize", Kind::kSBlockRealize},
      {"BlockRealize", Kind::kSBlockRealize},
      {"Add", Kind::kArith},
      {"Sub", Kind::kArith},
      {"Mul", Kind::kArith},
      {"Div", Kind::kArith},
      {"Mod", Kind::kArith},
      {"FloorDiv", Kind::kArith},
      {"FloorMod", Kind::kArith},
      {"Min", Kind::kArith},
      {"Max", Kind::kArith},
  };
  auto it = kKinds.find(key);
  return it == kKinds.end() ? Kind::kOther : it->second;
}

bool HoldsCode(const TVMFFIFieldInfo* field) {
  // A plain number, string or dtype holds no statement and no expression.
  int32_t static_type = field->field_static_type_index;
  if (static_type != kTVMFFIAny && static_type < kTVMFFIStaticObjectBegin &&
      static_type >= kTVMFFINone) {
    return false;
  }
  // These describe the code or the node's type; what they mention is not executed.
  static const std::vector<std::string_view> kDescriptions = {
      "span",    "ty",       "struct_info_",  "type_annotation", "annotations", "attrs",
      "reads",   "writes",   "alloc_buffers", "thread_binding",  "node",        "ty_args",
      "op_type", "ret_type", "dtype",         "iter_vars",       "config",      "layout",
  };
  std::string_view name(field->name.data, field->name.size);
  for (std::string_view description : kDescriptions) {
    if (name == description) return false;
  }
  return true;
}

}  // namespace

const NodeType& TypeOf(const ffi::Object* node) {
  // Type indices are small and dense.
  thread_local std::vector<std::unique_ptr<NodeType>> cache;
  size_t index = static_cast<size_t>(node->type_index());
  if (index >= cache.size()) cache.resize(index + 1);
  std::unique_ptr<NodeType>& entry = cache[index];
  if (entry == nullptr) {
    const TVMFFITypeInfo* info = TVMFFIGetTypeInfo(node->type_index());
    entry = std::make_unique<NodeType>();
    entry->kind = KindOfKey(ShortKey(info));
    ffi::reflection::ForEachFieldInfo(info, [&](const TVMFFIFieldInfo* field) {
      entry->fields.push_back(field);
      if (HoldsCode(field)) entry->children.push_back(field);
    });
  }
  return *entry;
}

Kind KindOf(const ffi::Any& value) {
  const ffi::Object* node = ObjectOf(value);
  return node == nullptr ? Kind::kOther : TypeOf(node).kind;
}

std::optional<ffi::Any> TryField(const ffi::Object* node, std::string_view name) {
  for (const TVMFFIFieldInfo* field : TypeOf(node).fields) {
    if (std::string_view(field->name.data, field->name.size) == name) {
      return ffi::reflection::FieldGetter(field)(node);
    }
  }
  return std::nullopt;
}

ffi::Any Field(const ffi::Object* node, std::string_view name) {
  std::optional<ffi::Any> value = TryField(node, name);
  if (!value) {
    TVM_FFI_THROW(InternalError) << "this TVM's " << node->GetTypeKey() << " has no field '" << name
                                 << "', which tilelang-tt reads";
  }
  return *std::move(value);
}

std::optional<int64_t> ConstInt(const ffi::Any& value) {
  if (value.type_index() == kTVMFFIInt) return value.cast<int64_t>();
  if (KindOf(value) == Kind::kIntImm) return Field(ObjectOf(value), "value").cast<int64_t>();
  return std::nullopt;
}

std::optional<bool> ConstBool(const ffi::Any& value) {
  if (value.type_index() == kTVMFFIBool) return value.cast<bool>();
  if (KindOf(value) != Kind::kIntImm) return std::nullopt;
  const ffi::Object* node = ObjectOf(value);
  std::optional<ffi::Any> type = TryField(node, "ty");
  ffi::Any dtype = Field(type ? ObjectOf(*type) : node, "dtype");
  if (dtype.cast<DLDataType>().code != kDLBool) return std::nullopt;
  return Field(node, "value").cast<int64_t>() != 0;
}

std::optional<std::string> ConstString(const ffi::Any& value) {
  if (auto text = value.as<ffi::String>()) return std::string(*text);
  const ffi::Object* node = ObjectOf(value);
  if (node != nullptr && ShortKey(TVMFFIGetTypeInfo(node->type_index())) == "StringImm") {
    return std::string(Field(node, "value").cast<ffi::String>());
  }
  return std::nullopt;
}

ffi::String CallName(const ffi::Object* call) {
  ffi::Any op = Field(call, "op");
  if (const ffi::Object* node = ObjectOf(op)) {
    std::optional<ffi::Any> name = TryField(node, "name");
    if (name) return name->cast<ffi::String>();
  }
  return "";
}

bool LeavesLoop(std::string_view call_name) {
  return call_name.find("break") != call_name.npos || call_name.find("continue") != call_name.npos;
}

ffi::Array<ffi::Any> CallArgs(const ffi::Object* call) {
  return Field(call, "args").cast<ffi::Array<ffi::Any>>();
}

}  // namespace ir
}  // namespace tilelang_tt
