/*!
 * \file schedule/check.cc
 * \brief Faults of a schedule; see check.h.
 */
#include "check.h"

#include <algorithm>
#include <sstream>

namespace tilelang_tt {
namespace schedule {
namespace {

/*!
 * The positions by class, those that are equal modulo the stride: a core stays in one. Counted
 * class by class, its blocks are side by side. With the stride 1 there is one class.
 */
struct Classes {
  int64_t num_tiles, stride;

  int64_t IndexOf(int64_t position) const {
    if (stride == 1) return position;
    return ShareOf(num_tiles, stride, position % stride).start + position / stride;
  }
  int64_t PositionOf(int64_t index) const {
    if (index >= num_tiles) return num_tiles;
    int64_t quotient = num_tiles / stride, larger = num_tiles % stride * (quotient + 1);
    if (index < larger) return index % (quotient + 1) * stride + index / (quotient + 1);
    return (index - larger) % quotient * stride + num_tiles % stride + (index - larger) / quotient;
  }
  /*! How many of the class there are from a position on. */
  int64_t LeftFrom(int64_t position) const {
    return ShareOf(num_tiles, stride, position % stride).count - position / stride;
  }
};

}  // namespace

std::optional<std::string> FindPartitionFault(const std::vector<TileRange>& ranges,
                                              int64_t num_tiles, int64_t stride) {
  Classes classes{num_tiles, stride};
  std::vector<size_t> active;
  for (size_t core = 0; core < ranges.size(); ++core) {
    if (ranges[core].count < 0 || ranges[core].count > num_tiles) {
      std::ostringstream fault;
      fault << "core " << core << " has " << ranges[core].count << " blocks; expected 0 to "
            << num_tiles;
      return fault.str();
    }
    if (ranges[core].start < 0 || ranges[core].start > num_tiles) {
      std::ostringstream fault;
      fault << "core " << core << " starts at block " << ranges[core].start << "; expected 0 to "
            << num_tiles;
      return fault.str();
    }
    if (ranges[core].count > 0) active.push_back(core);
  }
  auto before = [&](size_t a, size_t b) {
    return classes.IndexOf(ranges[a].start) < classes.IndexOf(ranges[b].start);
  };
  // As our own partitions are, and most of others.
  if (!std::is_sorted(active.begin(), active.end(), before)) {
    std::sort(active.begin(), active.end(), before);
  }
  int64_t next = 0;  // the first index that no core so far runs
  for (size_t core : active) {
    const TileRange& range = ranges[core];
    int64_t index = classes.IndexOf(range.start);
    if (index != next) {
      std::ostringstream fault;
      fault << "core " << core << " starts at block " << range.start << "; expected "
            << classes.PositionOf(next) << ", since "
            << (index < next ? "a block would run twice" : "no core runs it");
      return fault.str();
    }
    // Beyond the only class there are no more blocks, which the sum shows.
    if (stride > 1 && range.count > classes.LeftFrom(range.start)) {
      std::ostringstream fault;
      fault << "core " << core << " runs " << range.count << " blocks, " << stride
            << " apart, from block " << range.start << " on; expected at most "
            << classes.LeftFrom(range.start) << ", since there are " << num_tiles;
      return fault.str();
    }
    next += range.count;
  }
  if (next != num_tiles) {
    std::ostringstream fault;
    fault << "the cores run " << next << " blocks; expected " << num_tiles;
    return fault.str();
  }
  return std::nullopt;
}

std::optional<std::string> FindUnusableFault(const std::vector<int64_t>& counts,
                                             const std::vector<bool>& usable, int64_t grid_x) {
  for (size_t core = 0; core < counts.size(); ++core) {
    if (counts[core] == 0 || usable[core]) continue;
    std::ostringstream fault;
    fault << "core (" << core % grid_x << ", " << core / grid_x << ") has " << counts[core]
          << " blocks; expected none, since it is not among the cores that may be used";
    return fault.str();
  }
  return std::nullopt;
}

std::optional<std::string> FindCoreRangeFault(const std::vector<CoreRange>& ranges,
                                              const std::vector<int64_t>& counts, int64_t grid_x,
                                              int64_t grid_y) {
  std::vector<int64_t> covered(counts.size(), 0);
  for (const CoreRange& r : ranges) {
    if (r.x0 < 0 || r.y0 < 0 || r.x0 > r.x1 || r.y0 > r.y1 || r.x1 >= grid_x || r.y1 >= grid_y) {
      std::ostringstream fault;
      fault << "the rectangle (" << r.x0 << ", " << r.y0 << ")-(" << r.x1 << ", " << r.y1
            << ") is found; expected one inside the grid of " << grid_x << "x" << grid_y;
      return fault.str();
    }
    if (r.count < 1) {
      std::ostringstream fault;
      fault << "the rectangle (" << r.x0 << ", " << r.y0 << ")-(" << r.x1 << ", " << r.y1
            << ") has " << r.count << " blocks a core; expected at least 1";
      return fault.str();
    }
    for (int64_t y = r.y0; y <= r.y1; ++y) {
      for (int64_t x = r.x0; x <= r.x1; ++x) {
        int64_t& seen = covered[y * grid_x + x];
        if (seen != 0 || r.count != counts[y * grid_x + x]) {
          std::ostringstream fault;
          fault << "core (" << x << ", " << y << ") has " << r.count
                << " blocks by its rectangle; expected "
                << (seen != 0 ? "it in one rectangle only"
                              : std::to_string(counts[y * grid_x + x]) + " by tt_tiles_per_core");
          return fault.str();
        }
        seen = r.count;
      }
    }
  }
  for (size_t core = 0; core < counts.size(); ++core) {
    if (covered[core] != counts[core]) {
      std::ostringstream fault;
      fault << "core (" << core % grid_x << ", " << core / grid_x
            << ") is in no rectangle; expected"
            << " one with its " << counts[core] << " blocks";
      return fault.str();
    }
  }
  return std::nullopt;
}

}  // namespace schedule
}  // namespace tilelang_tt
