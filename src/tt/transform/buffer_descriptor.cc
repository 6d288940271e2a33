/*!
 * \file transform/buffer_descriptor.cc
 * \brief Making a buffer's descriptor; see buffer_descriptor.h.
 */
#include "buffer_descriptor.h"

#include <tvm/ffi/reflection/registry.h>

#include <limits>

#include "../error.h"
#include "../shard/data_format.h"
#include "../shard/page_layout.h"
#include "defaults.h"

namespace tilelang_tt {
namespace {

// ttnn pads and pages shapes up to this rank as page_layout.h says; more is not tried out.
constexpr size_t kMaxRank = 4;

// ArgConfig::IsDram, tt_metal/hostdevcommon/api/hostdevcommon/tensor_accessor/arg_config.hpp.
constexpr int64_t kIsDram = 2;

std::vector<int64_t> ConstShape(const std::string& place, const ir::BufferParam& buffer) {
  std::vector<int64_t> shape;
  for (size_t axis = 0; axis < buffer.shape.size(); ++axis) {
    std::optional<int64_t> extent = ir::ConstInt(buffer.shape[axis]);
    if (!extent) {
      TT_UNSUPPORTED() << place << ": the extent of axis " << axis
                       << " is symbolic; expected a constant. Specialise the kernel to a shape";
    }
    if (*extent < 1) {
      TT_MALFORMED() << place << ": the extent of axis " << axis << " is " << *extent
                     << "; expected at least 1";
    }
    shape.push_back(*extent);
  }
  return shape;
}

/*! Tiling reorders a tensor that is compact and row-major; views into another are refused. */
void CheckCompact(const std::string& place, const ir::BufferParam& buffer,
                  const std::vector<int64_t>& shape) {
  if (!buffer.scope.empty() && buffer.scope != "global") {
    TT_UNSUPPORTED() << place << " is in memory scope \"" << buffer.scope
                     << "\"; expected \"global\"";
  }
  if (ir::ObjectOf(buffer.elem_offset) != nullptr && ir::ConstInt(buffer.elem_offset) != 0) {
    TT_UNSUPPORTED() << place << " starts at an offset of its memory; expected offset 0";
  }
  if (buffer.strides.empty()) return;
  if (buffer.strides.size() != shape.size()) {
    TT_MALFORMED() << place << " has " << buffer.strides.size() << " strides; expected "
                   << shape.size() << ", one a dimension";
  }
  int64_t expected = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    std::optional<int64_t> stride = ir::ConstInt(buffer.strides[axis]);
    if (shape[axis] != 1 && stride != expected) {
      TT_UNSUPPORTED() << place << ": the stride of axis " << axis << " is "
                       << (stride ? std::to_string(*stride) : "symbolic") << "; expected "
                       << expected << ", that of a compact row-major tensor";
    }
    // Only a stride beyond int64 overflows here, and such a shape is refused below.
    if (__builtin_mul_overflow(expected, shape[axis], &expected)) return;
  }
}

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

[[noreturn]] void TooLarge(const std::string& what, const std::string& bytes,
                           const device::DeviceSpec& device) {
  TT_UNSUPPORTED() << what << bytes << " bytes of each DRAM bank; expected at most "
                   << *device.dram_bank_size << ", what a bank has by " << device.source
                   << ". Take smaller tensors, or plan for a device with more memory";
}

ffi::Array<ffi::Any> IntList(const std::vector<int64_t>& values) {
  ffi::Array<ffi::Any> list;
  for (int64_t value : values) list.push_back(value);
  return list;
}

}  // namespace

std::vector<int64_t> CompactShape(const std::string& place, const ir::BufferParam& buffer) {
  std::vector<int64_t> shape = ConstShape(place, buffer);
  CheckCompact(place, buffer, shape);
  return shape;
}

std::string BufferPlace(const Attrs& func_attrs, const std::string& name) {
  return func_attrs.place() + ": buffer " + ShowName(name);
}

AttrMap DescribeBuffer(const Attrs& func_attrs, const device::DeviceSpec& device,
                       const std::string& name, const std::vector<int64_t>& shape,
                       const std::string& dtype) {
  std::string place = BufferPlace(func_attrs, name);
  if (shape.size() > kMaxRank) {
    TT_UNSUPPORTED() << place << " has rank " << shape.size() << "; expected at most " << kMaxRank
                     << ". Merge its leading dimensions";
  }
  std::optional<shard::DataFormat> format = shard::DataFormatOf(dtype);
  if (!format) {
    TT_UNSUPPORTED() << place << " is of dtype " << ShowName(dtype)
                     << ", which has no Tenstorrent format; expected one of "
                     << shard::SupportedDtypes();
  }
  int64_t tile_height = func_attrs.RequireInt(
      attr::kTileHeight, "run apply_tt_defaults first, or infer_metadata for all");
  int64_t tile_width = func_attrs.RequireInt(
      attr::kTileWidth, "run apply_tt_defaults first, or infer_metadata for all");
  std::optional<shard::PageLayout> layout = shard::TiledInterleaved(
      shape, tile_height, tile_width, format->item_size, device.dram_alignment);
  if (!layout) {
    TT_UNSUPPORTED() << place << " has shape " << Show(IntList(shape))
                     << ", more pages than TensorAccessor's 32-bit page ids can count; "
                     << "expected at most 4294967295";
  }

  int64_t bank_size = device.dram_bank_size.value_or(kNoLimit);
  if (!shard::BytesOfABank(layout->num_pages, layout->aligned_page_size, device.dram_banks,
                           bank_size)) {
    std::optional<int64_t> bytes = shard::BytesOfABank(layout->num_pages, layout->aligned_page_size,
                                                       device.dram_banks, kNoLimit);
    TooLarge(place + " takes ", bytes ? std::to_string(*bytes) : "more than 2^63", device);
  }

  AttrMap accessor;
  accessor.Set("memory", ffi::String("dram"));
  accessor.Set("page_size", layout->page_size);
  accessor.Set("aligned_page_size", layout->aligned_page_size);
  accessor.Set("num_pages", layout->num_pages);
  accessor.Set("num_banks", device.dram_banks);
  // TensorAccessorArgs of an interleaved buffer in DRAM, as of ttnn 0.67.4: flags, aligned page
  // size.
  accessor.Set("compile_time_args", IntList({kIsDram, layout->aligned_page_size}));

  AttrMap descriptor;
  descriptor.Set("tt_shape", IntList(shape));
  descriptor.Set("tt_dtype", ffi::String(dtype));
  descriptor.Set("tt_layout",
                 ffi::String(func_attrs.RequireString(
                     attr::kLayoutType, "run apply_tt_defaults first, or infer_metadata for all")));
  descriptor.Set("tt_tile_shape", IntList({tile_height, tile_width}));
  descriptor.Set("tt_needs_padding", layout->needs_padding);
  descriptor.Set("tt_padded_shape", IntList(layout->padded_shape));
  descriptor.Set("tt_num_tiles_height", layout->tiles_height);
  descriptor.Set("tt_num_tiles_width", layout->tiles_width);
  descriptor.Set("tt_data_format", ffi::String(format->name));
  descriptor.Set("tt_tensor_accessor_config", accessor);
  return descriptor;
}

void CheckCapacity(const Attrs& func_attrs, const device::DeviceSpec& device,
                   const AttrMap& buffers) {
  if (!device.dram_bank_size) return;
  int64_t together = 0;
  std::string names;
  for (const auto& [name, value] : buffers) {
    Attrs descriptor(BufferPlace(func_attrs, name), value.cast<AttrMap>());
    Attrs accessor(descriptor.place(), *descriptor.Map("tt_tensor_accessor_config"));
    // Each is at most a bank, by DescribeBuffer, so no sum of them overflows.
    together += *shard::BytesOfABank(*accessor.Int("num_pages"), *accessor.Int("aligned_page_size"),
                                     device.dram_banks, *device.dram_bank_size);
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  if (together > *device.dram_bank_size) {
    TooLarge(func_attrs.place() + ": buffers " + names + " take ", std::to_string(together),
             device);
  }
}

/*! The descriptor of a tensor that belongs to no function, on a device. */
AttrMap DescribeTensor(ffi::String name, ffi::Array<int64_t> shape, ffi::String dtype,
                       AttrMap device) {
  Attrs defaults("tensor", AttrMap());
  ApplyDefaults(&defaults);
  std::vector<int64_t> extents(shape.begin(), shape.end());
  for (int64_t extent : extents) {
    if (extent < 1) {
      TT_MALFORMED() << BufferPlace(defaults, name) << " has the extent " << extent
                     << "; expected at least 1";
    }
  }
  return DescribeBuffer(defaults, device::ReadDeviceSpec("tensor", device), name, extents, dtype);
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.describe_tensor", DescribeTensor);
}

void CheckRole(const Attrs& descriptor) {
  std::string role = descriptor.RequireString(kRole, "run InferDefaultTTShard first");
  if (role != "in" && role != "out" && role != "inout") {
    TT_MALFORMED() << descriptor.place() << ": " << kRole << " is \"" << ShowName(role)
                   << "\"; expected \"in\", \"out\" or \"inout\"";
  }
}

}  // namespace tilelang_tt
