/*!
 * \file transform/check_runtime_args.h
 * \brief Whether tt_runtime_args_schema is one that a kernel can be given; see runtime_args.h.
 */
#ifndef TILELANG_TT_TRANSFORM_CHECK_RUNTIME_ARGS_H_
#define TILELANG_TT_TRANSFORM_CHECK_RUNTIME_ARGS_H_

#include <array>

#include "../program/program.h"
#include "schedule_rule.h"

namespace tilelang_tt {

/*!
 * \brief Checks tt_runtime_args_schema by itself, each entry by its kind's rule: distinct names;
 *   the policy's own of each core and the grid's extents, all of them; no other constant than
 *   a strided schedule's block_stride, and kt_tiles, at least 1; "<buffer>_addr" and
 * "<parameter>_value"; uint32, but for a scalar.
 */
void CheckRuntimeArgs(const Attrs& launch, Policy policy, const std::array<int64_t, 3>& grid);

/*!
 * \brief Checks, after CheckRuntimeArgs, that each buffer has one address, no other has, and no
 *   buffer is passed as a scalar.
 */
void CheckAddresses(const Attrs& attrs, const AttrMap& buffers);

/*! \brief Checks, after CheckRuntimeArgs, that the scalars are the function's, each once. */
void CheckScalars(const Attrs& attrs, const program::Program& program);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_CHECK_RUNTIME_ARGS_H_
