/*!
 * \file transform/launches.h
 * \brief tt_launches: the schedule of each T.Kernel of a function, in order.
 */
#ifndef TILELANG_TT_TRANSFORM_LAUNCHES_H_
#define TILELANG_TT_TRANSFORM_LAUNCHES_H_

#include <vector>

#include "../tile_program.h"
#include "schedule_rule.h"

namespace tilelang_tt {

/*! \brief What an entry may hold; BelongsTo says what it does under a policy. Where there is one
 * launch, the function has the same. */
inline const ffi::String kLaunchKeys[] = {
    attr::kGrid[0],      attr::kGrid[1],     attr::kGrid[2],    attr::kNumTiles,
    attr::kTilesPerCore, attr::kBlockStride, attr::kBlockBoxes, attr::kSharedReads,
    attr::kCoreRanges,   attr::kRuntimeArgs,
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
void CheckLaunch(const Attrs& launch, const ScheduleRule& rule);

/*!
 * \brief Checks, after CheckLaunch, what the program says of a launch: its grid, its scalars,
 * the length of its reduction and what cores read together.
 * \param tile The side of a tile.
 * \throws ValueError.
 */
void CheckProgramLaunch(const Attrs& launch, const ScheduleRule& rule, const TileProgram& program,
                        size_t index, int64_t tile);

/*!
 * \brief Checks that tt_launches has all of each launch and says nothing else.
 * \throws ValueError.
 */
void CheckEntries(const Attrs& attrs, Policy policy, const std::vector<Attrs>& launches);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_LAUNCHES_H_
