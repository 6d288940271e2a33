/*!
 * \file transform/launches.cc
 * \brief Reading, setting and checking tt_launches; see launches.h.
 */
#include "launches.h"

#include <algorithm>
#include <string>

#include "../error.h"
#include "../ir/node.h"
#include "check_runtime_args.h"
#include "runtime_args.h"
#include "schedule_attrs.h"
#include "shared_reads.h"

namespace tilelang_tt {
namespace {

bool IsLaunchKey(const ffi::String& key) {
  return std::find(std::begin(kLaunchKeys), std::end(kLaunchKeys), key) != std::end(kLaunchKeys);
}

Attrs ReadLaunch(const std::string& place, const ffi::Any& value) {
  auto map = value.as<AttrMap>();
  if (!map) TT_MALFORMED() << place << " is " << Show(value) << "; expected a map";
  for (const auto& entry : *map) {
    if (!IsLaunchKey(entry.first)) {
      TT_MALFORMED() << place << ": found the key \"" << ShowName(entry.first)
                     << "\"; expected none of that name in a launch";
    }
  }
  return Attrs(place, *map);
}

/*! The entries of tt_launches; as many empty ones where it is absent. */
std::vector<Attrs> ReadEntries(const Attrs& attrs, size_t count) {
  auto given = attrs.Array(attr::kLaunches);
  if (given && given->size() != count) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kLaunches << " has " << given->size()
                   << " entries; expected " << count << ", one for each T.Kernel";
  }
  std::vector<Attrs> entries;
  for (size_t i = 0; i < count; ++i) {
    std::string place = attrs.place() + ": launch " + std::to_string(i);
    entries.push_back(given ? ReadLaunch(place, (*given)[i]) : Attrs(place, AttrMap()));
  }
  return entries;
}

/*! The entries, of which none says anything else than the launches. */
std::vector<Attrs> AgreeingEntries(const Attrs& attrs, const std::vector<Attrs>& launches) {
  std::vector<Attrs> entries = ReadEntries(attrs, launches.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    for (const auto& [key, value] : entries[i].map()) {
      const ffi::Any expected = launches[i].map().at(key);
      if (!SameValue(value, expected)) {
        entries[i].Contradiction(key, value, expected, "the function's own says so");
      }
    }
  }
  return entries;
}

void RequireKeys(const Attrs& attrs, Policy policy) {
  for (const ffi::String& key : kLaunchKeys) {
    if (!attrs.Has(key) && BelongsTo(key, policy)) {
      TT_MALFORMED() << attrs.place() << ": found no " << key
                     << "; expected it, as InferDefaultTTSchedule sets it";
    }
  }
}

/*! kt_tiles, where it is there, is what the program says: one number, and that. */
void CheckReduction(const Attrs& launch, std::optional<int64_t> expected) {
  ffi::Array<ffi::Any> schema = *launch.Array(attr::kRuntimeArgs);
  for (const ffi::Any& item : schema) {
    AttrMap entry = item.cast<AttrMap>();
    if (ir::ConstString(entry.at(arg::kName)) != "kt_tiles") continue;
    Attrs kt_tiles(launch.place() + ": " + attr::kRuntimeArgs + ": kt_tiles", entry);
    if (!expected) {
      TT_MALFORMED() << kt_tiles.place() << " is " << Show(kt_tiles.map().at(arg::kValue))
                     << "; expected none, since the kernel says no single length of a reduction";
    }
    if (kt_tiles.Int(arg::kValue) != *expected) {
      kt_tiles.Contradiction(arg::kValue, kt_tiles.map().at(arg::kValue), *expected,
                             "so many tiles the kernel reduces along");
    }
  }
}

}  // namespace

std::vector<Attrs> GivenLaunches(const Attrs& attrs, size_t count) {
  std::vector<Attrs> launches = ReadEntries(attrs, count);
  for (const ffi::String& key : kLaunchKeys) {
    auto value = attrs.map().Get(key);
    if (!value) continue;
    if (count > 1) {
      TT_MALFORMED() << attrs.place() << ": found " << key << " on a function of " << count
                     << " launches; expected it in the entries of " << attr::kLaunches;
    }
    auto own = launches[0].map().Get(key);
    if (!own || !own->same_as(*value)) launches[0].Set(key, *value);
  }
  if (count == 1) launches[0] = Attrs(attrs.place(), launches[0].map());
  return launches;
}

void SetLaunches(const std::vector<Attrs>& launches, Attrs* attrs) {
  AgreeingEntries(*attrs, launches);
  ffi::Array<ffi::Any> entries;
  for (const Attrs& launch : launches) entries.push_back(launch.map());
  auto found = attrs->map().Get(attr::kLaunches);
  if (!found || !SameValue(*found, entries)) attrs->Set(attr::kLaunches, entries);
  if (launches.size() > 1) return;
  for (const auto& [key, value] : launches[0].map()) attrs->Default(key, value);
}

void CheckLaunch(const Attrs& launch, const ScheduleRule& rule) {
  std::array<int64_t, 3> grid;
  for (int axis = 0; axis < 3; ++axis) {
    grid[axis] = launch.RequireInt(attr::kGrid[axis], kScheduleAdvice);
    if (grid[axis] < 1) {
      TT_MALFORMED() << launch.place() << ": " << attr::kGrid[axis] << " is " << grid[axis]
                     << "; expected at least 1";
    }
  }
  int64_t num_tiles = CountTiles(launch, grid);
  int64_t found = launch.RequireInt(attr::kNumTiles, kScheduleAdvice);
  if (found != num_tiles) {
    launch.Contradiction(attr::kNumTiles, found, num_tiles,
                         "that is the product of the grid's extents");
  }
  CheckCoreRanges(launch, rule.device, CheckBlocks(launch, rule, grid));
  CheckRuntimeArgs(launch, rule.policy, grid);
}

void CheckProgramLaunch(const Attrs& launch, const ScheduleRule& rule,
                        const TileProgram& tile_program, size_t index, int64_t tile) {
  const program::Program& program = *tile_program->program();
  const program::Launch& expected = program.launches[index];
  for (int axis = 0; axis < 3; ++axis) {
    int64_t found = *launch.Int(attr::kGrid[axis]);
    if (found != expected.grid[axis]) {
      launch.Contradiction(attr::kGrid[axis], found, expected.grid[axis],
                           "that is T.Kernel's extent");
    }
  }
  CheckScalars(launch, program);
  CheckReduction(launch, tile_program->consequences(tile).reduction_tiles[index]);
  if (rule.policy == Policy::kRectangular) {
    schedule::Placement placement = PlacementOf(launch, rule, expected.grid);
    CheckSharedReads(launch, SharedReads(program, index, tile, placement));
  }
}

void CheckEntries(const Attrs& attrs, Policy policy, const std::vector<Attrs>& launches) {
  attrs.RequireArray(attr::kLaunches, kScheduleAdvice);
  for (const Attrs& entry : AgreeingEntries(attrs, launches)) RequireKeys(entry, policy);
  if (launches.size() == 1) RequireKeys(attrs, policy);
}

}  // namespace tilelang_tt
