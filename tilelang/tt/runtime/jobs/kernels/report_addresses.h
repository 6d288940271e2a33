// Asks TensorAccessor where pages are, on this kernel's NoC.
//
// An entry of the list in this core's L1 is six words: a tensor's base address, the number of a
// page, and the answers of NoC 0 and NoC 1, 64 bits each.
//
// Compile-time arguments: the tensors' accessor. Runtime arguments: list, number of entries.
#pragma once

inline void report_addresses() {
  constexpr auto args = TensorAccessorArgs<0>();
  volatile tt_l1_ptr uint32_t* entry =
      reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_arg_val<uint32_t>(0));
  const uint32_t count = get_arg_val<uint32_t>(1);
  for (uint32_t i = 0; i < count; ++i, entry += 6) {
    const uint64_t address = TensorAccessor(args, entry[0]).get_noc_addr(entry[1]);
    entry[2 + 2 * noc_index] = static_cast<uint32_t>(address);
    entry[3 + 2 * noc_index] = static_cast<uint32_t>(address >> 32);
  }
}
