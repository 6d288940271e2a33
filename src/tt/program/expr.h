/*!
 * \file program/expr.h
 * \brief Expressions of a tile program: values without a TVM type.
 *
 * docs/program.md says what each means. Nodes are immutable and live as long as the
 * arena that made them; one node may stand in several places.
 */
#ifndef TILELANG_TT_PROGRAM_EXPR_H_
#define TILELANG_TT_PROGRAM_EXPR_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "dtype.h"

namespace tilelang_tt {
namespace program {

/*! \brief What a node does. The order is that of docs/program.md; KeyOf gives the JSON key. */
enum class Op : uint8_t {
  kInt,  // an integer or a bool: value
  kFloat,
  kVar,   // value: the variable's id
  kLoad,  // value: the buffer's id; args: indices
  kCast,
  kBits,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kFloorDiv,
  kFloorMod,
  kMin,
  kMax,
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kAnd,
  kOr,
  kNot,
  kBitAnd,
  kBitOr,
  kBitXor,
  kShl,
  kShr,
  kBitNot,
  kSelect,
  kExp,
  kExp2,
  kExp10,
  kLog,
  kLog2,
  kLog10,
  kLog1p,
  kSqrt,
  kRsqrt,
  kSin,
  kCos,
  kTan,
  kTanh,
  kSinh,
  kCosh,
  kAsin,
  kAcos,
  kAtan,
  kAsinh,
  kAcosh,
  kAtanh,
  kSigmoid,
  kErf,
  kAbs,
  kFloor,
  kCeil,
  kTrunc,
  kRound,
  kNearbyint,
  kIsNan,
  kIsInf,
  kIsFinite,
  kPow,
  kAtan2,
  kFmod,
  kCopysign,
  kHypot,
  kFma,
};
constexpr int kNumOps = static_cast<int>(Op::kFma) + 1;

/*! \brief The key of an operation in JSON: "floordiv". */
const char* KeyOf(Op op);

/*! \brief The operation of a key that takes operands alone (kAdd to kFma). */
std::optional<Op> OpOfKey(std::string_view key);

/*! \brief How many operands an operation takes; -1 for kLoad, which takes as many as dimensions. */
int ArityOf(Op op);

/*! \brief Whether the result is bool whatever the operands are. */
bool IsPredicate(Op op);

struct Expr {
  Op op;
  Dtype dtype;
  union {
    int64_t value;  // kInt, kVar, kLoad
    double real;    // kFloat
  };
  std::vector<const Expr*> args;
  /*! Nodes in the tree below and with this one, at most 2^62: what writing it out costs. */
  int64_t size;
};

/*! \brief A node, which its arena owns. */
using ExprRef = const Expr*;

/*! \brief Owns expressions. */
class ExprArena {
 public:
  ExprRef Int(int64_t value, Dtype dtype = kInt32);
  ExprRef Float(double real, Dtype dtype);
  ExprRef Var(int64_t id, Dtype dtype);
  ExprRef Load(int64_t buffer, Dtype dtype, std::vector<ExprRef> indices);
  /*! kCast or kBits. */
  ExprRef Cast(Op op, Dtype dtype, ExprRef operand);
  /*! Of kAdd to kFma; the dtype follows from the operands (kSelect: the second's). */
  ExprRef Apply(Op op, std::vector<ExprRef> args);

 private:
  ExprRef Keep(Expr expr);
  std::deque<Expr> nodes_;
};

/*! \brief The value of an integer or bool constant. */
inline std::optional<int64_t> ConstOf(ExprRef expr) {
  if (expr->op != Op::kInt) return std::nullopt;
  return expr->value;
}

/*! \brief Equality as trees: constants by bits, variables and buffers by id. */
bool SameExpr(ExprRef a, ExprRef b);

/*! \brief Whether an operation is one of operands of a dtype; of a select, those it chooses from.
 */
bool Takes(Op op, Dtype dtype);

/*! \brief Calls visit(ExprRef) for the node and all below it, each node as often as it stands
 * there. */
template <typename Visit>
void ForEachExpr(ExprRef expr, const Visit& visit) {
  visit(expr);
  for (ExprRef arg : expr->args) ForEachExpr(arg, visit);
}

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_EXPR_H_
