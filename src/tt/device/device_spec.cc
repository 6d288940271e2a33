/*!
 * \file device/device_spec.cc
 * \brief Reading a device's description; see device_spec.h.
 */
#include "device_spec.h"

#include "../attrs.h"
#include "../error.h"

namespace tilelang_tt {
namespace device {
namespace {

// A NoC coordinate has 6 bits (NOC_ADDR_NODE_ID_BITS, noc_parameters.h), so no grid is wider.
constexpr int64_t kMaxGridSide = 64;
// A bank is named by 32 bits at most; this bounds the arithmetic, not the hardware.
constexpr int64_t kMaxUint32 = 0xffffffff;

// An address within a bank has 36 bits (NOC_ADDR_LOCAL_BITS, noc_parameters.h).
constexpr int64_t kMaxBankSize = int64_t{1} << 36;

constexpr const char* kAdvice = "expected it in the description of a device";

int64_t InRange(const Attrs& attrs, const char* key, int64_t max) {
  int64_t value = attrs.RequireInt(key, kAdvice);
  if (value < 1 || value > max) {
    TT_MALFORMED() << attrs.place() << ": " << key << " is " << value << "; expected 1 to " << max;
  }
  return value;
}

}  // namespace

DeviceSpec ReadDeviceSpec(const std::string& place, const AttrMap& description) {
  Attrs attrs(place + ": tt_device", description);
  DeviceSpec spec;
  spec.arch = attrs.RequireString("arch", kAdvice);
  spec.grid_x = InRange(attrs, "grid_x", kMaxGridSide);
  spec.grid_y = InRange(attrs, "grid_y", kMaxGridSide);
  spec.dram_banks = InRange(attrs, "dram_banks", kMaxUint32);
  spec.dram_alignment = InRange(attrs, "dram_alignment", kMaxUint32);
  if (attrs.Int("dram_bank_size")) {
    spec.dram_bank_size = InRange(attrs, "dram_bank_size", kMaxBankSize);
  }
  // The passes need none of these, but a description that has one wrong is wrong.
  InRange(attrs, "l1_alignment", kMaxUint32);
  for (const char* key : {"l1_banks", "l1_bank_size"}) attrs.Int(key);
  spec.source = attrs.RequireString("source", "expected it to say how the device is known");
  return spec;
}

}  // namespace device
}  // namespace tilelang_tt
