/*!
 * \file device/device_spec.h
 * \brief What the passes need to know of a device.
 */
#ifndef TILELANG_TT_DEVICE_DEVICE_SPEC_H_
#define TILELANG_TT_DEVICE_DEVICE_SPEC_H_

#include <tvm/ffi/tvm_ffi.h>

#include <cstdint>
#include <optional>
#include <string>

#include "../attrs.h"

namespace tilelang_tt {
namespace device {

/*! \brief The schema version of a description as a document. */
constexpr int64_t kSchemaVersion = 1;

/*! \brief A device as it was opened. Where a number comes from is in `source`. */
struct DeviceSpec {
  /*! TT-metal's name of the architecture: "wormhole_b0", "blackhole". */
  std::string arch;
  /*! The compute grid in cores: compute_with_storage_grid_size(). */
  int64_t grid_x, grid_y;
  int64_t dram_banks;
  /*! Bytes. */
  int64_t dram_alignment;
  /*! Bytes of a DRAM bank that buffers can have, where it is known. */
  std::optional<int64_t> dram_bank_size;
  std::string source;

  int64_t num_cores() const { return grid_x * grid_y; }
};

/*!
 * \brief Reads from a device's description, the value of tt_device, what the passes need.
 * \param place What an error begins with, before ": tt_device".
 * \throws ValueError: one of these is absent, of another type, or out of range.
 */
DeviceSpec ReadDeviceSpec(const std::string& place, const AttrMap& description);

/*!
 * \brief Checks all of a description: each field's own rule, that they agree, and no other field.
 * \throws ValueError.
 */
void CheckDescription(const Attrs& description);

}  // namespace device
}  // namespace tilelang_tt

#endif  // TILELANG_TT_DEVICE_DEVICE_SPEC_H_
