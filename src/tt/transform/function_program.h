/*!
 * \file transform/function_program.h
 * \brief The tile program of a function: read once, kept as tt_program, compared.
 */
#ifndef TILELANG_TT_TRANSFORM_FUNCTION_PROGRAM_H_
#define TILELANG_TT_TRANSFORM_FUNCTION_PROGRAM_H_

#include <tvm/ffi/tvm_ffi.h>

#include <map>
#include <string>

#include "../attrs.h"
#include "../tile_program.h"

namespace tilelang_tt {

/*!
 * \brief The values that tt_dims gives symbolic dimensions, by name; empty where there is none.
 * \throws ValueError: it is no map of integers of at least 1.
 */
std::map<std::string, int64_t> ReadDims(const Attrs& attrs);

/*! \brief The attribute. Throws ValueError where it is absent or no program. */
TileProgram RequireProgram(const Attrs& attrs);

/*!
 * \brief The attribute, if it is the program of the function as it is.
 *
 * The function is read once more if it is not the very one that was read.
 * \throws ValueError: it is absent, or of another body.
 */
TileProgram RequireCurrentProgram(const ffi::ObjectRef& func, const Attrs& attrs);

/*! \brief The same, but where it is absent the function is read, and it is set. */
TileProgram EnsureProgram(const ffi::ObjectRef& func, Attrs* attrs);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_FUNCTION_PROGRAM_H_
