// Copies the tiles that the schedule gives to this core, one page each, and stamps each copy:
// its first words become this core's logical x and y, the tile, how many tiles this core has
// copied before it, and the schema's arguments (validate/schedules/stamps.py).
//
// Runtime arguments: the schema's, and no others. Common ones, after the question: the addresses of
// source and target, their pages' bytes, the places of start_id and count among the schema's
// arguments, how many of those there are, and where each core has room for a page in its L1. So the
// schedules of all kernels are copied by the binary that questions are asked by; the accessor that
// it is compiled with is that of any tensor in DRAM, whose pages may have another size.
#pragma once

inline void copy_tiles() {
  constexpr auto args = TensorAccessorArgs<0>();
  const uint32_t page_size = get_common_arg_val<uint32_t>(3);
  const auto source = TensorAccessor(args, get_common_arg_val<uint32_t>(1), page_size);
  const auto target = TensorAccessor(args, get_common_arg_val<uint32_t>(2), page_size);
  const uint32_t start_id = get_arg_val<uint32_t>(get_common_arg_val<uint32_t>(4));
  const uint32_t count = get_arg_val<uint32_t>(get_common_arg_val<uint32_t>(5));
  const uint32_t num_schema_args = get_common_arg_val<uint32_t>(6);
  const uint32_t scratch = get_common_arg_val<uint32_t>(7);

  volatile tt_l1_ptr uint32_t* stamp = reinterpret_cast<volatile tt_l1_ptr uint32_t*>(scratch);
  uint32_t copied = 0;
  for (uint32_t tile = start_id; tile < start_id + count; ++tile) {
    noc_async_read(source.get_noc_addr(tile), scratch, page_size);
    noc_async_read_barrier();
    stamp[0] = get_absolute_logical_x();
    stamp[1] = get_absolute_logical_y();
    stamp[2] = tile;
    stamp[3] = copied++;
    for (uint32_t i = 0; i < num_schema_args; ++i) stamp[4 + i] = get_arg_val<uint32_t>(i);
    noc_async_write(scratch, target.get_noc_addr(tile), page_size);
    noc_async_write_barrier();
  }
}
