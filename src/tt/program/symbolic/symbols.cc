/*!
 * \file program/symbolic/symbols.cc
 * \brief Expressions as sums of symbols; see symbols.h.
 */
#include "symbols.h"

#include <algorithm>

namespace tilelang_tt {
namespace program {
namespace {

size_t HashOf(ExprRef expr) {
  size_t hash = static_cast<size_t>(expr->op) * 31 + static_cast<size_t>(expr->value);
  for (ExprRef arg : expr->args) hash = hash * 1000003 + HashOf(arg);
  return hash;
}

/*! Expressions beyond this are not looked into: a tree may be much larger than its nodes. */
constexpr int64_t kMostExprSize = 4096;

Range Hull(const Range& a, const Range& b) {
  return {std::min(a.least, b.least), std::max(a.most, b.most)};
}

}  // namespace

Range RangeOf(Dtype dtype) {
  if (dtype.is_bool()) return {0, 1};
  if (!dtype.is_integer()) return {};
  if (dtype.bits >= 64) return {dtype.code == 0 ? -Range::kFar : 0, Range::kFar};
  int64_t half = int64_t{1} << (dtype.bits - 1);
  if (dtype.code == 0) return {-half, half - 1};
  return {0, 2 * half - 1};
}

Symbols::Symbols(const Program& program)
    : num_variables_(static_cast<int>(program.variables.size())) {
  info_.resize(num_variables_);
  for (int i = 0; i < num_variables_; ++i) {
    info_[i].range = program::RangeOf(program.variables[i].dtype);
    info_[i].variables = {i};
  }
  for (const Launch& launch : program.launches) MarkUnknown(launch.body);
}

void Symbols::MarkUnknown(const Body& body) {
  for (const Step& step : body) {
    if (auto opaque = step.as<Opaque>()) {
      for (int variable : opaque->variables) info_[variable].loads = true;
    }
    if (auto loop = step.as<Loop>()) MarkUnknown(loop->body);
    if (auto loop = step.as<While>()) MarkUnknown(loop->body);
    if (auto when = step.as<When>()) {
      MarkUnknown(when->then_body);
      MarkUnknown(when->else_body);
    }
  }
}

void Symbols::BindBlocks(const Launch& launch) {
  for (int axis = 0; axis < 3; ++axis) {
    int variable = launch.indices[axis];
    if (variable >= 0) info_[variable].range = {0, launch.grid[axis] - 1};
  }
}

Range Symbols::BindLoop(const LoopRange& loop) {
  Affine min = Of(loop.min), extent = Of(loop.extent);
  Range first = RangeOf(min);
  Range end = RangeOf(min + extent);
  Range range{first.least, end.most >= Range::kFar ? Range::kFar : end.most - 1};
  Range held = program::RangeOf(loop.min->dtype);
  range = {std::max(range.least, held.least), std::min(range.most, held.most)};
  info_[loop.var].range = range;
  return range;
}

void Symbols::BindLet(const Let& let) {
  Info info;
  Collect(let.value, &info);
  if (let.value->dtype.is_integer()) {
    Affine value = Of(let.value);
    info.range = RangeOf(value);
    if (!info.loads) lets_[let.var] = value;
  }
  info.variables.push_back(let.var);
  info.lets = true;
  info_[let.var] = std::move(info);
}

Affine Symbols::Of(ExprRef expr) {
  if (expr->size > kMostExprSize) return Atom(expr, program::RangeOf(expr->dtype));
  return Compute(expr);
}

Affine Symbols::Compute(ExprRef expr) {
  Affine sum;
  switch (expr->op) {
    case Op::kInt:
      if (expr->value > Affine::kMost ||
          expr->value < (expr->dtype.code == 1 ? 0 : -Affine::kMost)) {
        return Atom(expr, program::RangeOf(expr->dtype));
      }
      return Affine::Of(expr->value);
    case Op::kVar: {
      auto let = lets_.find(static_cast<int>(expr->value));
      return let != lets_.end() ? let->second : Affine::OfSymbol(static_cast<int>(expr->value));
    }
    case Op::kAdd:
      sum = Compute(expr->args[0]) + Compute(expr->args[1]);
      break;
    case Op::kSub:
      sum = Compute(expr->args[0]) - Compute(expr->args[1]);
      break;
    case Op::kMul: {
      Affine a = Compute(expr->args[0]), b = Compute(expr->args[1]);
      if (!b.is_constant()) std::swap(a, b);
      if (!b.is_constant()) return Atom(expr, program::RangeOf(expr->dtype));
      sum = a * b.constant;
      break;
    }
    case Op::kShl: {
      Affine shift = Compute(expr->args[1]);
      if (!shift.is_constant() || shift.constant < 0 || shift.constant > 40) {
        return Atom(expr, program::RangeOf(expr->dtype));
      }
      sum = Compute(expr->args[0]) * (int64_t{1} << shift.constant);
      break;
    }
    case Op::kCast:
      if (!expr->args[0]->dtype.is_integer() || !expr->dtype.is_integer()) {
        return Atom(expr, program::RangeOf(expr->dtype));
      }
      sum = Compute(expr->args[0]);
      break;
    case Op::kFloorDiv:
    case Op::kDiv:
    case Op::kFloorMod:
    case Op::kMod:
      return Divide(expr, expr->op == Op::kFloorMod || expr->op == Op::kMod,
                    expr->op == Op::kDiv || expr->op == Op::kMod);
    case Op::kMin:
    case Op::kMax:
    case Op::kSelect:
      return Choose(expr);
    default:
      return Atom(expr, program::RangeOf(expr->dtype));
  }
  // A sum that may wrap is none.
  if (!sum.exact || !RangeOf(sum).within(program::RangeOf(expr->dtype))) {
    return Atom(expr, program::RangeOf(expr->dtype));
  }
  return sum;
}

std::optional<Affine> Symbols::Quotient(const Affine& value, int64_t divisor, Affine* rest) const {
  // value = divisor * quotient + rest, where the rest has the terms that the divisor doesn't
  // divide.
  Affine quotient = Affine::Of(FloorDiv(value.constant, divisor));
  *rest = Affine::Of(value.constant - quotient.constant * divisor);
  for (const Term& term : value.terms) {
    Affine& part = term.factor % divisor == 0 ? quotient : *rest;
    int64_t factor = term.factor % divisor == 0 ? term.factor / divisor : term.factor;
    part.terms.push_back({term.symbol, factor});
  }
  return RangeOf(*rest).within({0, divisor - 1}) ? std::optional(quotient) : std::nullopt;
}

Affine Symbols::Divide(ExprRef expr, bool remainder, bool truncates) {
  Affine value = Compute(expr->args[0]), by = Compute(expr->args[1]);
  Range range = RangeOf(value);
  if (!by.is_constant() || by.constant < 1 || (truncates && range.least < 0)) {
    return Atom(expr, program::RangeOf(expr->dtype));
  }
  int64_t divisor = by.constant;
  Affine rest;
  if (std::optional<Affine> quotient = Quotient(value, divisor, &rest)) {
    return remainder ? rest : *quotient;
  }
  if (remainder) return Atom(expr, {0, divisor - 1});
  if (!range.bounded()) return Atom(expr, program::RangeOf(expr->dtype));
  return Atom(expr, {FloorDiv(range.least, divisor), FloorDiv(range.most, divisor)});
}

Affine Symbols::Choose(ExprRef expr) {
  if (!expr->dtype.is_integer()) return Atom(expr, program::RangeOf(expr->dtype));
  size_t first = expr->op == Op::kSelect ? 1 : 0;
  Affine a = Compute(expr->args[first]), b = Compute(expr->args[first + 1]);
  if (a == b) return a;
  Range of_a = RangeOf(a), of_b = RangeOf(b);
  if (expr->op == Op::kSelect) {
    if (std::optional<bool> takes_a = Decide(expr->args[0])) return *takes_a ? a : b;
    return Atom(expr, Hull(of_a, of_b));
  }
  Range difference = RangeOf(a - b);
  bool is_min = expr->op == Op::kMin;
  if (difference.most <= 0) return is_min ? a : b;
  if (difference.least >= 0) return is_min ? b : a;
  if (is_min) {
    return Atom(expr, {std::min(of_a.least, of_b.least), std::min(of_a.most, of_b.most)});
  }
  return Atom(expr, {std::max(of_a.least, of_b.least), std::max(of_a.most, of_b.most)});
}

Affine Symbols::Atom(ExprRef expr, Range range) {
  Info info;
  info.range = range;
  info.term = expr;
  Collect(expr, &info);
  size_t hash = 0;
  if (!info.loads) {
    hash = HashOf(expr);
    auto [begin, end] = atoms_.equal_range(hash);
    for (auto it = begin; it != end; ++it) {
      if (SameExpr(it->second.first, expr)) return Affine::OfSymbol(it->second.second);
    }
  }
  int symbol = static_cast<int>(info_.size());
  if (!info.loads) atoms_.emplace(hash, std::pair(expr, symbol));
  info_.push_back(std::move(info));
  return Affine::OfSymbol(symbol);
}

void Symbols::Collect(ExprRef expr, Info* info) const {
  // Of what is too large to look into, no two are the same, and it may depend on anything.
  if (expr->size > kMostExprSize || expr->op == Op::kLoad) {
    info->loads = true;
    return;
  }
  if (expr->op == Op::kVar) {
    const Info& variable = info_[expr->value];
    info->loads |= variable.loads;
    info->lets |= variable.lets;
    info->variables.insert(info->variables.end(), variable.variables.begin(),
                           variable.variables.end());
  }
  for (ExprRef arg : expr->args) Collect(arg, info);
}

Range Symbols::RangeOf(const Affine& sum) const {
  if (!sum.exact) return {};
  Range range{sum.constant, sum.constant};
  for (const Term& term : sum.terms) range = range + RangeOf(term.symbol) * term.factor;
  return range;
}

std::optional<bool> Symbols::Decide(ExprRef condition) {
  if (std::optional<int64_t> value = ConstOf(condition)) return *value != 0;
  if (condition->args.empty()) return std::nullopt;
  auto negate = [](std::optional<bool> decided) {
    return decided ? std::optional<bool>(!*decided) : std::nullopt;
  };
  if (condition->op == Op::kNot) return negate(Decide(condition->args[0]));
  if (condition->op == Op::kAnd || condition->op == Op::kOr) {
    bool decisive = condition->op == Op::kOr;
    std::optional<bool> a = Decide(condition->args[0]), b = Decide(condition->args[1]);
    if (a == decisive || b == decisive) return decisive;
    if (a && b) return !decisive;
    return std::nullopt;
  }
  if (condition->op < Op::kEq || condition->op > Op::kGe) return std::nullopt;
  if (!condition->args[0]->dtype.is_integer()) return std::nullopt;
  Affine difference = Of(condition->args[0]) - Of(condition->args[1]);
  if (!difference.exact) return std::nullopt;
  Range range = RangeOf(difference);
  std::optional<bool> less, equal;
  if (range.most < 0) less = true;
  if (range.least >= 0) less = false;
  if (range.least > 0 || range.most < 0) equal = false;
  if (difference.is_constant()) equal = difference.constant == 0;
  std::optional<bool> greater;
  if (range.least > 0) greater = true;
  if (range.most <= 0) greater = false;
  switch (condition->op) {
    case Op::kEq:
      return equal;
    case Op::kNe:
      return negate(equal);
    case Op::kLt:
      return less;
    case Op::kGe:
      return negate(less);
    case Op::kGt:
      return greater;
    default:
      return negate(greater);
  }
}

bool Symbols::IsStable(const Affine& sum) const {
  return sum.exact && std::none_of(sum.terms.begin(), sum.terms.end(), [this](const Term& term) {
           return info_[term.symbol].loads || info_[term.symbol].lets;
         });
}

bool Symbols::Depends(int symbol, int variable) const {
  if (symbol == variable || info_[symbol].loads) return true;
  const std::vector<int>& made_of = info_[symbol].variables;
  return std::find(made_of.begin(), made_of.end(), variable) != made_of.end();
}

bool Symbols::Depends(const Affine& sum, int variable) const {
  for (const Term& term : sum.terms) {
    if (Depends(term.symbol, variable)) return true;
  }
  return false;
}

}  // namespace program
}  // namespace tilelang_tt
