/*!
 * \file ir/read_steps.h
 * \brief Reading the statements of a block into steps.
 */
#ifndef TILELANG_TT_IR_READ_STEPS_H_
#define TILELANG_TT_IR_READ_STEPS_H_

#include <vector>

#include "../program/program.h"
#include "content.h"
#include "node.h"
#include "read_expr.h"
#include "scope.h"

namespace tilelang_tt {
namespace ir {

class StepReader {
 public:
  explicit StepReader(Scope* scope) : scope_(*scope), exprs_(scope) {}
  virtual ~StepReader() = default;

  /*!
   * Adds the steps of a statement. What is not understood becomes an opaque step, the smallest
   * that holds it.
   */
  void Read(const ffi::Any& stmt, program::Body* body);

 protected:
  /*! Whether a statement is a block index of T.Kernel around a body, which a subclass has read. */
  virtual bool ReadBlockIndex(const ffi::Object* stmt, program::Body* body) = 0;
  /*! The launch that is being read, as far as it is. */
  virtual const program::Launch& launch() const = 0;
  /*! Called for a statement that became opaque: the block indices in it are launched all the same.
   */
  virtual void BindBlockIndices(const ffi::Any& stmt) = 0;

  /*! Pipelining goes to `out`, where a loop has it; what is not harmless throws NotUnderstood. */
  static void ReadLoopAnnotations(const ffi::Object* loop, program::Loop* out);

  Scope& scope_;
  ExprReader exprs_;

 private:
  void Dispatch(const ffi::Any& stmt, program::Body* body);
  void ReadStore(const ffi::Object* store, program::Body* body);
  void ReadFor(const ffi::Object* loop, program::Body* body);
  void ReadMap(const ffi::Object* loop, program::Body* body);
  void ReadIf(const ffi::Object* stmt, program::Body* body);
  void ReadAttr(const ffi::Object* stmt, program::Body* body);
  void ReadBind(const ffi::Object* bind, program::Body* body);
  void ReadDeclBuffer(const ffi::Object* decl, program::Body* body);
  void ReadRealize(const ffi::Object* realize, program::Body* body);
  void ReadBlock(const ffi::Object* block, program::ExprRef first_time, program::Body* body);
  void ReadBlockAnnotations(const ffi::Object* block);
  void ReadMatch(const ffi::Object* match);
  /*! The loop of a For or of an AttrStmt that binds a thread, with its variable bound. */
  program::LoopRange Range(const ffi::Object* loop);
  program::Step Opaque(const ffi::Any& stmt, const NotUnderstood& why) const;

  /*! Throws NotUnderstood for a map whose points may load or store what others store. */
  void RequireNoRace(const program::Map& map) const;

  ContentFinder contents_;
  /*! The loops around what is being read, but those of its own map. */
  std::vector<program::LoopRange> around_;
  bool in_map_ = false;
  int depth_ = 0;
};

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_READ_STEPS_H_
