// Moves pages between DRAM and this core's L1, each where a list in L1 says.
//
// It is told NoC coordinates and addresses, and works none out: neither TensorAccessor nor an
// address generator is used here. An entry of the list is four words: the page's NoC coordinates
// (x | y << 6 | NoC << 12, as that NoC counts), its address there, its bytes, and where in L1 it
// goes to or comes from, in bytes after the start of `data`. A page that is listed for the other
// NoC than this kernel's is not moved.
//
// Runtime arguments: list, data (addresses in this core's L1), number of entries, 1 to write.
#pragma once

inline void move_pages() {
  volatile tt_l1_ptr uint32_t* entry =
      reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_arg_val<uint32_t>(0));
  const uint32_t data = get_arg_val<uint32_t>(1);
  const uint32_t count = get_arg_val<uint32_t>(2);
  const bool writes = get_arg_val<uint32_t>(3);
  for (uint32_t i = 0; i < count; ++i, entry += 4) {
    const uint32_t at = entry[0];
    if (at >> 12 != noc_index) continue;
    const uint64_t page = NOC_XY_ADDR(at & 63, at >> 6 & 63, entry[1]);
    if (writes) {
      noc_async_write(data + entry[3], page, entry[2]);
    } else {
      noc_async_read(page, data + entry[3], entry[2]);
    }
  }
  noc_async_read_barrier();
  noc_async_write_barrier();
}
