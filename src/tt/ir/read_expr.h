/*!
 * \file ir/read_expr.h
 * \brief Reading an expression of TVM's into the tile program.
 */
#ifndef TILELANG_TT_IR_READ_EXPR_H_
#define TILELANG_TT_IR_READ_EXPR_H_

#include <unordered_map>

#include "../program/program.h"
#include "node.h"
#include "operators.h"
#include "scope.h"

namespace tilelang_tt {
namespace ir {

class ExprReader {
 public:
  explicit ExprReader(Scope* scope) : scope_(scope), arena_(scope->program().arena) {}

  /*! Each node is read once, however often it is used. Throws NotUnderstood. */
  program::ExprRef Read(const ffi::Any& value);

  /*! Lets a variable stand for an expression that can be read only where it is used, since it
   *  names variables that are bound further in (as T.Persistent does). */
  void Defer(const ffi::Object* var, const ffi::Any& value) { deferred_[var] = value; }

  /*! tl.region with that access mask. */
  program::Region ReadRegion(const ffi::Any& value, int64_t mask);

  /*! Whether a value is a tl.region. */
  static bool IsRegion(const ffi::Any& value);

  /*! The operator of a call, after looking at everything but its arguments. */
  const Operator& OperatorOf(const ffi::Object* call, const ffi::String& name) const;

  /*! NotUnderstood for a call with annotations or attributes, which a value has no use for. */
  static void RequireNoExtras(const ffi::Object* call, const ffi::String& name);

  program::ExprRef Constant(int64_t value, program::Dtype dtype = program::kInt32) {
    return arena_.Int(value, dtype);
  }

 private:
  program::ExprRef ReadNode(const ffi::Object* node);
  program::ExprRef ReadCall(const ffi::Object* call);
  program::ExprRef ReadLoad(const ffi::Object* load);
  program::ExprRef Apply(program::Op op, std::vector<program::ExprRef> args);

  Scope* scope_;
  program::ExprArena& arena_;
  std::unordered_map<const ffi::Object*, program::ExprRef> read_;
  std::unordered_map<const ffi::Object*, ffi::Any> deferred_;
  int depth_ = 0;
};

/*! \brief NotUnderstood for a node that has a field, and the field a value, that no rule knows. */
void RequireKnownFields(const ffi::Object* node);

/*! \brief The short name of a node's type, for messages: "Ramp". */
std::string NodeName(const ffi::Object* node);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_READ_EXPR_H_
