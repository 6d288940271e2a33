/*!
 * \file program/analysis/access.cc
 * \brief Going through a launch and collecting what it touches; see access.h.
 */
#include "access.h"

#include <algorithm>

#include "storage_box.h"

namespace tilelang_tt {
namespace program {
namespace {

class AccessFinder {
 public:
  AccessFinder(const Program& program, Symbols* symbols) : program_(program), symbols_(*symbols) {
    alike_.resize(program.buffers.size() * 3);
  }

  LaunchAccess Run(const Launch& launch) {
    symbols_.BindBlocks(launch);
    Visit(launch.body);
    return std::move(found_);
  }

 private:
  struct Running {
    Turns turns;
    bool in_map;
    /*! It surely has a turn. */
    bool has_turn;
    /*! Its bounds can be written down. */
    bool stable;
  };

  void Visit(const Body& body) {
    for (const Step& step : body) Visit(step);
  }

  void Visit(const Step& step) {
    auto record = [this](const Access& access) { Record(access); };
    ForEachAccess(step, record);
    if (auto let = step.as<Let>()) return symbols_.BindLet(*let);
    if (auto map = step.as<Map>()) {
      ++maps_;
      VisitMap(*map, 0);
      --maps_;
      return;
    }
    if (auto loop = step.as<Loop>()) {
      bool leaves = MayLeave(loop->body);
      perhaps_ += leaves;
      VisitLoop(loop->range, [&] { Visit(loop->body); });
      perhaps_ -= leaves;
      return;
    }
    if (auto loop = step.as<While>()) return VisitMaybe(loop->body);
    if (auto when = step.as<When>()) {
      if (std::optional<bool> holds = symbols_.Decide(when->condition)) {
        return Visit(*holds ? when->then_body : when->else_body);
      }
      VisitMaybe(when->then_body);
      VisitMaybe(when->else_body);
    }
  }

  void VisitMaybe(const Body& body) {
    ++perhaps_;
    Visit(body);
    --perhaps_;
  }

  void VisitMap(const Map& map, size_t level) {
    if (level == map.loops.size()) return Visit(map.body);
    auto record = [this](const Access& access) { Record(access); };
    AccessVisitor<decltype(record)> visitor(record);
    visitor(map.loops[level]);
    VisitLoop(map.loops[level], [&] { VisitMap(map, level + 1); });
  }

  template <typename VisitBody>
  void VisitLoop(const LoopRange& loop, const VisitBody& visit_body) {
    symbols_.BindLoop(loop);
    Turns turns{loop.var, symbols_.Of(loop.min), symbols_.Of(loop.extent)};
    Range count = symbols_.RangeOf(turns.extent);
    if (count.most < 1) return;
    bool stable = symbols_.IsStable(turns.min) && symbols_.IsStable(turns.extent);
    loops_.push_back({turns, maps_ > 0, count.least >= 1, stable});
    visit_body();
    loops_.pop_back();
  }

  void Record(const Access& access) {
    int storage = program_.StorageOf(access.buffer);
    if (!program_.buffers[storage].in_device_memory()) return;
    TouchedRegion region{access.mode,
                         BoxOf(access, program_, &symbols_),
                         {},
                         access.at != nullptr && !access.maybe && perhaps_ == 0};
    if (IsOutside(region.box, program_, symbols_)) return;
    std::vector<Running> kept = Fold(&region);
    if (std::optional<Box> box = InStorage(region.box, program_, symbols_)) {
      region.box = std::move(*box);
    } else {
      region.box = WholeOf(storage, program_);
      region.exact = false;
    }
    KeepLoops(kept, &region);
    std::vector<size_t>& alike = alike_[storage * 3 + static_cast<int>(access.mode)];
    if (alike.size() > kMostRegions) return;
    if (alike.size() == kMostRegions) {
      region = {access.mode, WholeOf(storage, program_), {}, false};
    } else if (!IsNew(region, alike)) {
      return;
    }
    alike.push_back(found_.regions.size());
    found_.regions.push_back(std::move(region));
  }

  /*! Takes the loops of a map into the box where they are no more than a longer side of it. */
  std::vector<Running> Fold(TouchedRegion* region) {
    std::vector<Running> kept;
    for (size_t i = loops_.size(); i-- > 0;) {
      const Running& loop = loops_[i];
      if (!loop.stable) region->exact &= Unfix(loop.turns.variable, &region->box);
      Box united = region->box;
      bool folds = loop.in_map && loop.has_turn && loop.stable &&
                   Unite(loop.turns, symbols_, &united) &&
                   std::all_of(united.dims.begin(), united.dims.end(),
                               [](const Interval& dim) { return dim.strides.empty(); }) &&
                   std::none_of(kept.begin(), kept.end(), [&](const Running& inner) {
                     return symbols_.Depends(inner.turns.min, loop.turns.variable) ||
                            symbols_.Depends(inner.turns.extent, loop.turns.variable);
                   });
      if (folds) {
        region->box = std::move(united);
      } else {
        kept.push_back(loop);
      }
    }
    std::reverse(kept.begin(), kept.end());
    for (Interval& dim : region->box.dims) {
      if (symbols_.IsStable(dim.begin) && symbols_.IsStable(dim.end)) continue;
      Whole(&dim, region->box);
      region->exact = false;
    }
    return kept;
  }

  /*! Makes sides that depend on a variable the whole of the buffer's. True if there is none. */
  bool Unfix(int variable, Box* box) {
    bool none = true;
    for (Interval& dim : box->dims) {
      if (!symbols_.Depends(dim.begin, variable) && !symbols_.Depends(dim.end, variable)) continue;
      Whole(&dim, *box);
      none = false;
    }
    return none;
  }

  void Whole(Interval* dim, const Box& box) {
    int64_t extent = program_.buffers[box.buffer].shape[dim - box.dims.data()];
    *dim = {Affine(), Affine::Of(extent), {}};
  }

  void KeepLoops(const std::vector<Running>& loops, TouchedRegion* region) {
    for (auto loop = loops.rbegin(); loop != loops.rend(); ++loop) {
      auto depends = [&](const Affine& sum) { return symbols_.Depends(sum, loop->turns.variable); };
      bool needed =
          std::any_of(
              region->box.dims.begin(), region->box.dims.end(),
              [&](const Interval& dim) { return depends(dim.begin) || depends(dim.end); }) ||
          std::any_of(region->loops.begin(), region->loops.end(), [&](const Turns& inner) {
            return depends(inner.min) || depends(inner.extent);
          });
      if (!needed && loop->has_turn) continue;
      if (loop->stable) {
        region->loops.insert(region->loops.begin(), loop->turns);
      } else {
        region->exact = false;
      }
    }
  }

  /*! Whether no region of those before is the same; one that is exact makes the other so. */
  bool IsNew(const TouchedRegion& region, const std::vector<size_t>& before) {
    for (size_t place : before) {
      TouchedRegion& known = found_.regions[place];
      if (known.box.dims == region.box.dims && known.loops == region.loops) {
        known.exact |= region.exact;
        return false;
      }
    }
    return true;
  }

  const Program& program_;
  Symbols& symbols_;
  LaunchAccess found_;
  std::vector<Running> loops_;
  /*! The places in found_ of the regions of each buffer in each mode. */
  std::vector<std::vector<size_t>> alike_;
  /*! Reasons why what is visited may not happen: conditions, whiles, loops that may be left. */
  int perhaps_ = 0;
  int maps_ = 0;
};

}  // namespace

LaunchAccess FindAccess(const Program& program, const Launch& launch, Symbols* symbols) {
  return AccessFinder(program, symbols).Run(launch);
}

}  // namespace program
}  // namespace tilelang_tt
