/*!
 * \file transform/check_metadata.h
 * \brief Whether a function's metadata is complete and agrees with itself and its device.
 */
#ifndef TILELANG_TT_TRANSFORM_CHECK_METADATA_H_
#define TILELANG_TT_TRANSFORM_CHECK_METADATA_H_

#include "../attrs.h"
#include "../tile_program.h"

namespace tilelang_tt {

/*!
 * \brief Checks metadata against the program that it is of; no code is needed, so a plan can be
 *   checked too.
 *
 * Every tile of each launch's grid is run exactly once; ranges and rectangles agree and lie inside
 * tt_device's grid; each descriptor is the one that the buffer's shape and dtype give on tt_device,
 * with what the program's blocks do to it; the arguments are the program's buffers and scalars.
 * \throws ValueError, NotImplementedError: naming what disagrees.
 */
void CheckMetadata(const Attrs& attrs, const TileProgram& program);

/*! \brief The same of metadata of schema version 1, in which there is no program. */
void CheckMetadataWithoutProgram(const Attrs& attrs);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_CHECK_METADATA_H_
