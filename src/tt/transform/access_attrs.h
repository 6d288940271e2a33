/*!
 * \file transform/access_attrs.h
 * \brief tt_access and tt_written_by: what blocks do to a buffer, as entries of its descriptor.
 */
#ifndef TILELANG_TT_TRANSFORM_ACCESS_ATTRS_H_
#define TILELANG_TT_TRANSFORM_ACCESS_ATTRS_H_

#include <vector>

#include "../attrs.h"
#include "../program/program.h"

namespace tilelang_tt {

constexpr const char* kAccess = "tt_access";
constexpr const char* kWrittenBy = "tt_written_by";

/*!
 * \brief Both, for each buffer of the program that is in device memory; an empty map for others.
 *
 * \param tile The side of a tile, which is a page.
 */
std::vector<AttrMap> AccessOf(const program::Program& program, int64_t tile);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_ACCESS_ATTRS_H_
