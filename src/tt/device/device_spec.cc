/*!
 * \file device/device_spec.cc
 * \brief Reading a device's description; see device_spec.h.
 */
#include "device_spec.h"

#include <tvm/ffi/reflection/registry.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "../attr_json.h"
#include "../error.h"

namespace tilelang_tt {
namespace device {
namespace {

// A NoC coordinate has 6 bits (NOC_ADDR_NODE_ID_BITS, noc_parameters.h), so no grid is wider.
constexpr int64_t kMaxGridSide = 64;
// The firmware's tables have 1024 bytes for the NoC coordinates of all banks, DRAM's and L1's, 2
// bytes for each of 2 NoCs (MEM_BANK_TO_NOC_XY_SIZE, dev_mem_map.h of each architecture).
constexpr int64_t kMaxBanks = 1024 / (2 * 2);
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

/*! What sizes are rounded up to: TT-metal's align() masks the low bits off. */
int64_t Alignment(const Attrs& attrs, const char* key) {
  int64_t value = InRange(attrs, key, kMaxUint32);
  if ((value & (value - 1)) != 0) {
    TT_MALFORMED() << attrs.place() << ": " << key << " is " << value
                   << "; expected a power of two, since sizes are rounded up by a mask";
  }
  return value;
}

std::string Text(const Attrs& attrs, const char* key, const char* advice) {
  std::string text = attrs.RequireString(key, advice);
  if (text.empty()) {
    TT_MALFORMED() << attrs.place() << ": " << key << " is \"\"; expected at least one character";
  }
  return text;
}

void CheckEntries(const Attrs& attrs, const char* key, size_t found, int64_t banks) {
  if (static_cast<int64_t>(found) != banks) {
    TT_MALFORMED() << attrs.place() << ": " << key << " has " << found << " entries; expected "
                   << banks << ", one for each DRAM bank";
  }
}

/*! dram_offsets: bytes, or nothing where the description has none. */
std::optional<std::vector<int64_t>> CheckOffsets(const Attrs& attrs, int64_t banks) {
  constexpr const char* kKey = "dram_offsets";
  std::optional<std::vector<int64_t>> offsets = attrs.Ints(kKey);
  if (!offsets) return std::nullopt;
  for (int64_t offset : *offsets) {
    if (offset < 0 || offset > kMaxUint32) {
      TT_MALFORMED() << attrs.place() << ": " << kKey << " has " << offset << "; expected 0 to "
                     << kMaxUint32;
    }
  }
  CheckEntries(attrs, kKey, offsets->size(), banks);
  return offsets;
}

/*! The coordinates of each bank: in the grid, and with the offset, no two banks' the same. */
void CheckCores(const Attrs& attrs, const char* key, int64_t banks,
                const std::optional<std::vector<int64_t>>& offsets) {
  auto numbers = attrs.IntRows(key, 2);
  if (!numbers) return;
  CheckEntries(attrs, key, numbers->size() / 2, banks);
  std::vector<std::tuple<int64_t, int64_t, int64_t>> places;
  for (int64_t bank = 0; bank < banks; ++bank) {
    int64_t x = (*numbers)[2 * bank], y = (*numbers)[2 * bank + 1];
    if (std::min(x, y) < 0 || std::max(x, y) >= kMaxGridSide) {
      TT_MALFORMED() << attrs.place() << ": " << key << " has [" << x << ", " << y
                     << "]; expected coordinates of 0 to " << kMaxGridSide - 1;
    }
    places.emplace_back(x, y, offsets ? (*offsets)[bank] : 0);
  }
  std::sort(places.begin(), places.end());
  auto twice = std::adjacent_find(places.begin(), places.end());
  if (twice != places.end()) {
    TT_MALFORMED() << attrs.place() << ": " << key << " has [" << std::get<0>(*twice) << ", "
                   << std::get<1>(*twice) << "] twice; expected a place of its own for each DRAM "
                   << "bank";
  }
}

void CheckBankCounts(const Attrs& attrs, int64_t dram_banks) {
  int64_t l1_banks = attrs.Has("l1_banks") ? InRange(attrs, "l1_banks", kMaxBanks) : 0;
  if (dram_banks + l1_banks > kMaxBanks) {
    TT_MALFORMED() << attrs.place() << ": dram_banks and l1_banks are " << dram_banks << " and "
                   << l1_banks << "; expected at most " << kMaxBanks
                   << " together, as many as the firmware's tables hold";
  }
}

void CheckNames(const Attrs& attrs) {
  static const std::vector<ffi::String> kNames = {
      "arch",           "grid_x",          "grid_y",         "dram_banks",  "l1_alignment",
      "dram_alignment", "source",          "dram_bank_size", "l1_banks",    "l1_bank_size",
      "dram_cores",     "dram_cores_noc1", "dispatch",       "dram_offsets"};
  for (const auto& entry : attrs.map()) {
    if (std::find(kNames.begin(), kNames.end(), entry.first) == kNames.end()) {
      TT_MALFORMED() << attrs.place() << ": found the field \"" << ShowName(entry.first)
                     << "\"; expected none of that name in the description of a device";
    }
  }
}

DeviceSpec Read(const Attrs& attrs) {
  DeviceSpec spec;
  spec.arch = Text(attrs, "arch", kAdvice);
  spec.grid_x = InRange(attrs, "grid_x", kMaxGridSide);
  spec.grid_y = InRange(attrs, "grid_y", kMaxGridSide);
  spec.dram_banks = InRange(attrs, "dram_banks", kMaxBanks);
  spec.dram_alignment = Alignment(attrs, "dram_alignment");
  if (attrs.Has("dram_bank_size")) {
    spec.dram_bank_size = InRange(attrs, "dram_bank_size", kMaxBankSize);
  }
  spec.source = Text(attrs, "source", "expected it to say how the device is known");
  return spec;
}

}  // namespace

DeviceSpec ReadDeviceSpec(const std::string& place, const AttrMap& description) {
  return Read(Attrs(place + ": tt_device", description));
}

void CheckDescription(const Attrs& attrs) {
  CheckNames(attrs);
  DeviceSpec spec = Read(attrs);
  Alignment(attrs, "l1_alignment");
  if (attrs.Has("l1_bank_size")) InRange(attrs, "l1_bank_size", kMaxBankSize);
  CheckBankCounts(attrs, spec.dram_banks);
  std::optional<std::vector<int64_t>> offsets = CheckOffsets(attrs, spec.dram_banks);
  CheckCores(attrs, "dram_cores", spec.dram_banks, offsets);
  CheckCores(attrs, "dram_cores_noc1", spec.dram_banks, offsets);
  if (auto dispatch = attrs.String("dispatch");
      dispatch && *dispatch != "fast" && *dispatch != "slow") {
    TT_MALFORMED() << attrs.place() << ": dispatch is \"" << ShowName(*dispatch)
                   << "\"; expected \"fast\" or \"slow\"";
  }
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def(
      "tl.tt.check_device", [](const ffi::String& place, const ffi::String& text) {
        auto map = json::ToAttr(json::Parse({text.data(), text.size()}, place)).as<AttrMap>();
        if (!map) TT_MALFORMED() << std::string(place) << ": found no map; expected one";
        CheckDescription(Attrs(place, *map));
      });
}

}  // namespace device
}  // namespace tilelang_tt
