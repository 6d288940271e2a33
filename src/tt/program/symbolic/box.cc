/*!
 * \file program/symbolic/box.cc
 * \brief Boxes of elements; see box.h.
 */
#include "box.h"

#include <algorithm>

namespace tilelang_tt {
namespace program {
namespace {

/*! Whether a <= b for all values of the symbols. */
bool SurelyAtMost(const Affine& a, const Affine& b, const Symbols& symbols) {
  Affine difference = b - a;
  return difference.exact && symbols.RangeOf(difference).least >= 0;
}

/*! Takes strides into the interval that leave no gaps, the shortest first. */
void CloseGaps(const Symbols& symbols, Interval* interval) {
  auto& strides = interval->strides;
  std::sort(strides.begin(), strides.end(),
            [](const auto& a, const auto& b) { return a.factor < b.factor; });
  size_t taken = 0;
  for (const Interval::Stride& stride : strides) {
    Affine width = interval->end - interval->begin;
    if (!width.exact || symbols.RangeOf(width).least < stride.factor) break;
    Affine more = Affine::Of(stride.factor) * (stride.count - 1);
    if (!more.exact) break;
    interval->end = interval->end + more;
    ++taken;
  }
  strides.erase(strides.begin(), strides.begin() + taken);
}

}  // namespace

Box WholeOf(int buffer, const Program& program) {
  Box box{buffer, {}};
  for (int64_t extent : program.buffers[buffer].shape) {
    box.dims.push_back({Affine(), Affine::Of(extent), {}});
  }
  return box;
}

Box BoxOf(const Access& access, const Program& program, Symbols* symbols) {
  if (access.at == nullptr) return WholeOf(access.buffer, program);
  Box box{access.buffer, {}};
  for (size_t i = 0; i < access.at->size(); ++i) {
    Affine begin = symbols->Of((*access.at)[i]);
    Affine end =
        begin + (access.shape == nullptr ? Affine::Of(1) : symbols->Of((*access.shape)[i]));
    box.dims.push_back({std::move(begin), std::move(end), {}});
  }
  return box;
}

bool Unite(const Turns& turns, const Symbols& symbols, Box* box) {
  Interval* moved = nullptr;
  int64_t factor = 0;
  for (Interval& dim : box->dims) {
    bool begin_depends = symbols.Depends(dim.begin, turns.variable);
    if (!begin_depends && !symbols.Depends(dim.end, turns.variable)) continue;
    factor = dim.begin.FactorOf(turns.variable);
    // It has to move one dimension alone, and both ends of that alike.
    if (moved != nullptr || factor == 0 || dim.end.FactorOf(turns.variable) != factor ||
        symbols.Depends(dim.begin.Without(turns.variable), turns.variable) ||
        symbols.Depends(dim.end.Without(turns.variable), turns.variable)) {
      return false;
    }
    moved = &dim;
  }
  if (moved == nullptr) return true;
  Affine last = turns.min + turns.extent - Affine::Of(1);
  Interval united{moved->begin.Without(turns.variable), moved->end.Without(turns.variable),
                  moved->strides};
  const Affine& at_begin = factor > 0 ? turns.min : last;
  Affine width = united.end - united.begin;
  if (!united.begin.exact || !united.end.exact || !width.exact) return false;
  if (symbols.RangeOf(width).least >= std::abs(factor) && united.strides.empty()) {
    const Affine& at_end = factor > 0 ? last : turns.min;
    united.begin = united.begin + at_begin * factor;
    united.end = united.end + at_end * factor;
  } else {
    if (!turns.extent.is_constant()) return false;
    united.begin = united.begin + at_begin * factor;
    united.end = united.end + at_begin * factor;
    united.strides.push_back({std::abs(factor), turns.extent.constant});
    CloseGaps(symbols, &united);
  }
  if (!united.begin.exact || !united.end.exact) return false;
  *moved = std::move(united);
  return true;
}

bool Holds(const Box& outer, const Box& inner, const Program& program, const Symbols& symbols) {
  const std::vector<int64_t>& shape = program.buffers[outer.buffer].shape;
  for (size_t i = 0; i < shape.size(); ++i) {
    const Interval &out = outer.dims[i], &in = inner.dims[i];
    if (!out.strides.empty() || !in.strides.empty()) return false;
    // What is beyond the buffer's edge is not there.
    bool begins =
        SurelyAtMost(out.begin, in.begin, symbols) || SurelyAtMost(out.begin, Affine(), symbols);
    bool ends = SurelyAtMost(in.end, out.end, symbols) ||
                SurelyAtMost(Affine::Of(shape[i]), out.end, symbols);
    if (!begins || !ends) return false;
  }
  return true;
}

bool IsOutside(const Box& box, const Program& program, const Symbols& symbols) {
  const std::vector<int64_t>& shape = program.buffers[box.buffer].shape;
  for (size_t i = 0; i < shape.size(); ++i) {
    const Interval& dim = box.dims[i];
    if (!dim.strides.empty()) continue;
    if (SurelyAtMost(Affine::Of(shape[i]), dim.begin, symbols) ||
        SurelyAtMost(dim.end, Affine(), symbols) || SurelyAtMost(dim.end, dim.begin, symbols)) {
      return true;
    }
  }
  return false;
}

std::optional<Interval> RunOf(const Box& box, const Program& program, const Symbols& symbols) {
  const Buffer& buffer = program.buffers[box.buffer];
  Interval run{Affine(), Affine::Of(1), {}};
  int64_t stride = 1;
  // From the last dimension on: all of some, part of one, one element of the rest.
  bool whole = true;
  for (size_t i = buffer.shape.size(); i-- > 0; stride *= buffer.shape[i]) {
    const Interval& dim = box.dims[i];
    if (!dim.strides.empty()) return std::nullopt;
    Affine extent = Affine::Of(buffer.shape[i]);
    if (whole && SurelyAtMost(dim.begin, Affine(), symbols) &&
        SurelyAtMost(extent, dim.end, symbols)) {
      run.end = run.begin + Affine::Of(stride * buffer.shape[i]);
      continue;
    }
    if (!SurelyAtMost(Affine(), dim.begin, symbols) || !SurelyAtMost(dim.end, extent, symbols)) {
      return std::nullopt;
    }
    Affine width = dim.end - dim.begin;
    if (!whole && width != Affine::Of(1)) return std::nullopt;
    Affine moved = run.begin + dim.begin * stride;
    run.end = whole ? moved + width * stride : run.end + dim.begin * stride;
    run.begin = moved;
    whole = false;
  }
  int64_t bits = buffer.dtype.bits;
  Affine offset = Affine::Of(buffer.offset);
  run.begin = (run.begin + offset) * bits;
  run.end = (run.end + offset) * bits;
  if (!run.begin.exact || !run.end.exact) return std::nullopt;
  return run;
}

bool Merge(const Box& other, const Program& program, const Symbols& symbols, Box* box) {
  if (other.buffer != box->buffer) return false;
  if (Holds(*box, other, program, symbols)) return true;
  if (Holds(other, *box, program, symbols)) {
    *box = other;
    return true;
  }
  Interval* different = nullptr;
  const Interval* added = nullptr;
  for (size_t i = 0; i < box->dims.size(); ++i) {
    Interval& mine = box->dims[i];
    const Interval& its = other.dims[i];
    if (!mine.strides.empty() || !its.strides.empty()) return false;
    if (mine.begin == its.begin && mine.end == its.end) continue;
    if (different != nullptr) return false;
    different = &mine;
    added = &its;
  }
  if (different == nullptr) return true;
  if (SurelyAtMost(different->begin, added->begin, symbols) &&
      SurelyAtMost(added->begin, different->end, symbols) &&
      SurelyAtMost(different->end, added->end, symbols)) {
    different->end = added->end;
    return true;
  }
  if (SurelyAtMost(added->begin, different->begin, symbols) &&
      SurelyAtMost(different->begin, added->end, symbols) &&
      SurelyAtMost(added->end, different->end, symbols)) {
    different->begin = added->begin;
    return true;
  }
  return false;
}

}  // namespace program
}  // namespace tilelang_tt
