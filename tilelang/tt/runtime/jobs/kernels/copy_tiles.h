// Copies the tiles that the schedule gives to this core, one page each, and stamps each copy:
// its first words become this core's logical x and y, the tile, how many tiles this core has
// copied before it, and the schema's arguments (validate/schedules/stamps.py).
//
// Runtime arguments: the schema's, and no others. Common ones, after the question: the addresses of
// source and target, their pages' bytes, where each core has room for a page in its L1, how many
// arguments the schema has; whether a core has a box of tiles, and whether they are counted down
// the columns; and the places among the schema's arguments of those that say which tiles they are:
// of a box its six, else the first position, the count and the stride; then grid_x and grid_y. So
// the schedules of all kernels are copied by the binary that questions are asked by; the accessor
// that it is compiled with is that of any tensor in DRAM, whose pages may have another size.
#pragma once

// Which tiles a core copies, one after another.
class Walk {
 public:
  uint32_t count() const { return is_box_ ? arg(3) * arg(4) * arg(5) : arg(1); }

  // The id of the n-th one.
  uint32_t tile(uint32_t n) const {
    if (is_box_) {
      const uint32_t across = arg(3), down = arg(4), in_layer = n % (across * down);
      const uint32_t x = by_columns_ ? in_layer / down : in_layer % across;
      const uint32_t y = by_columns_ ? in_layer % down : in_layer / across;
      const uint32_t z = n / (across * down);
      return ((arg(2) + z) * grid_y() + arg(1) + y) * grid_x() + arg(0) + x;
    }
    const uint32_t position = arg(0) + n * arg(2);
    if (!by_columns_) return position;
    const uint32_t layer = position / (grid_x() * grid_y());
    return (layer * grid_y() + position % grid_y()) * grid_x() + position / grid_y() % grid_x();
  }

 private:
  // What the schema doesn't have is 1: the stride, where it says none.
  static uint32_t arg(uint32_t which) {
    const uint32_t place = get_common_arg_val<uint32_t>(8 + which);
    return place == 0xffffffff ? 1 : get_arg_val<uint32_t>(place);
  }
  static uint32_t grid_x() { return arg(6); }
  static uint32_t grid_y() { return arg(7); }

  const bool is_box_ = get_common_arg_val<uint32_t>(6) != 0;
  const bool by_columns_ = get_common_arg_val<uint32_t>(7) != 0;
};

inline void copy_tiles() {
  constexpr auto args = TensorAccessorArgs<0>();
  const uint32_t page_size = get_common_arg_val<uint32_t>(3);
  const auto source = TensorAccessor(args, get_common_arg_val<uint32_t>(1), page_size);
  const auto target = TensorAccessor(args, get_common_arg_val<uint32_t>(2), page_size);
  const uint32_t scratch = get_common_arg_val<uint32_t>(4);
  const uint32_t num_schema_args = get_common_arg_val<uint32_t>(5);
  const Walk walk;

  volatile tt_l1_ptr uint32_t* stamp = reinterpret_cast<volatile tt_l1_ptr uint32_t*>(scratch);
  for (uint32_t copied = 0; copied < walk.count(); ++copied) {
    const uint32_t tile = walk.tile(copied);
    noc_async_read(source.get_noc_addr(tile), scratch, page_size);
    noc_async_read_barrier();
    stamp[0] = get_absolute_logical_x();
    stamp[1] = get_absolute_logical_y();
    stamp[2] = tile;
    stamp[3] = copied;
    for (uint32_t i = 0; i < num_schema_args; ++i) stamp[4 + i] = get_arg_val<uint32_t>(i);
    noc_async_write(scratch, target.get_noc_addr(tile), page_size);
    noc_async_write_barrier();
  }
}
