/*!
 * \file program/analysis/written_by.cc
 * \brief Who writes what: that no two blocks do, or that two do; see written_by.h.
 */
#include "written_by.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace tilelang_tt {
namespace program {
namespace {

using Factors = std::array<int64_t, 3>;

/*! Elements least <= i < end along a dimension, moved by the factors times the block's indices. */
struct Side {
  Factors factors;
  int64_t least, end;
};

/*! What a block writes, or more than it does (bounds), or a part of it (certain). */
struct Written {
  std::vector<Side> sides;
};

class WriterFinder {
 public:
  WriterFinder(int buffer, const Program& program, const Launch& launch, const Symbols& symbols,
               int64_t tile)
      : shape_(program.buffers[buffer].shape), launch_(launch), symbols_(symbols), tile_(tile) {
    for (int axis = 0; axis < 3; ++axis) {
      if (launch.grid[axis] > 1) several_ = true;
    }
  }

  void Add(const TouchedRegion& region) {
    any_ = true;
    bounds_.push_back(BoundsOf(region));
    if (std::optional<Written> certain = CertainOf(region)) certain_.push_back(*certain);
  }

  Writers Result() const {
    if (!any_) return Writers::kNone;
    if (!several_ || AllApart()) return Writers::kOneBlock;
    return SomeMeet() ? Writers::kSeveralBlocks : Writers::kUnknown;
  }

 private:
  int64_t TileOf(size_t dim) const { return dim + 2 >= shape_.size() ? tile_ : 1; }

  /*! Takes the block's indices out of a sum; false if the rest still depends on one. */
  bool TakeFactors(const Affine& sum, Factors* factors, Affine* rest) const {
    *rest = sum;
    for (int axis = 0; axis < 3; ++axis) {
      int variable = launch_.indices[axis];
      (*factors)[axis] = variable < 0 ? 0 : sum.FactorOf(variable);
      if (variable >= 0) *rest = rest->Without(variable);
    }
    return std::all_of(launch_.indices.begin(), launch_.indices.end(), [&](int variable) {
      return variable < 0 || !symbols_.Depends(*rest, variable);
    });
  }

  /*! For all turns of the loops, and whatever else is in the place. */
  Written BoundsOf(const TouchedRegion& region) const {
    Written written;
    for (size_t i = 0; i < shape_.size(); ++i) {
      const Interval& dim = region.box.dims[i];
      Side whole{{0, 0, 0}, 0, shape_[i]};
      Factors of_end;
      Affine begin, end;
      Side side;
      if (!TakeFactors(dim.begin, &side.factors, &begin) || !TakeFactors(dim.end, &of_end, &end) ||
          side.factors != of_end || !begin.exact || !end.exact) {
        written.sides.push_back(whole);
        continue;
      }
      // A loop's bounds may depend on the block; its variable's range is for all of them.
      side.least = symbols_.RangeOf(begin).least;
      side.end = symbols_.RangeOf(end).most;
      bool bounded = side.least > -Range::kFar && side.end < Range::kFar;
      written.sides.push_back(bounded ? side : whole);
    }
    return written;
  }

  /*! In the first turn of the loops, if the region is exact and nothing else is in the place. */
  std::optional<Written> CertainOf(const TouchedRegion& region) const {
    if (!region.exact) return std::nullopt;
    Box box = region.box;
    for (auto loop = region.loops.rbegin(); loop != region.loops.rend(); ++loop) {
      if (symbols_.RangeOf(loop->extent).least < 1) return std::nullopt;
      for (Interval& dim : box.dims) {
        for (Affine* sum : {&dim.begin, &dim.end}) {
          int64_t factor = sum->FactorOf(loop->variable);
          *sum = sum->Without(loop->variable) + loop->min * factor;
          if (symbols_.Depends(*sum, loop->variable)) return std::nullopt;
        }
      }
    }
    Written written;
    for (const Interval& dim : box.dims) {
      Factors of_end;
      Affine begin, end;
      Side side;
      if (!TakeFactors(dim.begin, &side.factors, &begin) || !TakeFactors(dim.end, &of_end, &end) ||
          side.factors != of_end || !begin.is_constant() || !end.is_constant()) {
        return std::nullopt;
      }
      side.least = begin.constant;
      side.end = end.constant;
      written.sides.push_back(side);
    }
    return written;
  }

  /*! Whether along some dimensions no two blocks come into one cell. */
  bool AllApart() const {
    std::array<bool, 3> apart{};
    for (size_t dim = 0; dim < shape_.size(); ++dim) {
      const Factors& factors = bounds_[0].sides[dim].factors;
      int64_t least = bounds_[0].sides[dim].least, end = bounds_[0].sides[dim].end;
      bool alike = true;
      for (const Written& written : bounds_) {
        const Side& side = written.sides[dim];
        alike &= side.factors == factors;
        least = std::min(least, side.least);
        end = std::max(end, side.end);
      }
      if (!alike || end <= least || !ApartAlong(factors, least, end, TileOf(dim))) continue;
      for (int axis = 0; axis < 3; ++axis) apart[axis] = apart[axis] || factors[axis] != 0;
    }
    for (int axis = 0; axis < 3; ++axis) {
      if (launch_.grid[axis] > 1 && !apart[axis]) return false;
    }
    return true;
  }

  /*! As digits of a number: each factor is beyond all that smaller ones and the side reach. */
  bool ApartAlong(const Factors& factors, int64_t least, int64_t end, int64_t tile) const {
    bool aligned = std::all_of(factors.begin(), factors.end(),
                               [tile](int64_t factor) { return factor % tile == 0; });
    // How far apart the first elements of two blocks have to be for their cells to differ.
    __int128 reach =
        aligned ? static_cast<__int128>(FloorDiv(end - 1, tile) - FloorDiv(least, tile) + 1) * tile
                : static_cast<__int128>(end) - 1 - least + tile;
    std::vector<std::pair<int64_t, int64_t>> digits;
    for (int axis = 0; axis < 3; ++axis) {
      if (factors[axis] != 0 && launch_.grid[axis] > 1) {
        digits.emplace_back(std::abs(factors[axis]), launch_.grid[axis]);
      }
    }
    std::sort(digits.begin(), digits.end());
    for (auto [factor, count] : digits) {
      if (factor < reach) return false;
      reach += static_cast<__int128>(factor) * (count - 1);
    }
    return true;
  }

  /*! Whether two blocks are found that surely write one cell. */
  bool SomeMeet() const {
    constexpr size_t kMost = 16;
    size_t count = std::min(certain_.size(), kMost);
    std::vector<Factors> steps = Steps(count);
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = 0; j < count; ++j) {
        for (const Factors& step : steps) {
          if (MeetAlong(certain_[i], certain_[j], step)) return true;
        }
      }
    }
    return false;
  }

  /*! Differences of two blocks' indices that are worth trying: neighbours, and those that a
   * dimension which moves with two indices gives the same place. */
  std::vector<Factors> Steps(size_t count) const {
    std::vector<Factors> steps;
    for (int axis = 0; axis < 3; ++axis) {
      Factors step{};
      for (int64_t distance : {1, -1}) {
        step[axis] = distance;
        steps.push_back(step);
      }
    }
    for (size_t i = 0; i < count; ++i) {
      for (const Side& side : certain_[i].sides) {
        for (int x = 0; x < 3; ++x) {
          for (int y = x + 1; y < 3; ++y) {
            int64_t a = side.factors[x], b = side.factors[y];
            if (a == 0 || b == 0) continue;
            int64_t common = std::gcd(a, b);
            Factors step{};
            step[x] = b / common;
            step[y] = -a / common;
            if (std::find(steps.begin(), steps.end(), step) == steps.end()) steps.push_back(step);
          }
        }
      }
    }
    return steps;
  }

  /*! Tries blocks near the first one, along each index, with others that are a step away. */
  bool MeetAlong(const Written& a, const Written& b, const Factors& step) const {
    Factors first{};
    for (int axis = 0; axis < 3; ++axis) {
      first[axis] = std::max<int64_t>(0, -step[axis]);
      if (first[axis] + std::max<int64_t>(step[axis], 0) >= launch_.grid[axis]) return false;
    }
    for (int axis = 0; axis < 3; ++axis) {
      // How a place lies in its tile comes again after as many blocks as a tile has elements.
      Factors block = first;
      for (int64_t tries = 0; tries <= tile_; ++tries, ++block[axis]) {
        if (block[axis] + std::max<int64_t>(step[axis], 0) >= launch_.grid[axis]) break;
        if (Meet(a, block, b, step)) return true;
      }
    }
    return false;
  }

  bool Meet(const Written& a, const Factors& block, const Written& b, const Factors& step) const {
    for (size_t dim = 0; dim < shape_.size(); ++dim) {
      const Side &of_a = a.sides[dim], &of_b = b.sides[dim];
      __int128 move_a = 0, move_b = 0;
      for (int axis = 0; axis < 3; ++axis) {
        move_a += static_cast<__int128>(of_a.factors[axis]) * block[axis];
        move_b += static_cast<__int128>(of_b.factors[axis]) * (block[axis] + step[axis]);
      }
      auto within = [&](const Side& side, __int128 move, int64_t* first, int64_t* last) {
        __int128 least = std::max<__int128>(side.least + move, 0);
        __int128 end = std::min<__int128>(side.end + move, shape_[dim]);
        if (least >= end) return false;
        *first = static_cast<int64_t>(least) / TileOf(dim);
        *last = static_cast<int64_t>(end - 1) / TileOf(dim);
        return true;
      };
      int64_t first_a, last_a, first_b, last_b;
      if (!within(of_a, move_a, &first_a, &last_a) || !within(of_b, move_b, &first_b, &last_b) ||
          first_a > last_b || first_b > last_a) {
        return false;
      }
    }
    return true;
  }

  const std::vector<int64_t>& shape_;
  const Launch& launch_;
  const Symbols& symbols_;
  const int64_t tile_;
  bool several_ = false, any_ = false;
  std::vector<Written> bounds_, certain_;
};

}  // namespace

const char* NameOf(Writers writers) {
  constexpr const char* kNames[] = {"none", "one block", "several blocks", "unknown"};
  return kNames[static_cast<int>(writers)];
}

Writers FindWriters(const LaunchAccess& access, int buffer, const Program& program,
                    const Launch& launch, const Symbols& symbols, int64_t tile) {
  WriterFinder finder(buffer, program, launch, symbols, tile);
  for (const TouchedRegion& region : access.regions) {
    if (region.box.buffer == buffer && region.mode != Mode::kRead) finder.Add(region);
  }
  return finder.Result();
}

Writers Combine(Writers a, Writers b) {
  for (Writers decisive : {Writers::kSeveralBlocks, Writers::kUnknown, Writers::kOneBlock}) {
    if (a == decisive || b == decisive) return decisive;
  }
  return Writers::kNone;
}

}  // namespace program
}  // namespace tilelang_tt
