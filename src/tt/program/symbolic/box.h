/*!
 * \file program/symbolic/box.h
 * \brief Elements of a buffer as an interval along each dimension, with affine ends.
 */
#ifndef TILELANG_TT_PROGRAM_SYMBOLIC_BOX_H_
#define TILELANG_TT_PROGRAM_SYMBOLIC_BOX_H_

#include <optional>
#include <vector>

#include "../step_access.h"
#include "symbols.h"

namespace tilelang_tt {
namespace program {

/*! \brief The elements begin <= i < end, each moved by 0, factor, ... (count - 1) * factor. */
struct Interval {
  struct Stride {
    int64_t factor;  // positive
    int64_t count;

    bool operator==(const Stride& other) const {
      return factor == other.factor && count == other.count;
    }
  };
  Affine begin, end;
  /*! Those that leave gaps; none for a plain interval. */
  std::vector<Stride> strides;

  bool operator==(const Interval& other) const {
    return begin == other.begin && end == other.end && strides == other.strides;
  }
};

/*! \brief All elements that are in the interval of each dimension, and within the buffer. */
struct Box {
  int buffer;
  std::vector<Interval> dims;
};

/*! \brief The box of an access at one point of time; of the whole buffer if it may be any part. */
Box BoxOf(const Access& access, const Program& program, Symbols* symbols);

/*! \brief The whole of a buffer. */
Box WholeOf(int buffer, const Program& program);

/*! \brief The values min <= variable < min + extent of a loop, which has a turn for each. */
struct Turns {
  int variable;
  Affine min, extent;

  bool operator==(const Turns& other) const {
    return variable == other.variable && min == other.min && extent == other.extent;
  }
};

/*!
 * \brief What a box becomes when a loop has run: the union over the turns.
 *
 * False if that is no box. Then the box is as it was.
 */
bool Unite(const Turns& turns, const Symbols& symbols, Box* box);

/*! \brief Whether a box is sure to hold all of another of the same buffer that is in the buffer. */
bool Holds(const Box& outer, const Box& inner, const Program& program, const Symbols& symbols);

/*! \brief Whether nothing of a box is within the buffer, for sure. */
bool IsOutside(const Box& box, const Program& program, const Symbols& symbols);

/*!
 * \brief The place of a box in its storage, as an interval of bits from the storage's begin;
 * nothing if it is not sure to be one run.
 */
std::optional<Interval> RunOf(const Box& box, const Program& program, const Symbols& symbols);

/*! \brief Makes one box of two, if they lie side by side or one holds the other. */
bool Merge(const Box& other, const Program& program, const Symbols& symbols, Box* box);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_SYMBOLIC_BOX_H_
