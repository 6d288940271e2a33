/*!
 * \file attrs.h
 * \brief Reading and writing the tt_ attributes, by the rules of the metadata contract.
 *
 * An attribute that is there is kept. One of the wrong type, or one that
 * contradicts what a pass works out, is an error that shows both values.
 */
#ifndef TILELANG_TT_ATTRS_H_
#define TILELANG_TT_ATTRS_H_

#include <tvm/ffi/tvm_ffi.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "text.h"

namespace tilelang_tt {

namespace ffi = tvm::ffi;

using AttrMap = ffi::Map<ffi::String, ffi::Any>;

/*! \brief The schema version of the metadata that this library writes and verifies. */
constexpr int64_t kSchemaVersion = 2;

/*! \brief The largest word of 32 bits: an argument, a size of a page, an address in a bank. */
constexpr int64_t kMaxUint32 = 0xffffffff;

/*! What to do where attributes of the schedule, and of the buffers, are missing. */
constexpr const char* kScheduleAdvice = "run InferDefaultTTSchedule first";
constexpr const char* kShardAdvice = "run InferDefaultTTShard first";

/*! The names are strings of TVM's, made once: what is looked up by another text allocates one. */
namespace attr {
inline const ffi::String kSchemaVersion = "tt_schema_version";
inline const ffi::String kDevice = "tt_device";
inline const ffi::String kSchedulePolicy = "tt_schedule_policy";
inline const ffi::String kScheduleOrder = "tt_schedule_order";
inline const ffi::String kScheduleReason = "tt_schedule_reason";
inline const ffi::String kCores = "tt_cores";
inline const ffi::String kLayoutType = "tt_layout_type";
inline const ffi::String kTileHeight = "tt_tile_height";
inline const ffi::String kTileWidth = "tt_tile_width";
inline const ffi::String kGrid[3] = {"tt_grid_x", "tt_grid_y", "tt_grid_z"};
inline const ffi::String kNumTiles = "tt_num_tiles";
inline const ffi::String kNumCores = "tt_num_cores";
inline const ffi::String kTilesPerCore = "tt_tiles_per_core";
inline const ffi::String kBlockStride = "tt_block_stride";
inline const ffi::String kBlockBoxes = "tt_block_boxes";
inline const ffi::String kSharedReads = "tt_shared_reads";
inline const ffi::String kCoreOrder = "tt_core_order";
inline const ffi::String kCoreRanges = "tt_core_ranges";
inline const ffi::String kRuntimeArgs = "tt_runtime_args_schema";
inline const ffi::String kBuffers = "tt_buffers";
inline const ffi::String kDims = "tt_dims";
inline const ffi::String kProgram = "tt_program";
inline const ffi::String kLaunches = "tt_launches";
}  // namespace attr

/*! \brief Whether the metadata contract has an attribute of that name. */
bool IsContractAttr(const ffi::String& name);

/*!
 * \brief A value as text, for messages: 3, 3.0, "row_major", [0, 2], {"name": "start_id"}.
 *
 * It is cut after kMaxShown bytes, so that a message is short whatever an attribute holds, and
 * after six levels of lists and maps, so that none is too deep for the stack.
 */
std::string Show(const ffi::Any& value);

/*! \brief Equality of values, an IntImm being its integer. */
bool SameValue(const ffi::Any& a, const ffi::Any& b);

/*! \brief A map of attributes together with where it stands, which every error begins with. */
class Attrs {
 public:
  Attrs(std::string place, AttrMap map);

  const std::string& place() const { return place_; }
  const AttrMap& map() const { return map_; }
  bool Has(const ffi::String& key) const { return map_.count(key) != 0; }

  // Each returns nothing if the key is absent and throws ValueError if its type is another.
  std::optional<int64_t> Int(const ffi::String& key) const;
  std::optional<std::string> String(const ffi::String& key) const;
  std::optional<AttrMap> Map(const ffi::String& key) const;
  std::optional<ffi::Array<ffi::Any>> Array(const ffi::String& key) const;
  std::optional<std::vector<int64_t>> Ints(const ffi::String& key) const;
  /*! A list of lists of integers, each of `width` entries, one after the other. */
  std::optional<std::vector<int64_t>> IntRows(const ffi::String& key, size_t width) const;

  // The same for a key that has to be there: ValueError, with the advice, if it is not.
  int64_t RequireInt(const ffi::String& key, const char* advice) const;
  std::string RequireString(const ffi::String& key, const char* advice) const;
  AttrMap RequireMap(const ffi::String& key, const char* advice) const;
  ffi::Array<ffi::Any> RequireArray(const ffi::String& key, const char* advice) const;
  std::vector<int64_t> RequireInts(const ffi::String& key, const char* advice) const;
  std::vector<int64_t> RequireIntRows(const ffi::String& key, size_t width,
                                      const char* advice) const;

  /*! Sets a value that is absent; ValueError if another one is there. */
  void Infer(const ffi::String& key, const ffi::Any& value);
  /*! Sets a value that is absent; keeps any other. */
  void Default(const ffi::String& key, const ffi::Any& value);
  /*! Sets a value. */
  void Set(const ffi::String& key, const ffi::Any& value) { map_.Set(key, value); }

  /*! ValueError for a value that is not the one expected. */
  [[noreturn]] void Contradiction(const ffi::String& key, const ffi::Any& found,
                                  const ffi::Any& expected, const std::string& why) const;

 private:
  [[noreturn]] void Missing(const ffi::String& key, const char* advice) const;
  [[noreturn]] void WrongType(const ffi::String& key, const ffi::Any& found,
                              const char* expected) const;

  /*! A place is the names of a function and a buffer, and a field, in bytes. */
  static constexpr size_t kMaxPlace = 3 * kMaxShown;

  std::string place_;
  AttrMap map_;
};

}  // namespace tilelang_tt

#endif  // TILELANG_TT_ATTRS_H_
