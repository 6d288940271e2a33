/*!
 * \file program/analysis/sharing.cc
 * \brief Reads that don't depend on a block's index; see sharing.h.
 *
 * The reads are looked at one by one, and not as access.h unites them: there a condition only makes
 * a region inexact, and what it depends on is gone.
 */
#include "sharing.h"

#include "access.h"

namespace tilelang_tt {
namespace program {
namespace {

/*! Axes of the grid that something depends on, one bit each. */
using Axes = unsigned;
constexpr Axes kNone = 0, kAll = 7;

class SharingFinder {
 public:
  SharingFinder(const Program& program, const Launch& launch)
      : program_(program), launch_(launch), symbols_(program) {
    symbols_.BindBlocks(launch);
    read_.resize(program.buffers.size(), false);
    depends_.resize(program.buffers.size(), kNone);
  }

  std::vector<AlikeAlong> Run(int64_t tile) {
    Visit(launch_.body, kNone);
    RequirePages(tile);
    std::vector<AlikeAlong> alike(program_.buffers.size());
    for (size_t buffer = 0; buffer < alike.size(); ++buffer) {
      if (!read_[buffer]) continue;
      for (int axis = 0; axis < 3; ++axis) alike[buffer][axis] = !(depends_[buffer] >> axis & 1);
    }
    return alike;
  }

 private:
  /*! Of a place, a bound or a condition; of what is loaded, all of them. */
  Axes AxesOf(ExprRef expr) {
    Affine sum = symbols_.Of(expr);
    Axes axes = kNone;
    for (int axis = 0; axis < 3; ++axis) {
      int index = launch_.indices[axis];
      if (index >= 0 && symbols_.Depends(sum, index)) axes |= 1u << axis;
    }
    return axes;
  }

  /*! \param around What decides whether, and how often, the steps are taken. */
  void Visit(const Body& body, Axes around) {
    for (const Step& step : body) Visit(step, around);
  }

  void Visit(const Step& step, Axes around) {
    auto record = [&](const Access& access) { Record(access, around); };
    ForEachAccess(step, record);
    if (auto let = step.as<Let>()) return symbols_.BindLet(*let);
    if (auto map = step.as<Map>()) return VisitMap(*map, 0, around);
    if (auto loop = step.as<Loop>()) {
      // One core may leave it before another does.
      Axes inside = MayLeave(loop->body) ? kAll : around;
      return VisitLoop(loop->range, inside, [&](Axes axes) { Visit(loop->body, axes); });
    }
    if (auto loop = step.as<While>()) return Visit(loop->body, kAll);
    if (auto when = step.as<When>()) {
      if (std::optional<bool> holds = symbols_.Decide(when->condition)) {
        return Visit(*holds ? when->then_body : when->else_body, around);
      }
      Axes inside = around | AxesOf(when->condition);
      Visit(when->then_body, inside);
      Visit(when->else_body, inside);
    }
  }

  void VisitMap(const Map& map, size_t level, Axes around) {
    if (level == map.loops.size()) return Visit(map.body, around);
    auto record = [&](const Access& access) { Record(access, around); };
    AccessVisitor<decltype(record)> visitor(record);
    visitor(map.loops[level]);
    VisitLoop(map.loops[level], around, [&](Axes axes) { VisitMap(map, level + 1, axes); });
  }

  template <typename VisitBody>
  void VisitLoop(const LoopRange& loop, Axes around, const VisitBody& visit_body) {
    symbols_.BindLoop(loop);
    if (symbols_.RangeOf(symbols_.Of(loop.extent)).most < 1) return;
    visit_body(around | AxesOf(loop.min) | AxesOf(loop.extent));
  }

  void Record(const Access& access, Axes around) {
    int storage = program_.StorageOf(access.buffer);
    if (!program_.buffers[storage].in_device_memory()) return;
    if (access.mode == Mode::kRead) read_[storage] = true;
    // Which of a view's elements are one page of its storage is not followed here.
    bool sure = access.mode == Mode::kRead && access.at != nullptr && !access.maybe &&
                storage == access.buffer;
    depends_[storage] |= sure ? around : kAll;
    for (const std::vector<ExprRef>* exprs : {access.at, access.shape}) {
      if (exprs == nullptr) continue;
      for (ExprRef expr : *exprs) depends_[storage] |= AxesOf(expr);
    }
  }

  /*! What is read in parts of pages, or in more ways than are told apart, is not shared. */
  void RequirePages(int64_t tile) {
    Symbols symbols(program_);
    std::vector<size_t> reads(program_.buffers.size(), 0);
    for (const TouchedRegion& region : FindAccess(program_, launch_, &symbols).regions) {
      int buffer = region.box.buffer;
      if (region.mode != Mode::kRead) continue;
      bool told_apart = ++reads[buffer] <= kMostRegions;
      if (!told_apart || !InPages(region.box, program_, tile)) depends_[buffer] = kAll;
    }
  }

  const Program& program_;
  const Launch& launch_;
  Symbols symbols_;
  /*! Of each buffer. */
  std::vector<bool> read_;
  std::vector<Axes> depends_;
};

}  // namespace

std::vector<AlikeAlong> FindAlikeReads(const Program& program, const Launch& launch, int64_t tile) {
  return SharingFinder(program, launch).Run(tile);
}

}  // namespace program
}  // namespace tilelang_tt
