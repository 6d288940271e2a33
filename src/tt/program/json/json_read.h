/*!
 * \file program/json/json_read.h
 * \brief What json_read.cc (buffers, launches, steps) and json_read_expr.cc share.
 */
#ifndef TILELANG_TT_PROGRAM_JSON_JSON_READ_H_
#define TILELANG_TT_PROGRAM_JSON_JSON_READ_H_

#include <string>
#include <vector>

#include "../program.h"
#include "json_value.h"

namespace tilelang_tt {
namespace program {

/*! \brief Reads expressions, given the buffers and variables that they may name. */
class ExprReader {
 public:
  explicit ExprReader(Program* program) : program_(*program) {}

  ExprRef Read(const JsonAt& at);
  /*! An index, a first element or an extent. */
  ExprRef ReadInteger(const JsonAt& at);
  /*! An integer if the key is absent: 0 of int32. */
  ExprRef ReadIntegerOrZero(const JsonAt& at, std::string_view key);
  ExprRef ReadCondition(const JsonAt& at);
  ExprRef ReadOfDtype(const JsonAt& at, Dtype dtype);
  /*! A list of integers, as many as the buffer has dimensions. */
  std::vector<ExprRef> ReadIntegers(const JsonAt& at, int buffer);

  int ReadBuffer(const JsonAt& at);
  /*! A variable of a kind, whatever is in scope. */
  int ReadVariable(const JsonAt& at, Variable::Kind kind);
  Dtype ReadDtype(const JsonAt& at);

  /*! From here on a variable may be used; throws if it was bound before. */
  void Bind(const JsonAt& at, int variable);
  /*! What is bound after Mark() goes out of scope with Leave(). */
  size_t Mark() const { return scope_.size(); }
  void Leave(size_t mark);

 private:
  ExprRef ReadInt(const JsonAt& at, Dtype dtype);
  ExprRef ReadFloat(const JsonAt& pair);
  ExprRef ReadLoad(const JsonAt& list);
  ExprRef ReadApply(const JsonAt& list, Op op);
  bool InScope(int variable) const;

  Program& program_;
  std::vector<int> scope_;
  /*! By variable: whether it was bound, and whether it is in scope. */
  std::vector<bool> bound_, visible_;
};

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_JSON_JSON_READ_H_
