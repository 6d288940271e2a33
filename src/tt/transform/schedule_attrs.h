/*!
 * \file transform/schedule_attrs.h
 * \brief The schedule as attributes: reading it, and checking it against grid and device.
 */
#ifndef TILELANG_TT_TRANSFORM_SCHEDULE_ATTRS_H_
#define TILELANG_TT_TRANSFORM_SCHEDULE_ATTRS_H_

#include <array>
#include <vector>

#include "../attrs.h"
#include "../device/device_spec.h"

namespace tilelang_tt {

/*! \brief The device of a function; ValueError, with the ways to name one, if it has none. */
device::DeviceSpec RequireDevice(const Attrs& attrs);

/*! \brief Tiles of a launch grid; NotImplementedError above 2^32 - 1, the most a uint32 counts. */
int64_t CountTiles(const Attrs& attrs, const std::array<int64_t, 3>& grid);

/*!
 * \brief Checks tt_tiles_per_core: one entry a core, each tile exactly once.
 * \return Tiles a core.
 */
std::vector<int64_t> CheckTilesPerCore(const Attrs& attrs, const device::DeviceSpec& device,
                                       int64_t num_tiles);

/*! \brief Checks tt_core_ranges against the tiles a core. */
void CheckCoreRanges(const Attrs& attrs, const device::DeviceSpec& device,
                     const std::vector<int64_t>& counts);

/*! \brief The value of tt_core_order: how per-core lists are ordered. */
constexpr const char* kCoreOrderRule = "y * grid_x + x";

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_SCHEDULE_ATTRS_H_
