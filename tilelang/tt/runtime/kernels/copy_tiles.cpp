// Copies the tiles that the schedule gives to this core, one page each, and stamps each copy:
// its first words become this core's logical x and y, the tile, how many tiles this core has
// copied before it, and the schema's arguments (validate/stamps.py).
//
// Compile-time arguments: the accessors of source and target, then how many runtime arguments there
// are. The last five are the copy's own: the addresses of source and target, the places of start_id
// and count among the schema's, and how many of those there are. So the schedules of kernels with
// other arguments are copied by the same binary.
#include "api/dataflow/dataflow_api.h"

void kernel_main() {
  constexpr auto source_args = TensorAccessorArgs<0>();
  constexpr auto target_args = TensorAccessorArgs<source_args.next_compile_time_args_offset()>();
  constexpr uint32_t next = target_args.next_compile_time_args_offset();
  constexpr uint32_t own = get_compile_time_arg_val(next) - 5;
  const auto source = TensorAccessor(source_args, get_arg_val<uint32_t>(own));
  const auto target = TensorAccessor(target_args, get_arg_val<uint32_t>(own + 1));
  const uint32_t start_id = get_arg_val<uint32_t>(get_arg_val<uint32_t>(own + 2));
  const uint32_t count = get_arg_val<uint32_t>(get_arg_val<uint32_t>(own + 3));
  const uint32_t num_schema_args = get_arg_val<uint32_t>(own + 4);

  const uint32_t scratch = get_write_ptr(0);
  volatile tt_l1_ptr uint32_t* stamp = reinterpret_cast<volatile tt_l1_ptr uint32_t*>(scratch);
  uint32_t copied = 0;
  for (uint32_t tile = start_id; tile < start_id + count; ++tile) {
    noc_async_read_page(tile, source, scratch);
    noc_async_read_barrier();
    stamp[0] = get_absolute_logical_x();
    stamp[1] = get_absolute_logical_y();
    stamp[2] = tile;
    stamp[3] = copied++;
    for (uint32_t i = 0; i < num_schema_args; ++i) stamp[4 + i] = get_arg_val<uint32_t>(i);
    noc_async_write_page(tile, target, scratch);
    noc_async_write_barrier();
  }
}
