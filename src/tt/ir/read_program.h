/*!
 * \file ir/read_program.h
 * \brief Reading a PrimFunc into its tile program: the one place where a kernel is looked at.
 */
#ifndef TILELANG_TT_IR_READ_PROGRAM_H_
#define TILELANG_TT_IR_READ_PROGRAM_H_

#include <memory>

#include "../program/program.h"
#include "prim_func.h"

namespace tilelang_tt {
namespace ir {

/*!
 * \brief What the blocks of a function do.
 *
 * \param func The PrimFunc.
 * \param dims Values of symbolic dimensions.
 *
 * Throws ValueError for a function without T.Kernel and for malformed launches, and what
 * ReadParams throws; NotImplementedError for a launch inside a loop or a condition, one that
 * does not start at 0, and one of an extent that has no value. Whatever else is not understood
 * is an opaque step of the program.
 */
std::unique_ptr<program::Program> ReadProgram(const ffi::ObjectRef& func, const Dims& dims);

/*! \brief Whether a function has a T.Kernel. One that has none is host code. */
bool HasLaunch(const ffi::Object* func);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_READ_PROGRAM_H_
