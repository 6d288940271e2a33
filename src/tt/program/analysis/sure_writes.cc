/*!
 * \file program/analysis/sure_writes.cc
 * \brief What is surely written, and whether it covers a read; see sure_writes.h.
 */
#include "sure_writes.h"

#include <algorithm>
#include <unordered_map>

namespace tilelang_tt {
namespace program {
namespace {

const ConstLoop* Find(const std::vector<ConstLoop>& loops, int64_t var) {
  auto it = std::find_if(loops.begin(), loops.end(),
                         [var](const ConstLoop& loop) { return loop.var == var; });
  return it == loops.end() ? nullptr : &*it;
}

/*! Whether terms mean the same whenever they are evaluated, given the loops' variables. */
bool IsComparable(const std::vector<ExprRef>& terms, const Program& program) {
  constexpr int64_t kMostSize = 256;
  bool comparable = true;
  for (ExprRef term : terms) {
    if (term->size > kMostSize) return false;
    ForEachExpr(term, [&](ExprRef expr) {
      bool is_let =
          expr->op == Op::kVar && program.variables[expr->value].kind == Variable::Kind::kLet;
      if (expr->op == Op::kLoad || is_let) comparable = false;
    });
  }
  return comparable;
}

/*!
 * Compares a write with a read term by term. The variable of a finished loop stands for
 * each of its values, so it covers a variable of the reader's that ranges over no more.
 */
class TermComparison {
 public:
  TermComparison(const std::vector<ConstLoop>& finished, const std::vector<ConstLoop>& running)
      : finished_(finished), running_(running) {}

  bool Same(ExprRef write, ExprRef read) {
    if (write->op != read->op || write->args.size() != read->args.size()) return false;
    if (write->op == Op::kVar) {
      const ConstLoop* finished = Find(finished_, write->value);
      if (finished == nullptr) return write->value == read->value;
      const ConstLoop* running = Find(running_, read->value);
      auto [bound, is_new] = bindings_.emplace(write->value, read->value);
      return running != nullptr && bound->second == read->value && running->min >= finished->min &&
             running->min + running->extent <= finished->min + finished->extent;
    }
    if (write->args.empty()) return SameExpr(write, read);
    if (write->dtype != read->dtype) return false;
    return std::equal(write->args.begin(), write->args.end(), read->args.begin(),
                      [this](ExprRef w, ExprRef r) { return Same(w, r); });
  }

  bool Same(const std::vector<ExprRef>& write, const std::vector<ExprRef>& read) {
    return write.size() == read.size() &&
           std::equal(write.begin(), write.end(), read.begin(),
                      [this](ExprRef w, ExprRef r) { return Same(w, r); });
  }

 private:
  const std::vector<ConstLoop>& finished_;
  const std::vector<ConstLoop>& running_;
  std::unordered_map<int64_t, int64_t> bindings_;
};

}  // namespace

void SureWrites::Add(const Access& write) {
  if (writes_.size() >= kMostWrites) return;
  bool comparable = write.at != nullptr && IsComparable(*write.at, program_) &&
                    (write.shape == nullptr || IsComparable(*write.shape, program_));
  Box box = BoxOf(write, program_, &symbols_);
  // Code that was unrolled writes side by side.
  for (size_t i = begun_; i < writes_.size(); ++i) {
    if (writes_[i].box && Merge(box, program_, symbols_, &*writes_[i].box)) return;
  }
  writes_.push_back({std::move(box), write, comparable, {}});
}

bool SureWrites::Cover(const Access& read, const std::vector<ConstLoop>& running) const {
  if (writes_.empty()) return false;
  int storage = program_.StorageOf(read.buffer);
  std::optional<Box> box;
  for (const Write& write : writes_) {
    if (program_.StorageOf(write.access.buffer) != storage) continue;
    if (!box) box = BoxOf(read, program_, &symbols_);
    if ((write.box && Covers(*write.box, *box)) || Same(write, read, running)) return true;
  }
  return false;
}

bool SureWrites::Same(const Write& write, const Access& read,
                      const std::vector<ConstLoop>& running) const {
  if (!write.comparable || write.access.buffer != read.buffer || read.at == nullptr ||
      (write.access.shape == nullptr) != (read.shape == nullptr)) {
    return false;
  }
  TermComparison comparison(write.finished, running);
  return comparison.Same(*write.access.at, *read.at) &&
         (read.shape == nullptr || comparison.Same(*write.access.shape, *read.shape));
}

bool SureWrites::Covers(const Box& write, const Box& read) const {
  if (write.buffer == read.buffer && Holds(write, read, program_, symbols_)) return true;
  if (write.buffer == read.buffer) return false;
  std::optional<Interval> written = RunOf(write, program_, symbols_);
  if (!written) return false;
  std::optional<Interval> run = RunOf(read, program_, symbols_);
  if (!run) run = RunOf(WholeOf(program_.StorageOf(read.buffer), program_), program_, symbols_);
  Affine before = run->begin - written->begin, after = written->end - run->end;
  return before.exact && after.exact && symbols_.RangeOf(before).least >= 0 &&
         symbols_.RangeOf(after).least >= 0;
}

bool SureWrites::CoveredBy(const std::vector<Write>& writes, const Write& write) const {
  return std::any_of(writes.begin(), writes.end(), [&](const Write& other) {
    if (program_.StorageOf(other.access.buffer) != program_.StorageOf(write.access.buffer)) {
      return false;
    }
    return other.box && write.box && Covers(*other.box, *write.box);
  });
}

bool SureWrites::Mentions(const Write& write, int variable) {
  bool found = false;
  auto look = [&](ExprRef expr) { found |= expr->op == Op::kVar && expr->value == variable; };
  for (ExprRef term : *write.access.at) ForEachExpr(term, look);
  if (write.access.shape == nullptr) return found;
  for (ExprRef term : *write.access.shape) ForEachExpr(term, look);
  return found;
}

void SureWrites::FinishLoop(const Mark& mark, const Turns& turns) {
  size_t kept = mark.size;
  for (size_t i = mark.size; i < writes_.size(); ++i) {
    Write write = std::move(writes_[i]);
    if (write.box && !Unite(turns, symbols_, &*write.box)) write.box.reset();
    if (turns.min.is_constant() && turns.extent.is_constant()) {
      write.finished.push_back({turns.variable, turns.min.constant, turns.extent.constant});
    } else if (write.comparable) {
      write.comparable = !Mentions(write, turns.variable);
    }
    if (!write.box && !write.comparable) continue;
    bool merged = false;
    for (size_t j = mark.size; write.box && j < kept && !merged; ++j) {
      merged = writes_[j].box && Merge(*write.box, program_, symbols_, &*writes_[j].box);
    }
    if (!merged) writes_[kept++] = std::move(write);
  }
  writes_.erase(writes_.begin() + kept, writes_.end());
}

void SureWrites::ForgetOf(const Mark& mark, const std::vector<int>& variables) {
  for (size_t i = mark.size; i < writes_.size(); ++i) {
    Write& write = writes_[i];
    for (int variable : variables) {
      for (const Interval& dim : write.box ? write.box->dims : std::vector<Interval>()) {
        if (!symbols_.Depends(dim.begin, variable) && !symbols_.Depends(dim.end, variable))
          continue;
        write.box.reset();
        break;
      }
      if (write.comparable) write.comparable = !Mentions(write, variable);
    }
  }
}

}  // namespace program
}  // namespace tilelang_tt
