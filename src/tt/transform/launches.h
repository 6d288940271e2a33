/*!
 * \file transform/launches.h
 * \brief tt_launches: the schedule of each T.Kernel of a function, in order.
 */
#ifndef TILELANG_TT_TRANSFORM_LAUNCHES_H_
#define TILELANG_TT_TRANSFORM_LAUNCHES_H_

#include <optional>
#include <vector>

#include "../attrs.h"
#include "../device/device_spec.h"
#include "../program/program.h"

namespace tilelang_tt {

/*! \brief What an entry holds. Where there is one launch, the function has the same. */
inline const ffi::String kLaunchKeys[] = {
    attr::kGrid[0],      attr::kGrid[1],    attr::kGrid[2],     attr::kNumTiles,
    attr::kTilesPerCore, attr::kCoreRanges, attr::kRuntimeArgs,
};

/*!
 * \brief What there is of each launch's schedule: of the entries, and of the function's own
 *   attributes where it has one launch.
 *
 * The place of an only launch is the function's, whose own attributes come first.
 * \param count How many launches the program has.
 * \throws ValueError: another number of entries, one that is no map or has another key, and a
 *   schedule on a function of several launches.
 */
std::vector<Attrs> GivenLaunches(const Attrs& attrs, size_t count);

/*!
 * \brief Sets tt_launches, and the function's own attributes where there is one launch.
 * \throws ValueError: an entry that is there says something else.
 */
void SetLaunches(const std::vector<Attrs>& launches, Attrs* attrs);

/*!
 * \brief Checks that one launch's schedule is whole, and agrees with itself and the device.
 * \throws ValueError, NotImplementedError.
 */
void CheckLaunch(const Attrs& launch, const device::DeviceSpec& device);

/*!
 * \brief Checks, after CheckLaunch, what the program says of a launch: its grid, its scalars and
 * the length of its reduction.
 * \param reduction_tiles What kt_tiles is; nothing where there is none.
 * \throws ValueError.
 */
void CheckProgramLaunch(const Attrs& launch, const program::Program& program, size_t index,
                        std::optional<int64_t> reduction_tiles);

/*!
 * \brief Checks that tt_launches has all of each launch and says nothing else.
 * \throws ValueError.
 */
void CheckEntries(const Attrs& attrs, const std::vector<Attrs>& launches);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_LAUNCHES_H_
