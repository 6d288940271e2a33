/*!
 * \file program/analysis/race.cc
 * \brief Comparing the places that a map's points touch; see race.h.
 */
#include "race.h"

#include <algorithm>

#include "../step_access.h"
#include "../symbolic/digits.h"

namespace tilelang_tt {
namespace program {
namespace {

struct Parallel {
  int variable;
  Range range;

  int64_t count() const { return range.most - range.least + 1; }
};

/*! A place that points touch, as sums, one each a dimension. */
struct Place {
  int buffer;
  Mode mode;
  std::vector<Affine> at;
};

class RaceFinder {
 public:
  RaceFinder(const Program& program, Symbols* symbols) : program_(program), symbols_(*symbols) {}

  bool MayRace(const Map& map) {
    for (const LoopRange& loop : map.loops) {
      Range range = symbols_.BindLoop(loop);
      inner_.push_back(loop.var);
      if (loop.kind != LoopKind::kParallel && loop.kind != LoopKind::kThread) continue;
      if (range.most > range.least) parallel_.push_back({loop.var, range});
    }
    if (parallel_.empty()) return false;
    Collect(map.body);
    return std::any_of(places_.begin(), places_.end(), [this](const Place& written) {
      return written.mode != Mode::kRead &&
             std::any_of(places_.begin(), places_.end(), [&](const Place& other) {
               return program_.StorageOf(other.buffer) == program_.StorageOf(written.buffer) &&
                      !(other.mode == Mode::kUpdate && written.mode == Mode::kUpdate) &&
                      !Apart(written, other);
             });
    });
  }

 private:
  void Collect(const Body& body) {
    for (const Step& step : body) {
      auto record = [this](const Access& access) {
        Place place{access.buffer, access.mode, {}};
        for (ExprRef index : *access.at) place.at.push_back(symbols_.Of(index));
        bool is_new = std::none_of(places_.begin(), places_.end(), [&](const Place& other) {
          return other.buffer == place.buffer && other.mode == place.mode && other.at == place.at;
        });
        if (is_new) places_.push_back(std::move(place));
      };
      ForEachAccess(step, record);
      if (auto let = step.as<Let>()) symbols_.BindLet(*let);
      if (auto loop = step.as<Loop>()) {
        symbols_.BindLoop(loop->range);
        inner_.push_back(loop->range.var);
        Collect(loop->body);
      }
      if (auto when = step.as<When>()) {
        Collect(when->then_body);
        Collect(when->else_body);
      }
    }
  }

  /*! Whether two places of one buffer are never the same element for different points. */
  bool Apart(const Place& a, const Place& b) {
    if (a.buffer != b.buffer) return false;
    std::vector<int> apart;
    for (size_t dim = 0; dim < a.at.size(); ++dim) {
      if (ApartAlong(a.at[dim], b.at[dim], &apart)) return true;
    }
    // Points that touch one element by the same digits have the number that these are digits of.
    if (a.at == b.at) {
      for (const Affine& sum : ToldByDigits(a.at, &symbols_)) ApartAlong(sum, sum, &apart);
    }
    return std::all_of(parallel_.begin(), parallel_.end(), [&](const Parallel& loop) {
      return std::find(apart.begin(), apart.end(), loop.variable) != apart.end();
    });
  }

  /*!
   * Adds the parallel variables of which any two values give places that are apart along a
   * dimension. True if all places are, whatever the points are.
   */
  bool ApartAlong(const Affine& a, const Affine& b, std::vector<int>* apart) {
    if (!a.exact || !b.exact) return false;
    Affine rest_a = a, rest_b = b;
    std::vector<std::pair<int64_t, const Parallel*>> digits;
    for (const Parallel& loop : parallel_) {
      int64_t factor = a.FactorOf(loop.variable);
      if (factor != b.FactorOf(loop.variable)) return false;
      rest_a = rest_a.Without(loop.variable);
      rest_b = rest_b.Without(loop.variable);
      if (symbols_.Depends(rest_a, loop.variable) || symbols_.Depends(rest_b, loop.variable))
        return false;
      if (factor != 0) digits.emplace_back(std::abs(factor), &loop);
    }
    // What is the same for all points cancels; what a point goes through by itself does not.
    Range difference = {0, 0};
    Affine fixed = rest_a - rest_b;
    for (int variable : inner_) {
      int64_t of_a = rest_a.FactorOf(variable), of_b = rest_b.FactorOf(variable);
      fixed = fixed.Without(variable);
      difference =
          difference + symbols_.RangeOf(variable) * of_a + symbols_.RangeOf(variable) * -of_b;
      if (symbols_.Depends(rest_a.Without(variable), variable) ||
          symbols_.Depends(rest_b.Without(variable), variable)) {
        return false;
      }
    }
    if (!fixed.exact) return false;
    difference = difference + symbols_.RangeOf(fixed);
    if (!difference.bounded()) return false;
    // Two points' places are the digits' difference and this one apart.
    __int128 reach = std::max(-difference.least, difference.most);
    __int128 span = 0;
    for (auto [factor, loop] : digits) span += static_cast<__int128>(factor) * (loop->count() - 1);
    if (difference.least > span || difference.most < -span) return true;
    std::sort(digits.begin(), digits.end());
    for (auto [factor, loop] : digits) {
      if (factor <= reach) return false;
      reach += static_cast<__int128>(factor) * (loop->count() - 1);
    }
    for (auto [factor, loop] : digits) apart->push_back(loop->variable);
    return false;
  }

  const Program& program_;
  Symbols& symbols_;
  std::vector<Parallel> parallel_;
  /*! Variables that each point has its own values of, at a time. */
  std::vector<int> inner_;
  std::vector<Place> places_;
};

}  // namespace

bool MayRace(const Map& map, const Program& program, Symbols* symbols) {
  return RaceFinder(program, symbols).MayRace(map);
}

}  // namespace program
}  // namespace tilelang_tt
