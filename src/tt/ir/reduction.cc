/*!
 * \file ir/reduction.cc
 * \brief The K extent of a kernel's matrix multiplication; see reduction.h.
 */
#include "reduction.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "launch_grid.h"

namespace tilelang_tt {
namespace ir {
namespace {

// Positions in tl.tileop.gemm(A, B, C, transpose_A, transpose_B, M, N, K, policy, clear_accum,
// ...).
constexpr size_t kGemmAccumulator = 2;
constexpr size_t kGemmK = 7;
constexpr size_t kGemmClearAccum = 9;

struct Loop {
  const ffi::Object* var;
  std::optional<int64_t> extent;
};

bool Contains(const ffi::Any& expr, const ffi::Object* var) {
  if (ObjectOf(expr) == nullptr) return false;
  if (ObjectOf(expr) == var) return true;
  bool found = false;
  ForEachChild(ObjectOf(expr),
               [&](const ffi::Any& child) { found = found || Contains(child, var); });
  return found;
}

bool SameTerms(const ffi::Any& a, const ffi::Any& b) {
  const ffi::Object* left = ObjectOf(a);
  const ffi::Object* right = ObjectOf(b);
  if (left == right) return left != nullptr;
  if (left == nullptr || right == nullptr) return false;
  if (std::optional<int64_t> value = ConstInt(a)) return value == ConstInt(b);
  return TypeOf(left).kind == Kind::kArith && left->type_index() == right->type_index() &&
         SameTerms(Field(left, "a"), Field(right, "a")) &&
         SameTerms(Field(left, "b"), Field(right, "b"));
}

const ffi::Object* AccessedKey(const ffi::Object* access) {
  return BufferKey(AccessedBuffer(access));
}

class ReductionFinder {
 public:
  explicit ReductionFinder(const Params& params) {
    for (const BufferParam& buffer : params.buffers) parameters_.insert(buffer.key);
  }

  void Visit(const ffi::Any& value) {
    const ffi::Object* node = ObjectOf(value);
    if (node == nullptr) return;
    switch (TypeOf(node).kind) {
      case Kind::kFor: {
        if (BlockAxis(node) >= 0) return Visit(Field(node, "body"));
        loops_.push_back({ObjectOf(Field(node, "loop_var")), ConstInt(Field(node, "extent"))});
        Visit(Field(node, "body"));
        loops_.pop_back();
        return;
      }
      case Kind::kWhile:
      case Kind::kIfThenElse: {
        ++conditions_;
        ForEachChild(node, [this](const ffi::Any& child) { Visit(child); });
        --conditions_;
        return;
      }
      case Kind::kLeaveLoop:
        leaves_loop_ = true;
        return;
      case Kind::kStore:
        return VisitStore(node);
      case Kind::kCall:
        return VisitCall(node);
      case Kind::kLoad:
      case Kind::kArith:
      case Kind::kVar:
      case Kind::kIntImm:
      case Kind::kBuffer:
        return;
      default:
        ForEachChild(node, [this](const ffi::Any& child) { Visit(child); });
    }
  }

  std::optional<int64_t> Result() const {
    if (unknown_ || leaves_loop_ || extents_.size() != 1) return std::nullopt;
    return *extents_.begin();
  }

 private:
  void VisitCall(const ffi::Object* call) {
    ffi::String op = CallName(call);
    std::string_view name(op.data(), op.size());
    ffi::Array<ffi::Any> args = CallArgs(call);
    if (LeavesLoop(name)) leaves_loop_ = true;
    bool is_gemm = name.find("gemm") != name.npos && args.size() > kGemmClearAccum;
    if (is_gemm) {
      VisitGemm(args);
    } else {
      // An operator that only writes a region (fill, copy) gives it its initial value.
      for (const ffi::Any& arg : args) {
        if (std::optional<Region> region = RegionOf(arg); region && region->mask == 2) {
          Initialise(region->buffer);
        }
      }
    }
  }

  void VisitGemm(const ffi::Array<ffi::Any>& args) {
    std::optional<Region> accumulator = RegionOf(args[kGemmAccumulator]);
    std::optional<int64_t> k = ConstInt(args[kGemmK]);
    std::optional<int64_t> clears = ConstInt(args[kGemmClearAccum]);
    if (!accumulator || !k || !clears || conditions_ > 0) {
      unknown_ = true;
      return;
    }
    if (*clears != 0) {
      extents_.insert(*k);
      return;
    }
    auto initialised = initialised_at_.find(accumulator->buffer);
    if (initialised == initialised_at_.end()) {
      unknown_ = true;
      return;
    }
    size_t shared = 0;
    while (shared < loops_.size() && shared < initialised->second.size() &&
           loops_[shared].var == initialised->second[shared].var) {
      ++shared;
    }
    AddProduct(*k, std::vector<Loop>(loops_.begin() + shared, loops_.end()));
  }

  /*! A buffer gets a value that does not depend on what it held. */
  void Initialise(const ffi::Object* buffer) {
    if (conditions_ > 0) {
      initialised_at_.erase(buffer);
    } else {
      initialised_at_[buffer] = loops_;
    }
  }

  void VisitStore(const ffi::Object* store) {
    const ffi::Object* buffer = AccessedKey(store);
    ffi::Any value = Field(store, "value");
    if (!Reads(value, buffer)) return Initialise(buffer);
    if (parameters_.count(buffer) == 0 || !IsA(value, "Add")) return;
    auto indices = Field(store, "indices").cast<ffi::Array<ffi::Any>>();
    ffi::Any left = Field(ObjectOf(value), "a");
    ffi::Any right = Field(ObjectOf(value), "b");
    if (!IsElement(left, buffer, indices)) std::swap(left, right);
    if (!IsElement(left, buffer, indices) || !IsProductOfLoads(right)) return;
    ffi::Any a = StripCast(Field(ObjectOf(right), "a"));
    ffi::Any b = StripCast(Field(ObjectOf(right), "b"));
    std::vector<Loop> reduced;
    for (const Loop& loop : loops_) {
      bool indexes = std::any_of(indices.begin(), indices.end(),
                                 [&](const ffi::Any& index) { return Contains(index, loop.var); });
      if (indexes) continue;
      if (!Contains(a, loop.var) || !Contains(b, loop.var)) unknown_ = true;
      reduced.push_back(loop);
    }
    if (!reduced.empty()) AddProduct(1, reduced);
  }

  static bool Reads(const ffi::Any& expr, const ffi::Object* buffer) {
    const ffi::Object* node = ObjectOf(expr);
    if (node == nullptr) return false;
    if (TypeOf(node).kind == Kind::kLoad && AccessedKey(node) == buffer) return true;
    bool found = false;
    ForEachChild(node, [&](const ffi::Any& child) { found = found || Reads(child, buffer); });
    return found;
  }

  static bool IsElement(const ffi::Any& expr, const ffi::Object* buffer,
                        const ffi::Array<ffi::Any>& indices) {
    if (KindOf(expr) != Kind::kLoad || AccessedKey(ObjectOf(expr)) != buffer) return false;
    auto read = Field(ObjectOf(expr), "indices").cast<ffi::Array<ffi::Any>>();
    return read.size() == indices.size() &&
           std::equal(read.begin(), read.end(), indices.begin(), SameTerms);
  }

  static bool IsA(const ffi::Any& expr, const char* operation) {
    return KindOf(expr) == Kind::kArith &&
           ObjectOf(expr)->GetTypeKey().find(operation) != std::string::npos;
  }

  /*! a[..] * b[..], each possibly cast to the accumulator's type. */
  static bool IsProductOfLoads(ffi::Any value) {
    value = StripCast(value);
    const ffi::Object* node = ObjectOf(value);
    return IsA(value, "Mul") && KindOf(StripCast(Field(node, "a"))) == Kind::kLoad &&
           KindOf(StripCast(Field(node, "b"))) == Kind::kLoad;
  }

  static ffi::Any StripCast(ffi::Any value) {
    const ffi::Object* node = ObjectOf(value);
    if (node != nullptr && node->GetTypeKey().find("Cast") != std::string::npos) {
      return StripCast(Field(node, "value"));
    }
    return value;
  }

  void AddProduct(int64_t extent, const std::vector<Loop>& loops) {
    for (const Loop& loop : loops) {
      if (!loop.extent || __builtin_mul_overflow(extent, *loop.extent, &extent)) {
        unknown_ = true;
        return;
      }
    }
    extents_.insert(extent);
  }

  struct Region {
    const ffi::Object* buffer;
    int64_t mask;
  };

  static std::optional<Region> RegionOf(const ffi::Any& value) {
    if (KindOf(value) != Kind::kCall) return std::nullopt;
    ffi::String op = CallName(ObjectOf(value));
    std::string_view name(op.data(), op.size());
    ffi::Array<ffi::Any> args = CallArgs(ObjectOf(value));
    if (name.find("region") == name.npos || args.size() < 2) return std::nullopt;
    std::optional<int64_t> mask = ConstInt(args[1]);
    if (KindOf(args[0]) != Kind::kLoad || !mask) return std::nullopt;
    return Region{AccessedKey(ObjectOf(args[0])), *mask};
  }

  std::vector<Loop> loops_;
  /*! The loops around the latest initialisation of each buffer. */
  std::unordered_map<const ffi::Object*, std::vector<Loop>> initialised_at_;
  std::set<const ffi::Object*> parameters_;
  std::set<int64_t> extents_;
  /*! Conditions and while loops around the statement. */
  int conditions_ = 0;
  bool leaves_loop_ = false;
  bool unknown_ = false;
};

}  // namespace

std::optional<int64_t> MatmulReductionExtent(const ffi::ObjectRef& func, const Params& params) {
  ReductionFinder finder(params);
  finder.Visit(Field(func.get(), "body"));
  return finder.Result();
}

}  // namespace ir
}  // namespace tilelang_tt
