/*!
 * \file transform/schedule_rule.cc
 * \brief The schedule's attributes of a function; see schedule_rule.h.
 */
#include "schedule_rule.h"

#include <algorithm>
#include <utility>

#include "../error.h"
#include "../schedule/cores.h"

namespace tilelang_tt {
namespace {

std::vector<bool> ReadCores(const Attrs& attrs, const device::DeviceSpec& device) {
  std::optional<std::vector<int64_t>> numbers = attrs.IntRows(attr::kCores, 4);
  if (!numbers) return std::vector<bool>(device.num_cores(), true);
  std::vector<schedule::CoreRectangle> cores;
  for (size_t i = 0; i < numbers->size(); i += 4) {
    const int64_t* row = numbers->data() + i;
    cores.push_back({row[0], row[1], row[2], row[3]});
  }
  if (auto fault = schedule::FindCoresFault(cores, device.grid_x, device.grid_y)) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kCores << ": " << *fault;
  }
  return schedule::CoresIn(cores, device.grid_x, device.grid_y);
}

}  // namespace

device::DeviceSpec RequireDevice(const Attrs& attrs) {
  AttrMap description = attrs.RequireMap(
      attr::kDevice, "expected the device to compile for: run BindTTDevice first, or pass device=");
  return device::ReadDeviceSpec(attrs.place(), description);
}

ScheduleRule ReadScheduleRule(const Attrs& attrs, device::DeviceSpec device) {
  auto policy = std::find(std::begin(kPolicies), std::end(kPolicies),
                          ffi::String(*attrs.String(attr::kSchedulePolicy)));
  std::vector<bool> usable = ReadCores(attrs, device);
  return {std::move(device), static_cast<Policy>(policy - std::begin(kPolicies)),
          *attrs.String(attr::kScheduleOrder), std::move(usable)};
}

bool BelongsTo(const ffi::String& key, Policy policy) {
  if (key == attr::kTilesPerCore) return policy != Policy::kRectangular;
  if (key == attr::kBlockStride) return policy == Policy::kStrided;
  if (key == attr::kBlockBoxes || key == attr::kSharedReads) return policy == Policy::kRectangular;
  return true;
}

void CheckPolicyKeys(const Attrs& launch, Policy policy) {
  for (const ffi::String& key :
       {attr::kTilesPerCore, attr::kBlockStride, attr::kBlockBoxes, attr::kSharedReads}) {
    if (!launch.Has(key) || BelongsTo(key, policy)) continue;
    TT_MALFORMED() << launch.place() << ": found " << key << "; expected none under the policy \""
                   << kPolicies[static_cast<int>(policy)]
                   << "\". Leave it out, or choose the policy that it belongs to";
  }
}

}  // namespace tilelang_tt
