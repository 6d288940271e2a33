/*!
 * \file ir/prim_func.cc
 * \brief Reading a PrimFunc's signature; see prim_func.h.
 */
#include "prim_func.h"

#include <set>
#include <unordered_set>

#include "../error.h"
#include "../program/fold.h"

namespace tilelang_tt {
namespace ir {
namespace {

std::string Text(const ffi::Any& value) { return std::string(value.cast<ffi::String>()); }

std::string Join(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/*! A variable that holds a pointer or is typed as one. */
bool IsPointer(const ffi::Object* type) {
  return std::string_view(type->GetTypeKey()).find("PointerType") != std::string_view::npos;
}

/*! The names of variables in an expression, each node looked at once. */
void CollectNames(const ffi::Any& root, std::set<std::string>* names) {
  std::vector<ffi::Any> pending{root};
  std::unordered_set<const ffi::Object*> seen;
  while (!pending.empty()) {
    ffi::Any value = std::move(pending.back());
    pending.pop_back();
    const ffi::Object* node = ObjectOf(value);
    if (node == nullptr || !seen.insert(node).second) continue;
    Kind kind = TypeOf(node).kind;
    if (kind == Kind::kVar) names->insert(Text(Field(node, "name")));
    if (kind == Kind::kCast) pending.push_back(Field(node, "value"));
    if (kind != Kind::kOperation) continue;
    for (const char* side : {"a", "b"}) {
      if (std::optional<ffi::Any> operand = TryField(node, side)) pending.push_back(*operand);
    }
  }
}

class Evaluator {
 public:
  explicit Evaluator(const Dims& dims) : dims_(dims) {}

  std::optional<int64_t> Run(const ffi::Any& value, int depth = 0) {
    // Extents are short; what is deeper is not evaluated, which keeps shared nodes cheap too.
    constexpr int kMostDepth = 64;
    if (std::optional<int64_t> constant = ConstInt(value)) return constant;
    const ffi::Object* node = ObjectOf(value);
    if (node == nullptr || depth > kMostDepth || ++steps_ > kMostSteps) return std::nullopt;
    const NodeType& type = TypeOf(node);
    if (type.kind == Kind::kVar) {
      auto found = dims_.find(Text(Field(node, "name")));
      return found == dims_.end() ? std::nullopt : std::optional(found->second);
    }
    if (type.kind == Kind::kCast) {
      std::optional<program::Dtype> dtype = DtypeOfNode(node);
      if (!dtype || !dtype->is_integer()) return std::nullopt;
      return Run(Field(node, "value"), depth + 1);
    }
    if (type.kind != Kind::kOperation || !TryField(node, "b")) return std::nullopt;
    std::optional<int64_t> a = Run(Field(node, "a"), depth + 1);
    std::optional<int64_t> b = a ? Run(Field(node, "b"), depth + 1) : std::nullopt;
    return b ? program::Fold(type.op, *a, *b) : std::nullopt;
  }

 private:
  static constexpr int kMostSteps = 4096;
  const Dims& dims_;
  int steps_ = 0;
};

/*! The name of a dtype of several lanes. */
std::string LanesOf(const ffi::Object* layout) {
  ffi::Any found = Field(layout, "dtype");
  while (const ffi::Object* type = ObjectOf(found)) found = Field(type, "dtype");
  return ffi::DLDataTypeToString(found.cast<DLDataType>());
}

/*! A stride that is not that of a compact row-major tensor. */
struct OtherStride {
  size_t axis;
  /*! Nothing where it is symbolic. */
  std::optional<int64_t> found;
  int64_t expected;
};

/*! The innermost one; strides are as many as dimensions. A dimension of one element has any. */
std::optional<OtherStride> FindOtherStride(const ffi::Array<ffi::Any>& strides,
                                           const std::vector<int64_t>& shape, const Dims& dims) {
  int64_t expected = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    std::optional<int64_t> stride = Evaluate(strides[axis], dims);
    if (shape[axis] != 1 && stride != expected) return OtherStride{axis, stride, expected};
    // No stride is beyond int64, and a tensor that would have one is refused by its pages.
    if (__builtin_mul_overflow(expected, shape[axis], &expected)) break;
  }
  return std::nullopt;
}

/*! Reads one tensor; names without a value go to `symbols`. */
class TensorReader {
 public:
  TensorReader(const std::string& func, const Dims& dims, std::set<std::string>* symbols)
      : func_(func), dims_(dims), symbols_(symbols) {}

  void Read(const ffi::Object* layout, const std::string& scope, TensorParam* tensor) {
    std::string place = func_ + ": buffer " + tensor->name;
    std::optional<program::Dtype> dtype = DtypeOfNode(layout);
    if (!dtype) {
      TT_UNSUPPORTED() << place << " is of dtype " << LanesOf(layout)
                       << ", which has no Tenstorrent format; expected one of one lane, such as "
                       << "float32 or bfloat16";
    }
    tensor->dtype = *dtype;
    ffi::Array<ffi::Any> shape = ArrayField(layout, "shape");
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      std::optional<int64_t> extent = Evaluate(shape[axis], dims_);
      if (!extent) {
        size_t known = symbols_->size();
        CollectNames(shape[axis], symbols_);
        if (symbols_->size() == known && symbols_->empty()) {
          TT_UNSUPPORTED() << place << ": the extent of axis " << axis
                           << " is no integer arithmetic; expected a constant";
        }
        complete_ = false;
        continue;
      }
      if (*extent < 1) {
        TT_MALFORMED() << place << ": the extent of axis " << axis << " is " << *extent
                       << "; expected at least 1";
      }
      tensor->shape.push_back(*extent);
    }
    if (!scope.empty() && scope != "global") {
      TT_UNSUPPORTED() << place << " is in memory scope \"" << scope << "\"; expected \"global\"";
    }
    for (const ffi::Any& stride : ArrayField(layout, "strides")) {
      if (!Evaluate(stride, dims_)) {
        CollectNames(stride, symbols_);
        complete_ = false;
      }
    }
    if (complete_) CheckCompact(place, layout, tensor->shape);
  }

 private:
  /*! Tiling reorders a tensor that is compact and row-major; views into another are refused. */
  void CheckCompact(const std::string& place, const ffi::Object* layout,
                    const std::vector<int64_t>& shape) {
    ffi::Any offset = Field(layout, "elem_offset");
    if (ObjectOf(offset) != nullptr && Evaluate(offset, dims_) != 0) {
      TT_UNSUPPORTED() << place << " starts at an offset of its memory; expected offset 0";
    }
    ffi::Array<ffi::Any> strides = ArrayField(layout, "strides");
    if (strides.empty()) return;
    if (strides.size() != shape.size()) {
      TT_MALFORMED() << place << " has " << strides.size() << " strides; expected " << shape.size()
                     << ", one a dimension";
    }
    if (std::optional<OtherStride> other = FindOtherStride(strides, shape, dims_)) {
      TT_UNSUPPORTED() << place << ": the stride of axis " << other->axis << " is "
                       << (other->found ? std::to_string(*other->found) : "symbolic")
                       << "; expected " << other->expected
                       << ", that of a compact row-major tensor";
    }
  }

  const std::string& func_;
  const Dims& dims_;
  std::set<std::string>* symbols_;
  bool complete_ = true;
};

using Layouts = std::vector<std::pair<const ffi::Object*, std::string>>;

/*! A value for a dimension that is not there is a mistake in its name. */
void CheckDims(const std::string& place, const Dims& dims, const Layouts& layouts,
               const std::vector<ScalarParam>& scalars) {
  if (dims.empty()) return;
  std::set<std::string> names;
  for (const auto& [layout, scope] : layouts) {
    for (const char* list : {"shape", "strides"}) {
      for (const ffi::Any& term : ArrayField(layout, list)) CollectNames(term, &names);
    }
  }
  for (const ScalarParam& scalar : scalars) names.insert(scalar.name);
  for (const auto& entry : dims) {
    const std::string& name = entry.first;
    if (names.count(name) == 0) {
      TT_MALFORMED() << place << ": found a value for the dimension \"" << name << "\"; expected "
                     << (names.empty() ? "none, since no dimension is symbolic"
                                       : "one of " + Join(names));
    }
  }
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

const ffi::Object* LayoutNode(const ffi::Object* buffer) {
  if (TypeOf(buffer).kind == Kind::kBuffer) return buffer;
  std::optional<ffi::Any> type = TryField(buffer, "ty");
  const ffi::Object* node = type ? ObjectOf(*type) : nullptr;
  return node != nullptr && TryField(node, "strides") ? node : nullptr;
}

std::string BufferName(const ffi::Object* buffer) {
  // TileLang leaves buffers without a name that are made within an expression.
  std::string name = Text(Field(buffer, "name"));
  return name.empty() ? "unnamed" : name;
}

std::string BufferScope(const ffi::Object* buffer) {
  std::string scope;
  if (TypeOf(buffer).kind == Kind::kBuffer) {
    ffi::Any type = Field(ObjectOf(Field(buffer, "data")), "type_annotation");
    if (ObjectOf(type) != nullptr && IsPointer(ObjectOf(type))) {
      scope = Text(Field(ObjectOf(type), "storage_scope"));
    }
  } else {
    scope = Text(Field(LayoutNode(buffer), "storage_scope"));
  }
  return scope.empty() ? "global" : scope;
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

std::optional<int64_t> Evaluate(const ffi::Any& value, const Dims& dims) {
  return Evaluator(dims).Run(value);
}

std::vector<std::string> NamesWithoutValue(const ffi::Any& value, const Dims& dims) {
  std::set<std::string> names;
  CollectNames(value, &names);
  for (const auto& entry : dims) names.erase(entry.first);
  return {names.begin(), names.end()};
}

bool IsCompact(const ffi::Object* layout, const std::vector<int64_t>& shape, const Dims& dims) {
  ffi::Array<ffi::Any> strides = ArrayField(layout, "strides");
  if (strides.empty()) return true;
  return strides.size() == shape.size() && !FindOtherStride(strides, shape, dims);
}

Params ReadParams(const ffi::ObjectRef& func, const Dims& dims) {
  std::string place = FuncName(func);
  auto params = Field(func.get(), "params").cast<ffi::Array<ffi::ObjectRef>>();
  ffi::Map<ffi::ObjectRef, ffi::Any> buffer_map;
  if (std::optional<ffi::Any> map = TryField(func.get(), "buffer_map")) {
    buffer_map = map->cast<ffi::Map<ffi::ObjectRef, ffi::Any>>();
  }

  Params result;
  result.count = static_cast<int>(params.size());
  std::map<std::string, int> index_of;
  auto check_name = [&](const std::string& name, int index) {
    auto [found, is_new] = index_of.emplace(name, index);
    if (!is_new) {
      TT_MALFORMED() << place << ": parameters " << found->second << " and " << index
                     << " are both named \"" << name << "\"; expected distinct names";
    }
  };
  Layouts layouts;
  for (int index = 0; index < result.count; ++index) {
    const ffi::Object* param = params[index].get();
    auto mapped = buffer_map.Get(params[index]);
    // TVM up to 0.25 has a handle and its Buffer; from 0.26 the variable is the buffer.
    const ffi::Object* buffer = mapped ? ObjectOf(*mapped) : param;
    if (const ffi::Object* layout = LayoutNode(buffer)) {
      TensorParam tensor;
      tensor.node = buffer;
      tensor.key = BufferKey(ffi::Any(ffi::GetRef<ffi::ObjectRef>(buffer)));
      tensor.name = BufferName(buffer);
      tensor.index = index;
      check_name(tensor.name, index);
      layouts.emplace_back(layout, BufferScope(buffer));
      result.tensors.push_back(std::move(tensor));
      continue;
    }
    std::string name = Text(Field(param, "name"));
    check_name(name, index);
    std::optional<program::Dtype> dtype = DtypeOfNode(param);
    if (!dtype || dtype->code == kDLOpaqueHandle) {
      TT_UNSUPPORTED() << place << ": parameter " << name
                       << " is a bare pointer; expected a tensor with a shape, such as "
                       << "T.Tensor((M, N), dtype)";
    }
    result.scalars.push_back({param, name, index, *dtype});
  }
  CheckDims(place, dims, layouts, result.scalars);
  std::set<std::string> symbols;
  for (size_t i = 0; i < result.tensors.size(); ++i) {
    TensorReader(place, dims, &symbols)
        .Read(layouts[i].first, layouts[i].second, &result.tensors[i]);
  }
  if (!symbols.empty()) {
    TT_UNSUPPORTED() << place << ": the dimensions " << Join(symbols)
                     << " are symbolic; expected a value for each, as in infer_metadata(func, "
                     << "device, dims={\"" << *symbols.begin() << "\": 1024}) or -a "
                     << *symbols.begin() << "=1024";
  }
  return result;
}

}  // namespace ir
}  // namespace tilelang_tt
