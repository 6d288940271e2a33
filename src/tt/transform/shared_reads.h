/*!
 * \file transform/shared_reads.h
 * \brief tt_shared_reads: what the cores of a rectangular schedule read together.
 *
 * A list of maps: `buffer`; `along`, "x" for the cores of a row, "y" for those of a column that
 * have the same part of z; `noc`, over which the first of them, which reads from DRAM, sends to the
 * others.
 */
#ifndef TILELANG_TT_TRANSFORM_SHARED_READS_H_
#define TILELANG_TT_TRANSFORM_SHARED_READS_H_

#include "../program/program.h"
#include "../schedule/boxes.h"
#include "schedule_rule.h"

namespace tilelang_tt {

/*! \brief What follows from the program and from the rectangle of cores that has the boxes. */
ffi::Array<ffi::Any> SharedReads(const program::Program& program, size_t launch, int64_t tile,
                                 const schedule::Placement& placement);

/*!
 * \brief Checks that tt_shared_reads has nothing that is not expected. It may lack some.
 * \throws ValueError.
 */
void CheckSharedReads(const Attrs& launch, const ffi::Array<ffi::Any>& expected);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_SHARED_READS_H_
