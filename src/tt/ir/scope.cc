/*!
 * \file ir/scope.cc
 * \brief Resolving variables and buffers; see scope.h.
 */
#include "scope.h"

#include <utility>

namespace tilelang_tt {
namespace ir {

using program::Buffer;
using program::Dtype;
using program::ExprRef;
using program::Variable;

namespace {

/*! Bytes of a row of elements; nothing for elements that are no whole bytes, or for too many. */
std::optional<int64_t> BytesOf(const std::vector<int64_t>& shape, Dtype dtype) {
  int64_t bytes = dtype.bits / 8;
  if (dtype.bits % 8 != 0) return std::nullopt;
  for (int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return std::nullopt;
  }
  return bytes;
}

Dtype RequireDtype(const ffi::Object* node, const std::string& name) {
  std::optional<Dtype> dtype = DtypeOfNode(node);
  if (!dtype) throw NotUnderstood{name, "has elements of several lanes"};
  if (program::NameOf(*dtype).empty()) throw NotUnderstood{name, "has a dtype without a name here"};
  return *dtype;
}

}  // namespace

Scope::Scope(const Params& params, const Dims& dims, program::Program* program)
    : dims_(dims), program_(program) {
  for (const TensorParam& tensor : params.tensors) {
    int id = static_cast<int>(program_->buffers.size());
    Buffer buffer;
    buffer.kind = Buffer::Kind::kTensor;
    buffer.name = tensor.name;
    buffer.param = tensor.index;
    buffer.dtype = tensor.dtype;
    buffer.shape = tensor.shape;
    program_->buffers.push_back(std::move(buffer));
    buffers_[tensor.node] = id;
    pointers_[tensor.key] = {id, ""};
  }
  for (const ScalarParam& scalar : params.scalars) {
    int id = Bind(scalar.var, Variable::Kind::kScalar, scalar.index);
    auto value = dims_.find(scalar.name);
    if (value != dims_.end()) {
      Alias(scalar.var, program_->arena.Int(value->second, program_->variables[id].dtype));
    }
  }
}

int Scope::Bind(const ffi::Object* var, Variable::Kind kind, int param) {
  Variable variable;
  variable.kind = kind;
  variable.name = std::string(Field(var, "name").cast<ffi::String>());
  variable.param = param;
  variable.dtype = RequireDtype(var, variable.name);
  int id = static_cast<int>(program_->variables.size());
  aliases_[var] = program_->arena.Var(id, variable.dtype);
  program_->variables.push_back(std::move(variable));
  return id;
}

ExprRef Scope::Value(const ffi::Object* var) {
  auto alias = aliases_.find(var);
  if (alias != aliases_.end()) return alias->second;
  auto refused = refused_.find(var);
  if (refused != refused_.end()) throw refused->second;
  std::string name(Field(var, "name").cast<ffi::String>());
  auto dim = dims_.find(name);
  if (dim != dims_.end()) {
    ExprRef value = program_->arena.Int(dim->second, RequireDtype(var, name));
    aliases_[var] = value;
    return value;
  }
  if (StorageOf(var) >= 0) throw NotUnderstood{name, "is used as a pointer"};
  throw NotUnderstood{name, "is a variable that nothing binds here", true};
}

std::vector<int64_t> Scope::ShapeOf(const ffi::Object* node, const ffi::Object* layout) const {
  std::vector<int64_t> shape;
  for (const ffi::Any& term : ArrayField(layout, "shape")) {
    std::optional<int64_t> extent = Evaluate(term, dims_);
    if (!extent || *extent < 1) {
      throw NotUnderstood{BufferName(node), "has an extent that is no positive constant"};
    }
    shape.push_back(*extent);
  }
  if (!IsCompact(layout, shape, dims_)) {
    throw NotUnderstood{BufferName(node), "has strides that are not those of a compact buffer"};
  }
  return shape;
}

void Scope::Allocate(const ffi::Any& value) {
  const ffi::Object* node = ObjectOf(value);
  const ffi::Object* layout = LayoutNode(node);
  Buffer buffer;
  buffer.name = BufferName(node);
  buffer.scope = BufferScope(node);
  buffer.dtype = RequireDtype(layout, buffer.name);
  buffer.shape = ShapeOf(node, layout);
  ffi::Any offset = Field(layout, "elem_offset");
  if (ObjectOf(offset) != nullptr && Evaluate(offset, dims_) != 0) {
    throw NotUnderstood{buffer.name, "is allocated with an offset"};
  }
  buffer.kind = Buffer::Kind::kScratch;
  if (buffer.scope == "global") {
    buffer.kind = Buffer::Kind::kWorkspace;
    buffer.scope.clear();
  }
  int id = static_cast<int>(program_->buffers.size());
  program_->buffers.push_back(std::move(buffer));
  buffers_[node] = id;
  pointers_[BufferKey(value)] = {id, ""};
}

void Scope::Point(const ffi::Object* key, int storage, const std::string& reason) {
  pointers_[key] = {storage, reason};
}

int Scope::StorageOf(const ffi::Object* key) const {
  auto found = pointers_.find(key);
  return found == pointers_.end() ? -1 : found->second.storage;
}

void Scope::Pad(const ffi::Object* key, ExprRef value) {
  int storage = StorageOf(key);
  if (storage >= 0) program_->buffers[storage].pad = value;
}

int Scope::BufferOf(const ffi::Any& value) {
  const ffi::Object* node = ObjectOf(value);
  auto found = buffers_.find(node);
  if (found != buffers_.end()) return found->second;
  const ffi::Object* layout = node == nullptr ? nullptr : LayoutNode(node);
  if (layout == nullptr) throw NotUnderstood{"a load", "of something that is no buffer"};
  auto pointer = pointers_.find(BufferKey(value));
  if (pointer == pointers_.end()) {
    throw NotUnderstood{BufferName(node), "is a buffer that nothing allocates here"};
  }
  if (!pointer->second.reason.empty()) {
    throw NotUnderstood{BufferName(node), pointer->second.reason};
  }
  int view = View(node, layout, pointer->second.storage);
  buffers_[node] = view;
  return view;
}

int Scope::View(const ffi::Object* node, const ffi::Object* layout, int storage) {
  Buffer view;
  view.kind = Buffer::Kind::kView;
  view.name = BufferName(node);
  view.of = storage;
  view.dtype = RequireDtype(layout, view.name);
  view.shape = ShapeOf(node, layout);
  ffi::Any offset = Field(layout, "elem_offset");
  std::optional<int64_t> first = ObjectOf(offset) == nullptr && offset.type_index() == kTVMFFINone
                                     ? std::optional<int64_t>(0)
                                     : Evaluate(offset, dims_);
  // A buffer that declares its own offset as a variable may lie anywhere.
  if (!first || *first < 0) throw NotUnderstood{view.name, "is a view at an offset that varies"};
  view.offset = *first;
  const Buffer& whole = program_->buffers[storage];
  std::optional<int64_t> room = BytesOf(whole.shape, whole.dtype);
  std::optional<int64_t> size = BytesOf(view.shape, view.dtype);
  if (!room || !size || view.offset > (*room - *size) / (view.dtype.bits / 8) || *size > *room) {
    throw NotUnderstood{view.name, "is a view that reaches beyond the memory of " + whole.name};
  }
  // The same memory under another node, as TVM makes where it copies: no view of its own.
  if (view.offset == 0 && view.dtype == whole.dtype && view.shape == whole.shape) return storage;
  for (size_t id = 0; id < program_->buffers.size(); ++id) {
    const Buffer& other = program_->buffers[id];
    if (other.kind == Buffer::Kind::kView && other.of == storage && other.offset == view.offset &&
        other.dtype == view.dtype && other.shape == view.shape) {
      return static_cast<int>(id);
    }
  }
  program_->buffers.push_back(std::move(view));
  return static_cast<int>(program_->buffers.size()) - 1;
}

}  // namespace ir
}  // namespace tilelang_tt
