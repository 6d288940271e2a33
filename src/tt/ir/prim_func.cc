/*!
 * \file ir/prim_func.cc
 * \brief Reading a PrimFunc's signature; see prim_func.h.
 */
#include "prim_func.h"

namespace tilelang_tt {
namespace ir {
namespace {

std::string Text(const ffi::Any& value) { return std::string(value.cast<ffi::String>()); }

/*! A dtype field: a DLDataType in older TVMs, a PrimType that wraps one in newer. */
DLDataType DTypeOf(const ffi::Any& value) {
  if (const ffi::Object* type = ObjectOf(value)) return DTypeOf(Field(type, "dtype"));
  return value.cast<DLDataType>();
}

/*! Fills what Buffer (TVM up to 0.25) and BufferType (from 0.26) both have. */
void ReadLayout(const ffi::Object* buffer, BufferParam* out) {
  out->dtype = DTypeOf(Field(buffer, "dtype"));
  out->shape = Field(buffer, "shape").cast<ffi::Array<ffi::Any>>();
  out->strides = Field(buffer, "strides").cast<ffi::Array<ffi::Any>>();
  out->elem_offset = Field(buffer, "elem_offset");
}

/*! A variable that holds a pointer or is typed as one. */
bool IsPointer(const ffi::Object* type) {
  std::string key = type->GetTypeKey();
  return key.find("PointerType") != std::string::npos;
}

}  // namespace

ffi::Any AccessedBuffer(const ffi::Object* access) {
  std::optional<ffi::Any> buffer = TryField(access, "buffer");
  return buffer ? *buffer : Field(access, "source");  // from 0.27, a load's source
}

const ffi::Object* BufferKey(const ffi::Any& buffer) {
  if (KindOf(buffer) == Kind::kBuffer) return ObjectOf(Field(ObjectOf(buffer), "data"));
  return ObjectOf(buffer);
}

std::string FuncName(const ffi::ObjectRef& func) {
  ffi::Map<ffi::String, ffi::Any> attrs = FuncAttrs(func);
  if (auto name = attrs.Get("global_symbol")) {
    if (auto text = name->as<ffi::String>()) return std::string(*text);
  }
  return "<unnamed>";
}

ffi::Map<ffi::String, ffi::Any> FuncAttrs(const ffi::ObjectRef& func) {
  ffi::Any attrs = Field(func.get(), "attrs");
  if (ObjectOf(attrs) == nullptr) return {};
  return Field(ObjectOf(attrs), "__dict__").cast<ffi::Map<ffi::String, ffi::Any>>();
}

Params FuncParams(const ffi::ObjectRef& func) {
  auto params = Field(func.get(), "params").cast<ffi::Array<ffi::ObjectRef>>();
  ffi::Map<ffi::ObjectRef, ffi::Any> buffer_map;
  if (std::optional<ffi::Any> map = TryField(func.get(), "buffer_map")) {
    buffer_map = map->cast<ffi::Map<ffi::ObjectRef, ffi::Any>>();
  }

  Params result;
  result.count = static_cast<int>(params.size());
  for (int index = 0; index < result.count; ++index) {
    const ffi::ObjectRef& param = params[index];
    BufferParam buffer;
    buffer.index = index;
    if (auto mapped = buffer_map.Get(param)) {  // TVM up to 0.25: a handle and its Buffer
      const ffi::Object* node = ObjectOf(*mapped);
      ReadLayout(node, &buffer);
      ffi::Any data = Field(node, "data");
      buffer.key = ObjectOf(data);
      buffer.name = Text(Field(node, "name"));
      ffi::Any type = Field(buffer.key, "type_annotation");
      if (ObjectOf(type) != nullptr && IsPointer(ObjectOf(type))) {
        buffer.scope = Text(Field(ObjectOf(type), "storage_scope"));
      }
      result.buffers.push_back(std::move(buffer));
      continue;
    }
    std::string name = Text(Field(param.get(), "name"));
    std::optional<ffi::Any> type = TryField(param.get(), "ty");
    if (!type) type = TryField(param.get(), "type_annotation");
    const ffi::Object* type_node = type ? ObjectOf(*type) : nullptr;
    if (type_node != nullptr && TryField(type_node, "shape")) {  // from 0.26: a typed variable
      ReadLayout(type_node, &buffer);
      buffer.key = param.get();
      buffer.name = name;
      buffer.scope = Text(Field(type_node, "storage_scope"));
      result.buffers.push_back(std::move(buffer));
    } else if (type_node != nullptr && !IsPointer(type_node) && TryField(type_node, "dtype") &&
               DTypeOf(Field(type_node, "dtype")).code != kDLOpaqueHandle) {
      result.scalars.push_back({name, index, DTypeOf(Field(type_node, "dtype"))});
    } else {
      result.pointers.push_back({name, index});
    }
  }
  return result;
}

}  // namespace ir
}  // namespace tilelang_tt
