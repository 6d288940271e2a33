// Reports where the firmware has each DRAM bank: what no binding of ttnn's tells for NoC 1.
//
// Each of the two processors that move data has tables of its own, and reports its NoC's row: to
// this core's L1, a word a bank, the coordinates on NoC 0, then those on NoC 1 (x | y << 6, as a
// kernel puts them into an address), then, by NoC 0's, the offsets of the banks there in bytes.
//
// Runtime arguments: where.
#pragma once

inline void report_banks() {
  volatile tt_l1_ptr uint32_t* report =
      reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_arg_val<uint32_t>(0));
  for (uint32_t bank = 0; bank < NUM_DRAM_BANKS; ++bank) {
    const uint64_t origin = uint64_t(dram_bank_to_noc_xy[noc_index][bank]) << NOC_ADDR_COORD_SHIFT;
    const uint32_t xy = static_cast<uint32_t>(origin >> NOC_ADDR_LOCAL_BITS);
    report[noc_index * NUM_DRAM_BANKS + bank] = xy & ((1 << 2 * NOC_ADDR_NODE_ID_BITS) - 1);
    if (noc_index == 0) report[2 * NUM_DRAM_BANKS + bank] = bank_to_dram_offset[bank];
  }
}
