/*!
 * \file transform/buffer_descriptor.cc
 * \brief Making a buffer's descriptor; see buffer_descriptor.h.
 */
#include "buffer_descriptor.h"

#include <tvm/ffi/reflection/registry.h>

#include <limits>

#include "../error.h"
#include "../ir/node.h"
#include "../shard/data_format.h"
#include "../shard/page_layout.h"
#include "defaults.h"

namespace tilelang_tt {
namespace {

// ArgConfig::IsDram, tt_metal/hostdevcommon/api/hostdevcommon/tensor_accessor/arg_config.hpp.
constexpr int64_t kIsDram = 2;

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

[[noreturn]] void TooLarge(const std::string& what, const std::string& bytes,
                           const device::DeviceSpec& device) {
  TT_UNSUPPORTED() << what << bytes << " bytes of each DRAM bank; expected at most "
                   << *device.dram_bank_size << ", what a bank has by " << device.source
                   << ". Take smaller tensors, or plan for a device with more memory";
}

const ffi::String kTileShape = "tt_tile_shape";
const ffi::String kNeedsPadding = "tt_needs_padding";
const ffi::String kPaddedShape = "tt_padded_shape";
const ffi::String kTilesHeight = "tt_num_tiles_height";
const ffi::String kTilesWidth = "tt_num_tiles_width";
const ffi::String kDataFormat = "tt_data_format";
const ffi::String kAccessor = "tt_tensor_accessor_config";
// Of the accessor.
const ffi::String kMemory = "memory";
const ffi::String kPageSize = "page_size";
const ffi::String kAlignedPageSize = "aligned_page_size";
const ffi::String kNumPages = "num_pages";
const ffi::String kNumBanks = "num_banks";
const ffi::String kCompileTimeArgs = "compile_time_args";

}  // namespace

ffi::Array<ffi::Any> IntList(const std::vector<int64_t>& values) {
  return ffi::Array<ffi::Any>(values.begin(), values.end());
}

std::string BufferPlace(const Attrs& func_attrs, const std::string& name) {
  return func_attrs.place() + ": buffer " + ShowName(name);
}

Entries DescribeBuffer(const Attrs& func_attrs, const device::DeviceSpec& device,
                       const std::string& name, const std::vector<int64_t>& shape,
                       const std::string& dtype) {
  std::string place = BufferPlace(func_attrs, name);
  std::optional<shard::DataFormat> format = shard::DataFormatOf(dtype, device.arch);
  if (!format) {
    TT_UNSUPPORTED() << place << " is of dtype " << ShowName(dtype)
                     << ", which has no Tenstorrent format on " << ShowName(device.arch)
                     << ", and ttnn no tensor; expected one of "
                     << shard::SupportedDtypes(device.arch) << ". " << shard::InsteadOf(dtype);
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

  // TensorAccessorArgs of an interleaved buffer in DRAM, as of ttnn 0.67.4: flags, aligned page
  // size.
  AttrMap accessor{
      {kMemory, ffi::String("dram")},
      {kPageSize, layout->page_size},
      {kAlignedPageSize, layout->aligned_page_size},
      {kNumPages, layout->num_pages},
      {kNumBanks, device.dram_banks},
      {kCompileTimeArgs, IntList({kIsDram, layout->aligned_page_size})},
  };
  Entries descriptor{
      {kShape, IntList(shape)},
      {kDtype, ffi::String(dtype)},
      {kLayout, ffi::String(func_attrs.RequireString(
                    attr::kLayoutType, "run apply_tt_defaults first, or infer_metadata for all"))},
      {kTileShape, IntList({tile_height, tile_width})},
      {kNeedsPadding, layout->needs_padding},
      {kPaddedShape, IntList(layout->padded_shape)},
      {kTilesHeight, layout->tiles_height},
      {kTilesWidth, layout->tiles_width},
      {kDataFormat, ffi::String(format->name)},
  };
  if (!format->carrier.empty()) {
    descriptor.emplace_back(kCarriedAs, ffi::String(format->carrier));
  }
  descriptor.emplace_back(kAccessor, std::move(accessor));
  return descriptor;
}

void CheckCapacity(const Attrs& func_attrs, const device::DeviceSpec& device,
                   const AttrMap& buffers) {
  if (!device.dram_bank_size) return;
  int64_t together = 0;
  for (const auto& [name, value] : buffers) {
    auto accessor = value.cast<AttrMap>().at(kAccessor).cast<AttrMap>();
    // Each is at most a bank, by DescribeBuffer, so no sum of them overflows.
    together += *shard::BytesOfABank(*ir::ConstInt(accessor.at(kNumPages)),
                                     *ir::ConstInt(accessor.at(kAlignedPageSize)),
                                     device.dram_banks, *device.dram_bank_size);
  }
  if (together <= *device.dram_bank_size) return;
  std::string names;
  for (const auto& entry : buffers) {
    names += (names.empty() ? "" : ", ") + std::string(entry.first);
  }
  TooLarge(func_attrs.place() + ": buffers " + names + " take ", std::to_string(together), device);
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
  Entries descriptor =
      DescribeBuffer(defaults, device::ReadDeviceSpec("tensor", device), name, extents, dtype);
  return AttrMap(descriptor.begin(), descriptor.end());
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.describe_tensor", DescribeTensor);
}

void CheckRole(const Attrs& descriptor) {
  std::string role = descriptor.RequireString(kRole, kShardAdvice);
  if (role != "in" && role != "out" && role != "inout" && role != "workspace") {
    TT_MALFORMED() << descriptor.place() << ": " << kRole << " is \"" << ShowName(role)
                   << "\"; expected \"in\", \"out\", \"inout\" or \"workspace\"";
  }
}

}  // namespace tilelang_tt
