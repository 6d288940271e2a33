/*!
 * \file transform/tile_program.h
 * \brief The tile program of a function, read once for all passes of a stage.
 */
#ifndef TILELANG_TT_TRANSFORM_TILE_PROGRAM_H_
#define TILELANG_TT_TRANSFORM_TILE_PROGRAM_H_

#include <map>
#include <memory>
#include <string>

#include "../attrs.h"
#include "../program/program.h"

namespace tilelang_tt {

/*!
 * \brief The values that tt_dims gives symbolic dimensions, by name; empty where there is none.
 * \throws ValueError: it is no map of integers of at least 1.
 */
std::map<std::string, int64_t> ReadDims(const Attrs& attrs);

/*! \brief A function's program, and the one T.Kernel of it. */
struct TileProgram {
  std::shared_ptr<const program::Program> program;

  const program::Launch& launch() const { return program->launches[0]; }
};

/*!
 * \brief What a function does, with the values that tt_dims gives its symbolic dimensions.
 *
 * IR is never changed in place, so the program of the body that was read last, under the
 * same parameters and values, is given again.
 * \throws ValueError, NotImplementedError: see ir::ReadProgram; NotImplementedError also for
 *   several T.Kernels and for memory that the kernel allocates on the device, for which the
 *   metadata has no place.
 */
TileProgram RequireProgram(const ffi::ObjectRef& func, const Attrs& attrs);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_TILE_PROGRAM_H_
