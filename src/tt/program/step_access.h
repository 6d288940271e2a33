/*!
 * \file program/step_access.h
 * \brief What one step by itself reads and writes, in the order in which it does it.
 */
#ifndef TILELANG_TT_PROGRAM_STEP_ACCESS_H_
#define TILELANG_TT_PROGRAM_STEP_ACCESS_H_

#include "program.h"

namespace tilelang_tt {
namespace program {

enum class Mode : uint8_t { kRead, kWrite, kUpdate };  // kUpdate: an atomic one

/*! \brief Elements of a buffer that a step touches. */
struct Access {
  int buffer;
  Mode mode;
  /*! The first element; null for "any part of the buffer, or none". */
  const std::vector<ExprRef>* at = nullptr;
  /*! The extents; null for one element. */
  const std::vector<ExprRef>* shape = nullptr;
  /*! Only perhaps: in a branch of a select, or what a gemm may have cleared. */
  bool maybe = false;
};

/*! \brief Whether something in a body may end a loop, or a turn of it, before its end. */
bool MayLeave(const Body& body);

/*!
 * \brief Calls visit(Access) for what a step does, operands before results. Of a step that
 * holds others (map, loop, while, when) only for its bounds or its condition.
 */
template <typename Visit>
class AccessVisitor {
 public:
  explicit AccessVisitor(const Visit& visit) : visit_(visit) {}

  void Loads(ExprRef expr, bool maybe = false) const {
    for (size_t i = 0; i < expr->args.size(); ++i) {
      Loads(expr->args[i], maybe || (expr->op == Op::kSelect && i > 0));
    }
    if (expr->op == Op::kLoad) {
      visit_(Access{static_cast<int>(expr->value), Mode::kRead, &expr->args, nullptr, maybe});
    }
  }

  void operator()(const Copy& step) const {
    Bounds(step.src);
    Bounds(step.dst);
    Region(step.src, Mode::kRead);
    Region(step.dst, Mode::kWrite);
  }
  void operator()(const Fill& step) const {
    Bounds(step.dst);
    Loads(step.value);
    Region(step.dst, Mode::kWrite);
  }
  void operator()(const Gemm& step) const {
    for (const program::Region* region : {&step.a, &step.b, &step.c}) Bounds(*region);
    Loads(step.clear);
    Region(step.a, Mode::kRead);
    Region(step.b, Mode::kRead);
    if (ConstOf(step.clear).value_or(0) == 0) Region(step.c, Mode::kRead, !ConstOf(step.clear));
    Region(step.c, Mode::kWrite);
  }
  void operator()(const Reduce& step) const {
    Bounds(step.src);
    Bounds(step.dst);
    Region(step.src, Mode::kRead);
    if (!step.clear) Region(step.dst, Mode::kRead);
    Region(step.dst, Mode::kWrite);
  }
  void operator()(const Scan& step) const {
    Bounds(step.src);
    Bounds(step.dst);
    Region(step.src, Mode::kRead);
    Region(step.dst, Mode::kWrite);
  }
  void operator()(const Transpose& step) const {
    Bounds(step.src);
    Bounds(step.dst);
    Region(step.src, Mode::kRead);
    Region(step.dst, Mode::kWrite);
  }
  void operator()(const Atomic& step) const {
    Bounds(step.dst);
    if (step.src.buffer >= 0) {
      Bounds(step.src);
      Region(step.src, Mode::kRead);
    } else {
      Loads(step.value);
    }
    Region(step.dst, Mode::kUpdate);
  }
  void operator()(const Store& step) const {
    for (ExprRef index : step.at) Loads(index);
    Loads(step.value);
    visit_(Access{step.buffer, Mode::kWrite, &step.at, nullptr});
  }
  void operator()(const AtomicStore& step) const {
    for (ExprRef index : step.at) Loads(index);
    Loads(step.value);
    visit_(Access{step.buffer, Mode::kUpdate, &step.at, nullptr});
  }
  void operator()(const LoopRange& range) const {
    Loads(range.min);
    Loads(range.extent);
  }
  void operator()(const Map&) const {}  // each of its loops by itself
  void operator()(const Loop& step) const { (*this)(step.range); }
  void operator()(const While& step) const { Loads(step.condition); }
  void operator()(const When& step) const { Loads(step.condition); }
  void operator()(const Assign& step) const {
    Loads(step.value);
    visit_(Access{step.buffer, Mode::kWrite, nullptr, nullptr});
  }
  void operator()(const Let& step) const { Loads(step.value); }
  void operator()(const Break&) const {}
  void operator()(const Continue&) const {}
  void operator()(const Barrier&) const {}
  void operator()(const Opaque& step) const {
    for (int buffer : step.reads) visit_(Access{buffer, Mode::kRead, nullptr, nullptr});
    for (int buffer : step.writes) visit_(Access{buffer, Mode::kWrite, nullptr, nullptr});
  }

 private:
  /*! What the place and the extents of a region read. */
  void Bounds(const program::Region& region) const {
    for (ExprRef expr : region.at) Loads(expr);
    for (ExprRef expr : region.shape) Loads(expr);
  }
  void Region(const program::Region& region, Mode mode, bool maybe = false) const {
    visit_(Access{region.buffer, mode, &region.at, &region.shape, maybe});
  }

  const Visit& visit_;
};

template <typename Visit>
void ForEachAccess(const Step& step, const Visit& visit) {
  std::visit(AccessVisitor<Visit>(visit), step.node);
}

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_STEP_ACCESS_H_
