/*!
 * \file program/expr.cc
 * \brief Making and comparing expressions; see expr.h.
 */
#include "expr.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace tilelang_tt {
namespace program {
namespace {

struct OpInfo {
  const char* key;
  int arity;
};

constexpr int64_t kMostSize = int64_t{1} << 62;

constexpr OpInfo kOps[kNumOps] = {
    {"int", 0},      {"float", 0}, {"var", 0},      {"load", -1}, {"cast", 1},    {"bits", 1},
    {"add", 2},      {"sub", 2},   {"mul", 2},      {"div", 2},   {"mod", 2},     {"floordiv", 2},
    {"floormod", 2}, {"min", 2},   {"max", 2},      {"eq", 2},    {"ne", 2},      {"lt", 2},
    {"le", 2},       {"gt", 2},    {"ge", 2},       {"and", 2},   {"or", 2},      {"not", 1},
    {"bitand", 2},   {"bitor", 2}, {"bitxor", 2},   {"shl", 2},   {"shr", 2},     {"bitnot", 1},
    {"select", 3},   {"exp", 1},   {"exp2", 1},     {"exp10", 1}, {"log", 1},     {"log2", 1},
    {"log10", 1},    {"log1p", 1}, {"sqrt", 1},     {"rsqrt", 1}, {"sin", 1},     {"cos", 1},
    {"tan", 1},      {"tanh", 1},  {"sinh", 1},     {"cosh", 1},  {"asin", 1},    {"acos", 1},
    {"atan", 1},     {"asinh", 1}, {"acosh", 1},    {"atanh", 1}, {"sigmoid", 1}, {"erf", 1},
    {"abs", 1},      {"floor", 1}, {"ceil", 1},     {"trunc", 1}, {"round", 1},   {"nearbyint", 1},
    {"isnan", 1},    {"isinf", 1}, {"isfinite", 1}, {"pow", 2},   {"atan2", 2},   {"fmod", 2},
    {"copysign", 2}, {"hypot", 2}, {"fma", 3},
};

}  // namespace

const char* KeyOf(Op op) { return kOps[static_cast<int>(op)].key; }

int ArityOf(Op op) { return kOps[static_cast<int>(op)].arity; }

std::optional<Op> OpOfKey(std::string_view key) {
  static const auto* const kByKey = [] {
    auto* map = new std::unordered_map<std::string_view, Op>();
    for (int i = static_cast<int>(Op::kAdd); i < kNumOps; ++i) {
      map->emplace(kOps[i].key, static_cast<Op>(i));
    }
    return map;
  }();
  auto it = kByKey->find(key);
  if (it == kByKey->end()) return std::nullopt;
  return it->second;
}

bool IsPredicate(Op op) {
  return (op >= Op::kEq && op <= Op::kNot) || (op >= Op::kIsNan && op <= Op::kIsFinite);
}

ExprRef ExprArena::Keep(Expr expr) {
  expr.size = 1;
  for (ExprRef arg : expr.args) expr.size = std::min(expr.size + arg->size, kMostSize);
  nodes_.push_back(std::move(expr));
  return &nodes_.back();
}

ExprRef ExprArena::Int(int64_t value, Dtype dtype) {
  return Keep({Op::kInt, dtype, {value}, {}, 0});
}

ExprRef ExprArena::Float(double real, Dtype dtype) {
  Expr expr{Op::kFloat, dtype, {0}, {}, 0};
  expr.real = real;
  return Keep(std::move(expr));
}

ExprRef ExprArena::Var(int64_t id, Dtype dtype) { return Keep({Op::kVar, dtype, {id}, {}, 0}); }

ExprRef ExprArena::Load(int64_t buffer, Dtype dtype, std::vector<ExprRef> indices) {
  return Keep({Op::kLoad, dtype, {buffer}, std::move(indices), 0});
}

ExprRef ExprArena::Cast(Op op, Dtype dtype, ExprRef operand) {
  return Keep({op, dtype, {0}, {operand}, 0});
}

ExprRef ExprArena::Apply(Op op, std::vector<ExprRef> args) {
  Dtype dtype = IsPredicate(op) ? kBool : args[op == Op::kSelect ? 1 : 0]->dtype;
  return Keep({op, dtype, {0}, std::move(args), 0});
}

bool Takes(Op op, Dtype dtype) {
  bool number = dtype.is_integer() || dtype.is_float();
  switch (op) {
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kFloorDiv:
    case Op::kFloorMod:
    case Op::kMin:
    case Op::kMax:
    case Op::kAbs:
      return number;
    case Op::kEq:
    case Op::kNe:
    case Op::kLt:
    case Op::kLe:
    case Op::kGt:
    case Op::kGe:
    case Op::kSelect:
      return number || dtype.is_bool();
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
      return dtype.is_bool();
    case Op::kBitAnd:
    case Op::kBitOr:
    case Op::kBitXor:
    case Op::kBitNot:
      return dtype.is_integer() || dtype.is_bool();
    case Op::kShl:
    case Op::kShr:
      return dtype.is_integer();
    default:
      return dtype.is_float();
  }
}

bool SameExpr(ExprRef a, ExprRef b) {
  if (a == b) return true;
  // The union's bits: those of an integer, an id or a double.
  return a->op == b->op && a->dtype == b->dtype && std::memcmp(&a->value, &b->value, 8) == 0 &&
         a->args.size() == b->args.size() &&
         std::equal(a->args.begin(), a->args.end(), b->args.begin(), SameExpr);
}

}  // namespace program
}  // namespace tilelang_tt
