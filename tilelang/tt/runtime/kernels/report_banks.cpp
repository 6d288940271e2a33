// Reports where the firmware has each DRAM bank: what no binding of ttnn's tells for NoC 1.
//
// Writes to this core's L1, a word each: the coordinates of every bank on NoC 0, on NoC 1 (x | y <<
// 6, as a kernel puts them into an address), and the offsets of the banks there, in bytes. Runtime
// argument: where.
#include "api/dataflow/dataflow_api.h"

void kernel_main() {
  volatile tt_l1_ptr uint32_t* report =
      reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_arg_val<uint32_t>(0));
  for (uint32_t noc = 0; noc < NUM_NOCS; ++noc) {
    for (uint32_t bank = 0; bank < NUM_DRAM_BANKS; ++bank) {
      const uint64_t origin = uint64_t(dram_bank_to_noc_xy[noc][bank]) << NOC_ADDR_COORD_SHIFT;
      const uint32_t xy = static_cast<uint32_t>(origin >> NOC_ADDR_LOCAL_BITS);
      *report++ = xy & ((1 << 2 * NOC_ADDR_NODE_ID_BITS) - 1);
    }
  }
  for (uint32_t bank = 0; bank < NUM_DRAM_BANKS; ++bank) *report++ = bank_to_dram_offset[bank];
}
