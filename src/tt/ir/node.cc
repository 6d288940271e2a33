/*!
 * \file ir/node.cc
 * \brief Reading nodes by reflection; see node.h.
 */
#include "node.h"

#include <algorithm>
#include <memory>
#include <unordered_map>

namespace tilelang_tt {
namespace ir {
namespace {

using program::Op;

/*! The last part of a type key: "BufferLoad" of "tirx.BufferLoad". */
std::string_view ShortKey(const TVMFFITypeInfo* info) {
  std::string_view key(info->type_key.data, info->type_key.size);
  size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

struct KnownType {
  Kind kind;
  Op op = Op::kInt;
  /*! The fields that the rules for the kind consume. */
  std::vector<std::string_view> fields = {};
};

/*! Fields that say nothing of what a node does. */
constexpr std::string_view kHarmlessFields[] = {
    "span",          // where in a file it stands
    "dtype",         // of an expression, which follows from its operands where it is not consumed
    "ty",            // the same, from TVM 0.26 on
    "struct_info_",  // the same, for Relax
};

const std::unordered_map<std::string_view, KnownType>& KnownTypes() {
  static const auto* const kTypes = new std::unordered_map<std::string_view, KnownType>{
      {"Array", {Kind::kArray}},
      {"IntImm", {Kind::kIntImm, Op::kInt, {"value"}}},
      {"FloatImm", {Kind::kFloatImm, Op::kInt, {"value"}}},
      {"StringImm", {Kind::kStringImm, Op::kInt, {"value"}}},
      {"Var", {Kind::kVar, Op::kInt, {"name", "type_annotation"}}},
      {"SizeVar", {Kind::kVar, Op::kInt, {"name", "type_annotation"}}},
      {"Buffer",
       {Kind::kBuffer,
        Op::kInt,
        // data_alignment, offset_factor, axis_separators and buffer_type say how memory is
        // addressed on other hardware, or how a parameter may be matched.
        {"data", "shape", "strides", "elem_offset", "name", "data_alignment", "offset_factor",
         "axis_separators", "buffer_type"}}},
      {"BufferLoad", {Kind::kLoad, Op::kInt, {"buffer", "indices", "predicate"}}},
      {"TensorLoad", {Kind::kLoad, Op::kInt, {"source", "indices"}}},
      {"Cast", {Kind::kCast, Op::kInt, {"value", "annotations"}}},
      {"Add", {Kind::kOperation, Op::kAdd, {"a", "b"}}},
      {"Sub", {Kind::kOperation, Op::kSub, {"a", "b"}}},
      {"Mul", {Kind::kOperation, Op::kMul, {"a", "b"}}},
      {"Div", {Kind::kOperation, Op::kDiv, {"a", "b"}}},
      {"Mod", {Kind::kOperation, Op::kMod, {"a", "b"}}},
      {"FloorDiv", {Kind::kOperation, Op::kFloorDiv, {"a", "b"}}},
      {"FloorMod", {Kind::kOperation, Op::kFloorMod, {"a", "b"}}},
      {"Min", {Kind::kOperation, Op::kMin, {"a", "b"}}},
      {"Max", {Kind::kOperation, Op::kMax, {"a", "b"}}},
      {"EQ", {Kind::kOperation, Op::kEq, {"a", "b"}}},
      {"NE", {Kind::kOperation, Op::kNe, {"a", "b"}}},
      {"LT", {Kind::kOperation, Op::kLt, {"a", "b"}}},
      {"LE", {Kind::kOperation, Op::kLe, {"a", "b"}}},
      {"GT", {Kind::kOperation, Op::kGt, {"a", "b"}}},
      {"GE", {Kind::kOperation, Op::kGe, {"a", "b"}}},
      {"And", {Kind::kOperation, Op::kAnd, {"a", "b"}}},
      {"Or", {Kind::kOperation, Op::kOr, {"a", "b"}}},
      {"Not", {Kind::kOperation, Op::kNot, {"a"}}},
      {"BitwiseAnd", {Kind::kOperation, Op::kBitAnd, {"a", "b"}}},
      {"BitwiseOr", {Kind::kOperation, Op::kBitOr, {"a", "b"}}},
      {"BitwiseXor", {Kind::kOperation, Op::kBitXor, {"a", "b"}}},
      {"BitwiseNot", {Kind::kOperation, Op::kBitNot, {"a"}}},
      {"LShift", {Kind::kOperation, Op::kShl, {"a", "b"}}},
      {"RShift", {Kind::kOperation, Op::kShr, {"a", "b"}}},
      {"Select", {Kind::kSelect, Op::kInt, {"condition", "true_value", "false_value"}}},
      {"Let", {Kind::kLetExpr, Op::kInt, {"var", "value", "body"}}},
      {"Call", {Kind::kCall, Op::kInt, {"op", "args", "annotations", "attrs", "ty_args"}}},
      {"BufferStore", {Kind::kStore, Op::kInt, {"buffer", "value", "indices", "predicate"}}},
      {"SeqStmt", {Kind::kSeq, Op::kInt, {"seq"}}},
      {"Evaluate", {Kind::kEvaluate, Op::kInt, {"value"}}},
      {"For",
       {Kind::kFor,
        Op::kInt,
        {"loop_var", "min", "extent", "kind", "body", "thread_binding", "annotations", "step"}}},
      {"While", {Kind::kWhile, Op::kInt, {"condition", "body"}}},
      {"IfThenElse", {Kind::kIfThenElse, Op::kInt, {"condition", "then_case", "else_case"}}},
      {"Break", {Kind::kBreak}},
      {"Continue", {Kind::kContinue}},
      {"AttrStmt", {Kind::kAttrStmt, Op::kInt, {"node", "attr_key", "value", "body"}}},
      {"IterVar", {Kind::kIterVar, Op::kInt, {"dom", "var", "iter_type", "thread_tag"}}},
      {"Bind", {Kind::kBind, Op::kInt, {"var", "value"}}},
      {"LetStmt", {Kind::kLetStmt, Op::kInt, {"var", "value", "body"}}},
      {"DeclBuffer", {Kind::kDeclBuffer, Op::kInt, {"buffer", "data", "body"}}},
      {"AllocBuffer", {Kind::kAllocBuffer, Op::kInt, {"buffer", "annotations", "body"}}},
      // What is asserted holds, or the host has refused the call.
      {"AssertStmt", {Kind::kAssert, Op::kInt, {"condition", "error_kind", "message_parts"}}},
      {"SBlock",
       {Kind::kSBlock,
        Op::kInt,
        // reads and writes say again what the body does.
        {"iter_vars", "reads", "writes", "name_hint", "alloc_buffers", "match_buffers",
         "annotations", "init", "body"}}},
      {"SBlockRealize", {Kind::kSBlockRealize, Op::kInt, {"iter_values", "predicate", "block"}}},
  };
  return *kTypes;
}

template <typename List>
bool Has(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
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
    auto known = KnownTypes().find(ShortKey(info));
    entry = std::make_unique<NodeType>();
    entry->kind = known == KnownTypes().end() ? Kind::kOther : known->second.kind;
    entry->op = known == KnownTypes().end() ? Op::kInt : known->second.op;
    entry->unknown_field = nullptr;
    ffi::reflection::ForEachFieldInfo(info, [&](const TVMFFIFieldInfo* field) {
      entry->fields.push_back(field);
      std::string_view name(field->name.data, field->name.size);
      if (known != KnownTypes().end() && !Has(kHarmlessFields, name) &&
          !Has(known->second.fields, name)) {
        entry->unknown_field = field;
      }
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
    // Names that are as long mostly differ at once, without a call.
    if (field->name.size == name.size() && field->name.data[0] == name[0] &&
        std::string_view(field->name.data, field->name.size) == name) {
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

ffi::Array<ffi::Any> ArrayField(const ffi::Object* node, std::string_view name) {
  return Field(node, name).cast<ffi::Array<ffi::Any>>();
}

std::optional<program::Dtype> DtypeOfNode(const ffi::Object* node) {
  // A DLDataType in older TVMs; in newer ones a type that wraps one.
  std::optional<ffi::Any> found = TryField(node, "dtype");
  if (!found) found = TryField(node, "ty");
  if (!found) return std::nullopt;
  if (const ffi::Object* type = ObjectOf(*found)) return DtypeOfNode(type);
  std::optional<DLDataType> dtype = found->as<DLDataType>();
  if (!dtype || dtype->lanes != 1) return std::nullopt;
  // Older tvm-ffi has bool as an unsigned integer of one bit.
  if (dtype->code == kDLUInt && dtype->bits == 1) return program::kBool;
  return program::Dtype{dtype->code, dtype->bits};
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
  std::optional<program::Dtype> dtype = DtypeOfNode(node);
  if (!dtype || !dtype->is_bool()) return std::nullopt;
  return Field(node, "value").cast<int64_t>() != 0;
}

std::optional<std::string> ConstString(const ffi::Any& value) {
  if (auto text = value.as<ffi::String>()) return std::string(*text);
  if (KindOf(value) != Kind::kStringImm) return std::nullopt;
  return std::string(Field(ObjectOf(value), "value").cast<ffi::String>());
}

ffi::String CallName(const ffi::Object* call) {
  ffi::Any op = Field(call, "op");
  if (const ffi::Object* node = ObjectOf(op)) {
    std::optional<ffi::Any> name = TryField(node, "name");
    if (name) return name->cast<ffi::String>();
  }
  return "";
}

ffi::Array<ffi::Any> CallArgs(const ffi::Object* call) { return ArrayField(call, "args"); }

}  // namespace ir
}  // namespace tilelang_tt
