/*!
 * \file program/analysis/roles.cc
 * \brief Reads and writes in the order of execution; see roles.h.
 */
#include "roles.h"

#include <algorithm>
#include <utility>

#include "sure_writes.h"

namespace tilelang_tt {
namespace program {
namespace {

class RoleFinder {
 public:
  explicit RoleFinder(const Program& program)
      : program_(program), symbols_(program), written_(program, &symbols_) {
    uses_.resize(program.buffers.size());
  }

  std::vector<BufferUse> Run() {
    for (const Launch& launch : program_.launches) VisitLaunch(launch);
    for (size_t i = 0; i < uses_.size(); ++i) uses_[i] = uses_[program_.StorageOf(i)];
    return std::move(uses_);
  }

 private:
  /*! A loop around the step that is visited. */
  struct Running {
    int var;
    Range range;
    /*! The turns come in ascending order. */
    bool in_order;
    /*! It has the same turns each time, at least one, and nothing leaves it. */
    bool sure;
    /*! How many conditions are around it. */
    int conditions;
  };

  void VisitLaunch(const Launch& launch) {
    symbols_.BindBlocks(launch);
    SureWrites::Mark mark = written_.Begin();
    for (int axis = 0; axis < 3; ++axis) {
      if (launch.indices[axis] >= 0) {
        const_loops_.push_back({launch.indices[axis], 0, launch.grid[axis]});
      }
    }
    std::vector<ConstLoop> blocks = const_loops_;
    Visit(launch.body);
    const_loops_.clear();
    // All blocks have run before the next launch begins.
    for (const ConstLoop& block : blocks) {
      written_.FinishLoop(mark, {block.var, Affine::Of(block.min), Affine::Of(block.extent)});
    }
    written_.End(mark);
  }

  void Visit(const Body& body) {
    SureWrites::Mark mark = written_.Begin();
    std::vector<int> lets;
    for (const Step& step : body) {
      if (auto let = step.as<Let>()) lets.push_back(let->var);
      Visit(step);
    }
    if (!lets.empty()) written_.ForgetOf(mark, lets);
    written_.End(mark);
  }

  void Visit(const Step& step) {
    ForEachAccess(step, [this](const Access& access) { Record(access); });
    if (auto let = step.as<Let>()) return symbols_.BindLet(*let);
    if (auto map = step.as<Map>()) return VisitMap(*map, 0);
    if (auto loop = step.as<Loop>()) {
      return VisitLoop(loop->range, MayLeave(loop->body), [&] { Visit(loop->body); });
    }
    if (auto loop = step.as<While>()) return VisitMaybe(loop->body);
    if (auto when = step.as<When>()) return VisitWhen(*when);
  }

  void VisitMap(const Map& map, size_t level) {
    if (level == map.loops.size()) return Visit(map.body);
    ForEachLoadOf(map.loops[level]);
    VisitLoop(map.loops[level], false, [&] { VisitMap(map, level + 1); });
  }

  void ForEachLoadOf(const LoopRange& range) {
    auto record = [this](const Access& access) { Record(access); };
    AccessVisitor<decltype(record)> visitor(record);
    visitor(range);
  }

  template <typename VisitBody>
  void VisitLoop(const LoopRange& loop, bool may_leave, const VisitBody& visit_body) {
    Range range = symbols_.BindLoop(loop);
    Turns turns{loop.var, symbols_.Of(loop.min), symbols_.Of(loop.extent)};
    bool constant = turns.min.is_constant() && turns.extent.is_constant();
    Range count = symbols_.RangeOf(turns.extent);
    if (count.most < 1) return;
    bool has_a_turn = count.least >= 1;
    bool in_order = loop.kind != LoopKind::kParallel && loop.kind != LoopKind::kThread;
    running_.push_back(
        {loop.var, range, in_order, constant && has_a_turn && !may_leave, conditions_});
    if (constant) const_loops_.push_back({loop.var, turns.min.constant, turns.extent.constant});
    SureWrites::Mark mark = written_.Begin();
    visit_body();
    if (has_a_turn && !may_leave) {
      written_.FinishLoop(mark, turns);
    } else {
      written_.Forget(mark);
    }
    written_.End(mark);
    if (constant) const_loops_.pop_back();
    running_.pop_back();
  }

  /*! Visits code that may not run at all: what it writes is not sure. */
  void VisitMaybe(const Body& body) {
    SureWrites::Mark mark = written_.Begin();
    ++conditions_;
    Visit(body);
    --conditions_;
    written_.Forget(mark);
    written_.End(mark);
  }

  void VisitWhen(const When& when) {
    if (std::optional<bool> holds = symbols_.Decide(when.condition)) {
      return Visit(*holds ? when.then_body : when.else_body);
    }
    SureWrites::Mark mark = written_.Begin();
    ++conditions_;
    Visit(when.then_body);
    std::vector<int> firsts = FirstTurnOf(when.condition);
    if (!firsts.empty()) written_.ForgetOf(mark, firsts);
    auto of_then = written_.TakeSince(mark);
    Visit(when.else_body);
    auto of_else = written_.TakeSince(mark);
    --conditions_;
    if (!firsts.empty()) {
      written_.Restore(of_then);
    } else {
      written_.AddCommon(of_then, of_else);
    }
    written_.End(mark);
  }

  /*!
   * The variables of loops of which the condition is true in the first turn alone; none if
   * it says something else. What is then written without them stays written in all later turns.
   */
  std::vector<int> FirstTurnOf(ExprRef condition) {
    if (condition->op == Op::kAnd) {
      std::vector<int> all = FirstTurnOf(condition->args[0]);
      std::vector<int> others = FirstTurnOf(condition->args[1]);
      if (all.empty() || others.empty()) return {};
      all.insert(all.end(), others.begin(), others.end());
      return all;
    }
    if (condition->op != Op::kEq || !condition->args[0]->dtype.is_integer()) return {};
    // A sum whose terms all grow is at its least where all of its variables are.
    Affine sum = symbols_.Of(condition->args[0]) - symbols_.Of(condition->args[1]);
    if (!sum.exact || sum.terms.empty()) return {};
    if (sum.terms[0].factor < 0) sum = sum * -1;
    std::vector<int> variables;
    int64_t least = sum.constant;
    for (const Term& term : sum.terms) {
      auto loop = std::find_if(running_.begin(), running_.end(),
                               [&](const Running& r) { return r.var == term.symbol; });
      if (loop == running_.end() || term.factor < 0 || !loop->in_order) return {};
      // Every loop from there on has its turns whatever the turn, and no condition between.
      for (auto inner = loop; inner != running_.end(); ++inner) {
        if (!inner->sure || inner->conditions + 1 != conditions_) return {};
      }
      if (__builtin_add_overflow(least, term.factor * loop->range.least, &least)) return {};
      variables.push_back(term.symbol);
    }
    return least == 0 ? variables : std::vector<int>();
  }

  void Record(const Access& access) {
    int storage = program_.StorageOf(access.buffer);
    if (!program_.buffers[storage].in_device_memory()) return;
    BufferUse& use = uses_[storage];
    bool is_new = access.mode == Mode::kWrite ? !use.written : !use.read;
    if (is_new && IsOutside(BoxOf(access, program_, &symbols_), program_, symbols_)) return;
    if (access.mode != Mode::kWrite && !use.read) use.read = !written_.Cover(access, const_loops_);
    if (access.mode == Mode::kRead) return;
    use.written = true;
    // Once read, nothing is left to find out.
    if (!use.read && access.mode == Mode::kWrite && access.at != nullptr) written_.Add(access);
  }

  const Program& program_;
  Symbols symbols_;
  SureWrites written_;
  std::vector<BufferUse> uses_;
  std::vector<Running> running_;
  std::vector<ConstLoop> const_loops_;
  /*! Conditions around the step that is visited, and whiles. */
  int conditions_ = 0;
};

}  // namespace

std::vector<BufferUse> FindRoles(const Program& program) { return RoleFinder(program).Run(); }

}  // namespace program
}  // namespace tilelang_tt
