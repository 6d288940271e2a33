/*!
 * \file ir/launch_grid.cc
 * \brief Finding T.Kernel; see launch_grid.h.
 */
#include "launch_grid.h"

#include <utility>

#include "../error.h"
#include "prim_func.h"

namespace tilelang_tt {
namespace ir {
namespace {

constexpr const char* kAxisNames[3] = {"x", "y", "z"};

class KernelFinder {
 public:
  explicit KernelFinder(std::string func_name) : func_name_(std::move(func_name)) {}

  void Visit(const ffi::Any& value) {
    const ffi::Object* node = ObjectOf(value);
    if (node == nullptr) return;
    switch (TypeOf(node).kind) {
      // Expressions bind no threads, and most nodes are expressions.
      case Kind::kLoad:
      case Kind::kStore:
      case Kind::kCall:
      case Kind::kArith:
      case Kind::kBind:
      case Kind::kIntImm:
      case Kind::kVar:
      case Kind::kBuffer:
        return;
      default:
        break;
    }
    int axis = BlockAxis(node);
    if (axis < 0) {
      // Around a T.Kernel, control flow launches it several times, or perhaps never.
      bool outer_controlled = std::exchange(controlled_, controlled_ || IsControlFlow(node));
      ForEachChild(node, [this](const ffi::Any& child) { Visit(child); });
      controlled_ = outer_controlled;
      return;
    }
    bool outermost = !inside_kernel_;
    if (outermost && controlled_) {
      TT_UNSUPPORTED() << func_name_ << ": found T.Kernel inside a loop or a condition; expected "
                       << "it to be launched once";
    }
    if (outermost && found_) {
      TT_UNSUPPORTED() << func_name_ << ": found a second T.Kernel; expected one per function. "
                       << "Put each T.Kernel into a function of its own";
    }
    if (bound_[axis]) {
      TT_UNSUPPORTED() << func_name_ << ": T.Kernel binds blockIdx." << kAxisNames[axis]
                       << " twice; expected each axis at most once";
    }
    inside_kernel_ = found_ = true;
    bound_[axis] = true;
    extents_[axis] = Extent(node, axis);
    Visit(Field(node, "body"));
    if (outermost) inside_kernel_ = false;
  }

  std::array<int64_t, 3> Result() const {
    if (!found_) {
      TT_MALFORMED() << func_name_ << ": found no T.Kernel; expected one, since its extents are "
                     << "the tiles to schedule";
    }
    return extents_;
  }

 private:
  /*! A loop that is not bound to threads, or a condition. */
  static bool IsControlFlow(const ffi::Object* node) {
    Kind kind = TypeOf(node).kind;
    if (kind == Kind::kFor) return ObjectOf(Field(node, "thread_binding")) == nullptr;
    return kind == Kind::kWhile || kind == Kind::kIfThenElse;
  }

  int64_t Extent(const ffi::Object* stmt, int axis) const {
    bool is_for = TypeOf(stmt).kind == Kind::kFor;
    if (is_for && ConstInt(Field(stmt, "min")) != 0) {
      TT_UNSUPPORTED() << func_name_ << ": T.Kernel along " << kAxisNames[axis] << " starts at "
                       << ConstInt(Field(stmt, "min")).value_or(-1) << "; expected 0";
    }
    std::optional<int64_t> extent = ConstInt(Field(stmt, is_for ? "extent" : "value"));
    if (!extent) {
      TT_UNSUPPORTED() << func_name_ << ": the extent of T.Kernel along " << kAxisNames[axis]
                       << " is symbolic; expected a constant. Specialise the kernel to a shape";
    }
    if (*extent < 1) {
      TT_MALFORMED() << func_name_ << ": the extent of T.Kernel along " << kAxisNames[axis]
                     << " is " << *extent << "; expected at least 1";
    }
    return *extent;
  }

  std::string func_name_;
  std::array<int64_t, 3> extents_{1, 1, 1};
  std::array<bool, 3> bound_{};
  bool found_ = false;
  bool inside_kernel_ = false;
  bool controlled_ = false;
};

}  // namespace

int BlockAxis(const ffi::Object* stmt) {
  ffi::Any iter_var;
  Kind kind = TypeOf(stmt).kind;
  if (kind == Kind::kFor) {
    iter_var = Field(stmt, "thread_binding");
  } else if (kind == Kind::kAttrStmt &&
             Field(stmt, "attr_key").cast<ffi::String>() == "thread_extent") {
    iter_var = Field(stmt, "node");
  }
  if (KindOf(iter_var) != Kind::kIterVar) return -1;
  std::string tag = Field(ObjectOf(iter_var), "thread_tag").cast<ffi::String>();
  for (int axis = 0; axis < 3; ++axis) {
    if (tag == std::string("blockIdx.") + kAxisNames[axis]) return axis;
  }
  return -1;
}

std::array<int64_t, 3> LaunchGrid(const ffi::ObjectRef& func) {
  KernelFinder finder(FuncName(func));
  finder.Visit(Field(func.get(), "body"));
  return finder.Result();
}

}  // namespace ir
}  // namespace tilelang_tt
