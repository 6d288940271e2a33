/*!
 * \file ir/scope.h
 * \brief What the variables and buffers of a PrimFunc are in the tile program.
 */
#ifndef TILELANG_TT_IR_SCOPE_H_
#define TILELANG_TT_IR_SCOPE_H_

#include <string>
#include <unordered_map>

#include "../program/program.h"
#include "node.h"
#include "prim_func.h"

namespace tilelang_tt {
namespace ir {

/*! \brief Thrown by what reads a part of a kernel, and caught where the step around it is made
 *  opaque. */
struct NotUnderstood {
  /*! The operator, or the kind of node. */
  std::string op;
  std::string reason;
  /*! Whether it may be understood further in, where a variable is bound. */
  bool unbound = false;
};

class Scope {
 public:
  /*! Declares the function's parameters. */
  Scope(const Params& params, const Dims& dims, program::Program* program);

  program::Program& program() { return *program_; }
  const Dims& dims() const { return dims_; }

  // Variables ------------------------------------------------------------------

  /*! A variable of the program, bound here. */
  int Bind(const ffi::Object* var, program::Variable::Kind kind, int param = -1);
  /*! A variable that stands for an expression wherever it is used. */
  void Alias(const ffi::Object* var, program::ExprRef value) { aliases_[var] = value; }
  /*! A variable whose every use is not understood. */
  void Refuse(const ffi::Object* var, NotUnderstood why) { refused_[var] = std::move(why); }
  /*! The expression that a variable is. Throws NotUnderstood. */
  program::ExprRef Value(const ffi::Object* var);

  // Buffers --------------------------------------------------------------------

  /*! Memory that the kernel allocates. */
  void Allocate(const ffi::Any& buffer);
  /*! A pointer that leads to a storage, or a buffer on its memory. With a reason, such a buffer is
   *  on some part of it, which is not read. */
  void Point(const ffi::Object* key, int storage, const std::string& reason = "");
  /*! The buffer of the program that a load, a store or a region names, a view if need be.
   *  Throws NotUnderstood. */
  int BufferOf(const ffi::Any& buffer);
  /*! The storage that a buffer or a pointer's variable leads to; -1 if none. */
  int StorageOf(const ffi::Object* key) const;
  int num_buffers() const { return static_cast<int>(program_->buffers.size()); }
  int StorageOfBuffer(int id) const { return program_->StorageOf(id); }
  /*! What a read of a tensor gives out of bounds; by the variable of its memory. */
  void Pad(const ffi::Object* key, program::ExprRef value);

 private:
  struct Pointer {
    int storage;
    std::string reason;
  };

  int View(const ffi::Object* node, const ffi::Object* layout, int storage);
  std::vector<int64_t> ShapeOf(const ffi::Object* node, const ffi::Object* layout) const;

  const Dims& dims_;
  program::Program* program_;
  std::unordered_map<const ffi::Object*, program::ExprRef> aliases_;
  std::unordered_map<const ffi::Object*, NotUnderstood> refused_;
  /*! By buffer node: a buffer of the program. */
  std::unordered_map<const ffi::Object*, int> buffers_;
  /*! By BufferKey. */
  std::unordered_map<const ffi::Object*, Pointer> pointers_;
};

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_SCOPE_H_
