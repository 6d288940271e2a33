/*!
 * \file program/analysis/reduction.cc
 * \brief The gemms and products of a launch and the loops around them; see reduction.h.
 */
#include "reduction.h"

#include <algorithm>
#include <map>
#include <utility>

#include "../step_access.h"
#include "k_extent.h"
#include "operand_origin.h"

namespace tilelang_tt {
namespace program {
namespace {

using Loops = OperandOrigins::Loops;

ExprRef StripCast(ExprRef expr) {
  while (expr->op == Op::kCast) expr = expr->args[0];
  return expr;
}

/*! Whether an expression is the element that a store writes. */
bool IsElement(ExprRef expr, const Store& store) {
  return expr->op == Op::kLoad && expr->value == store.buffer &&
         std::equal(store.at.begin(), store.at.end(), expr->args.begin(), expr->args.end(),
                    SameExpr);
}

/*! Of C[i] = C[i] + a[..] * b[..], a and b perhaps cast, the product; else null. */
ExprRef ProductOf(const Store& store) {
  if (store.value->op != Op::kAdd) return nullptr;
  ExprRef sum = store.value->args[0], product = store.value->args[1];
  if (!IsElement(sum, store)) std::swap(sum, product);
  product = StripCast(product);
  bool is_product = IsElement(sum, store) && product->op == Op::kMul &&
                    StripCast(product->args[0])->op == Op::kLoad &&
                    StripCast(product->args[1])->op == Op::kLoad;
  return is_product ? product : nullptr;
}

class ReductionFinder {
 public:
  ReductionFinder(const Program& program, const Launch& launch, int64_t tile)
      : program_(program),
        launch_(launch),
        tile_(tile),
        symbols_(program),
        origins_(program, &symbols_) {
    symbols_.BindBlocks(launch);
  }

  std::optional<int64_t> Run() {
    Visit(launch_.body);
    if (unknown_ || products_ == 0 || origins_.AnyWasReplaced()) return std::nullopt;
    return tiles_;
  }

 private:
  void Visit(const Body& body) {
    for (const Step& step : body) Visit(step);
  }

  void Visit(const Step& step) {
    if (auto let = step.as<Let>()) return symbols_.BindLet(*let);
    if (auto gemm = step.as<Gemm>()) return VisitGemm(*gemm);
    if (auto store = step.as<Store>()) return VisitStore(*store);
    if (auto fill = step.as<Fill>()) return Initialise(fill->dst.buffer);
    if (auto copy = step.as<Copy>()) {
      Initialise(copy->dst.buffer);
      if (conditions_ == 0) origins_.Define(*copy, loop_vars_);
      return;
    }
    if (auto map = step.as<Map>()) return VisitMap(*map, 0);
    if (auto loop = step.as<Loop>()) return VisitLoop(loop->range, [&] { Visit(loop->body); });
    if (auto loop = step.as<While>()) return VisitMaybe(loop->body);
    if (auto when = step.as<When>()) {
      if (std::optional<bool> holds = symbols_.Decide(when->condition)) {
        return Visit(*holds ? when->then_body : when->else_body);
      }
      VisitMaybe(when->then_body);
      return VisitMaybe(when->else_body);
    }
    if (step.as<Break>() || step.as<Continue>()) leaves_ = true;
    if (step.as<Opaque>() && !loop_vars_.empty()) leaves_ = leaves_all_ = true;
    ForEachAccess(step, [this](const Access& access) {
      if (access.mode != Mode::kRead) Disturb(access.buffer);
    });
  }

  void VisitMap(const Map& map, size_t level) {
    if (level == map.loops.size()) return Visit(map.body);
    VisitLoop(map.loops[level], [&] { VisitMap(map, level + 1); });
  }

  template <typename VisitBody>
  void VisitLoop(const LoopRange& loop, const VisitBody& visit_body) {
    symbols_.BindLoop(loop);
    Affine min = symbols_.Of(loop.min), extent = symbols_.Of(loop.extent);
    std::optional<Sweep> sweep;
    if (min.is_constant() && extent.is_constant()) {
      if (extent.constant < 1) return;
      sweep = Sweep{loop.var, min.constant, extent.constant};
    }
    size_t products = products_;
    bool outer_leaves = std::exchange(leaves_, false);
    loop_vars_.push_back(loop.var);
    sweeps_.push_back(sweep);
    visit_body();
    sweeps_.pop_back();
    loop_vars_.pop_back();
    if (leaves_ && products_ != products) unknown_ = true;
    leaves_ = outer_leaves || (leaves_all_ && !loop_vars_.empty());
  }

  void VisitMaybe(const Body& body) {
    ++conditions_;
    Visit(body);
    --conditions_;
  }

  /*! A buffer gets values that are neither a product's nor independent of what it held. */
  void Disturb(int buffer) {
    int storage = program_.StorageOf(buffer);
    origins_.Lose(storage, loop_vars_);
    initialised_.erase(storage);
    if (storage != accumulator_) return;
    // After the sum is complete, its result may be used in its place.
    disturbed_ = true;
    unknown_ |= std::find_first_of(loop_vars_.begin(), loop_vars_.end(), reducing_loops_.begin(),
                                   reducing_loops_.end()) != loop_vars_.end();
  }

  /*! A buffer gets values that do not depend on what it held. */
  void Initialise(int buffer) {
    Disturb(buffer);
    if (conditions_ == 0) initialised_[program_.StorageOf(buffer)] = loop_vars_;
  }

  void VisitGemm(const Gemm& gemm) {
    int storage = program_.StorageOf(gemm.c.buffer);
    std::optional<int64_t> clears = ConstOf(gemm.clear);
    if (clears == 1 && conditions_ == 0) Initialise(storage);
    if (!clears || !Accumulate(storage, std::nullopt)) return Fail();
    if (accumulated_ != nullptr && !SameRegion(gemm.c, *accumulated_)) return Fail();
    accumulated_ = &gemm.c;
    std::optional<std::vector<Sweep>> sweeps = SweepsFrom(initial_loops_.size());
    if (!sweeps) return Fail();
    size_t last_a = gemm.a.at.size() - 1, last_b = gemm.b.at.size() - 1;
    Add(ExtentOf(gemm.a, last_a - (gemm.transpose_a ? 1 : 0), *sweeps),
        ExtentOf(gemm.b, last_b - (gemm.transpose_b ? 0 : 1), *sweeps));
    origins_.Lose(storage, loop_vars_);
  }

  void Fail() {
    ++products_;
    unknown_ = true;
  }

  /*!
   * A product goes into an accumulator, which got its first value here or in loops that are
   * around here as well. False if that is not the one accumulator of the launch.
   */
  bool Accumulate(int storage, std::optional<Loops> initial_loops) {
    if (conditions_ > 0 || leaves_) return false;
    if (!initial_loops) {
      auto found = initialised_.find(storage);
      if (found == initialised_.end() && accumulator_ < 0) return false;
      initial_loops = found == initialised_.end() ? initial_loops_ : found->second;
    }
    size_t shared = 0;
    while (shared < loop_vars_.size() && shared < initial_loops->size() &&
           loop_vars_[shared] == (*initial_loops)[shared]) {
      ++shared;
    }
    initial_loops->resize(shared);
    if (accumulator_ < 0) {
      accumulator_ = storage;
      initial_loops_ = *initial_loops;
    }
    if (accumulator_ != storage || disturbed_ || initial_loops_ != *initial_loops) return false;
    if (shared < loop_vars_.size()) reducing_loops_.push_back(loop_vars_[shared]);
    return true;
  }

  /*! The loops around here but for the outer ones; nothing if one has no constant bounds. */
  std::optional<std::vector<Sweep>> SweepsFrom(size_t outer) const {
    std::vector<Sweep> sweeps;
    for (size_t i = outer; i < sweeps_.size(); ++i) {
      if (!sweeps_[i]) return std::nullopt;
      sweeps.push_back(*sweeps_[i]);
    }
    return sweeps;
  }

  void Add(const std::optional<KExtent>& a, const std::optional<KExtent>& b) {
    ++products_;
    if (!a || !b || !(*a == *b)) {
      unknown_ = true;
    } else {
      tiles_ += a->tiles;
    }
  }

  std::optional<KExtent> ExtentOf(const Region& operand, size_t axis,
                                  const std::vector<Sweep>& sweeps) {
    std::optional<int64_t> length = ConstOf(operand.shape[axis]);
    std::optional<Origin> origin = origins_.OriginOf(operand, axis, loop_vars_);
    if (!length || !origin) return std::nullopt;
    return ExtentOf(*origin, *length, sweeps);
  }

  /*! Of the tiles of the tensor's own layout, which are over its last two dimensions. */
  std::optional<KExtent> ExtentOf(const Origin& origin, int64_t length,
                                  const std::vector<Sweep>& sweeps) {
    const Buffer& buffer = program_.buffers[origin.tensor];
    const Buffer& storage = program_.buffers[program_.StorageOf(origin.tensor)];
    if (origin.dim + 2 < buffer.shape.size() || buffer.shape != storage.shape ||
        buffer.dtype != storage.dtype || !storage.in_device_memory()) {
      return std::nullopt;
    }
    return SweptExtent(origin.begin, length, sweeps, buffer.shape[origin.dim], tile_, symbols_);
  }

  void VisitStore(const Store& store) {
    int storage = program_.StorageOf(store.buffer);
    bool reads = false;
    auto look = [&](const Access& access) {
      reads |= program_.StorageOf(access.buffer) == storage;
    };
    AccessVisitor<decltype(look)>(look).Loads(store.value);
    if (!reads) return Initialise(storage);
    ExprRef product = ProductOf(store);
    if (product == nullptr || !program_.buffers[storage].in_device_memory()) {
      return Disturb(storage);
    }
    // The loops that the element doesn't depend on go through K.
    std::vector<Sweep> sweeps;
    for (size_t i = 0; i < loop_vars_.size(); ++i) {
      bool indexes = std::any_of(store.at.begin(), store.at.end(), [&](ExprRef index) {
        return symbols_.Depends(symbols_.Of(index), loop_vars_[i]);
      });
      if (indexes) continue;
      if (!sweeps_[i]) return Fail();
      sweeps.push_back(*sweeps_[i]);
    }
    if (sweeps.empty()) return Disturb(storage);
    // One such store alone is understood: which elements two of them share is not looked at.
    if (products_ > 0 || !Accumulate(storage, Loops())) return Fail();
    Add(ExtentOfLoad(StripCast(product->args[0]), sweeps),
        ExtentOfLoad(StripCast(product->args[1]), sweeps));
    disturbed_ = true;
  }

  /*! Of the one dimension of a loaded tensor along which the loops move. */
  std::optional<KExtent> ExtentOfLoad(ExprRef load, const std::vector<Sweep>& sweeps) {
    std::optional<Origin> origin;
    for (size_t i = 0; i < load->args.size(); ++i) {
      Affine index = symbols_.Of(load->args[i]);
      bool moves = std::any_of(sweeps.begin(), sweeps.end(), [&](const Sweep& sweep) {
        return symbols_.Depends(index, sweep.var);
      });
      if (!moves) continue;
      if (origin) return std::nullopt;
      origin = Origin{static_cast<int>(load->value), i, std::move(index)};
    }
    return origin ? ExtentOf(*origin, 1, sweeps) : std::nullopt;
  }

  bool SameRegion(const Region& a, const Region& b) {
    auto same = [this](ExprRef x, ExprRef y) { return symbols_.Of(x) == symbols_.Of(y); };
    return a.buffer == b.buffer &&
           std::equal(a.at.begin(), a.at.end(), b.at.begin(), b.at.end(), same) &&
           std::equal(a.shape.begin(), a.shape.end(), b.shape.begin(), b.shape.end(), same);
  }

  const Program& program_;
  const Launch& launch_;
  const int64_t tile_;
  Symbols symbols_;
  OperandOrigins origins_;
  /*! The loops around the step that is visited; a sweep where the bounds are constant. */
  Loops loop_vars_;
  std::vector<std::optional<Sweep>> sweeps_;
  /*! Of each storage that was given a first value: the loops around that. */
  std::map<int, Loops> initialised_;
  /*! Where the products go, and the loops around its first value. */
  int accumulator_ = -1;
  const Region* accumulated_ = nullptr;
  Loops initial_loops_;
  /*! The outermost loop of each product: in its turns the accumulator holds a part of the sum. */
  Loops reducing_loops_;
  bool disturbed_ = false;
  size_t products_ = 0;
  int64_t tiles_ = 0;
  int conditions_ = 0;
  bool leaves_ = false, leaves_all_ = false;
  bool unknown_ = false;
};

}  // namespace

std::optional<int64_t> FindReductionTiles(const Program& program, const Launch& launch,
                                          int64_t tile) {
  return ReductionFinder(program, launch, tile).Run();
}

}  // namespace program
}  // namespace tilelang_tt
