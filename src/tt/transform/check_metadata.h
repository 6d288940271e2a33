/*!
 * \file transform/check_metadata.h
 * \brief Whether a function's metadata is complete and agrees with itself and its device.
 */
#ifndef TILELANG_TT_TRANSFORM_CHECK_METADATA_H_
#define TILELANG_TT_TRANSFORM_CHECK_METADATA_H_

#include "../attrs.h"

namespace tilelang_tt {

/*!
 * \brief Checks the metadata by itself; no code is needed, so a plan can be checked too.
 *
 * Every tile of tt_grid_* is run exactly once; ranges and rectangles agree and lie inside
 * tt_device's grid; each descriptor is the one its tt_shape and tt_dtype give on tt_device.
 * Whether the runtime arguments address these buffers is left to CheckAddresses, once it
 * is known that these are the function's.
 * \throws ValueError, NotImplementedError: naming what disagrees.
 */
void CheckMetadata(const Attrs& attrs);

/*! \brief CheckMetadata and CheckAddresses: all that can be known of a function without its code.
 */
void CheckWithoutFunction(const Attrs& attrs);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_CHECK_METADATA_H_
