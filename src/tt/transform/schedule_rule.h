/*!
 * \file transform/schedule_rule.h
 * \brief How the blocks of a function go to cores: what is the same for all of its launches.
 */
#ifndef TILELANG_TT_TRANSFORM_SCHEDULE_RULE_H_
#define TILELANG_TT_TRANSFORM_SCHEDULE_RULE_H_

#include <vector>

#include "../attrs.h"
#include "../device/device_spec.h"

namespace tilelang_tt {

/*! \brief The values of tt_schedule_policy. */
enum class Policy : uint8_t { kContiguous, kStrided, kRectangular };
inline const ffi::String kPolicies[] = {"contiguous", "strided", "rectangular"};

/*! \brief The values of tt_schedule_order, the default first. */
inline const ffi::String kOrders[] = {"row_major", "column_major"};

struct ScheduleRule {
  device::DeviceSpec device;
  Policy policy;
  /*! The value of tt_schedule_order. */
  std::string order;
  /*! Whether each core, entry y * grid_x + x, may have blocks; at least one. */
  std::vector<bool> usable;
};

/*! \brief The device of a function; ValueError, with the ways to name one, if it has none. */
device::DeviceSpec RequireDevice(const Attrs& attrs);

/*!
 * \brief The rule of a function, after ApplyDefaults or CheckDefaults.
 * \param device The function's: RequireDevice, which reads it, is not cheap.
 * \throws ValueError: tt_cores that are no cores of it.
 */
ScheduleRule ReadScheduleRule(const Attrs& attrs, device::DeviceSpec device);

/*!
 * \brief Checks that a launch has no attribute that belongs to another policy.
 * \throws ValueError.
 */
void CheckPolicyKeys(const Attrs& launch, Policy policy);

/*! \brief Whether a launch has an attribute under a policy. */
bool BelongsTo(const ffi::String& key, Policy policy);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_SCHEDULE_RULE_H_
