/*!
 * \file program/analysis/storage_box.cc
 * \brief Runs of elements as boxes; see storage_box.h.
 */
#include "storage_box.h"

namespace tilelang_tt {
namespace program {
namespace {

/*! sum / divisor, if that is a sum of whole factors. */
std::optional<Affine> Divided(const Affine& sum, int64_t divisor) {
  if (!sum.exact || sum.constant % divisor != 0) return std::nullopt;
  Affine quotient = Affine::Of(sum.constant / divisor);
  for (const Term& term : sum.terms) {
    if (term.factor % divisor != 0) return std::nullopt;
    quotient.terms.push_back({term.symbol, term.factor / divisor});
  }
  return quotient;
}

/*! sum = upper * radix + lower: the terms that the radix divides, and the rest of it. */
void Split(const Affine& sum, int64_t radix, Affine* upper, Affine* lower) {
  *upper = Affine::Of(FloorDiv(sum.constant, radix));
  *lower = Affine::Of(sum.constant - upper->constant * radix);
  for (const Term& term : sum.terms) {
    bool whole = term.factor % radix == 0;
    (whole ? upper : lower)
        ->terms.push_back({term.symbol, whole ? term.factor / radix : term.factor});
  }
}

}  // namespace

std::optional<Box> InStorage(const Box& box, const Program& program, const Symbols& symbols) {
  const Buffer& view = program.buffers[box.buffer];
  if (view.kind != Buffer::Kind::kView) return box;
  const Buffer& storage = program.buffers[view.of];
  if (view.offset == 0 && view.shape == storage.shape && view.dtype.bits == storage.dtype.bits) {
    return Box{view.of, box.dims};
  }
  std::optional<Interval> run = RunOf(box, program, symbols);
  if (!run) return std::nullopt;
  std::optional<Affine> begin = Divided(run->begin, storage.dtype.bits);
  std::optional<Affine> width = Divided(run->end - run->begin, storage.dtype.bits);
  if (!begin || !width || !width->is_constant()) return std::nullopt;
  int64_t length = width->constant;
  Box found{view.of, std::vector<Interval>(storage.shape.size())};
  // From the last dimension on: all of some, a part of one, one element of the rest.
  bool whole = true;
  for (size_t i = storage.shape.size(); i-- > 0;) {
    int64_t extent = storage.shape[i];
    Affine upper, lower;
    Split(*begin, extent, &upper, &lower);
    if (i == 0) {
      upper = Affine();
      lower = *begin;
    }
    if (whole && length % extent == 0 && lower == Affine()) {
      found.dims[i] = {Affine(), Affine::Of(extent), {}};
      length /= extent;
    } else {
      // All of the part is in one row.
      if (!symbols.RangeOf(lower).within({0, extent - length})) return std::nullopt;
      found.dims[i] = {lower, lower + Affine::Of(length), {}};
      length = 1;
      whole = false;
    }
    begin = upper;
  }
  if (length != 1) return std::nullopt;
  return found;
}

}  // namespace program
}  // namespace tilelang_tt
