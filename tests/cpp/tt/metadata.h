/*!
 * \file metadata.h
 * \brief Running the passes under test, reading what they attach, and expecting their errors.
 */
#ifndef TILELANG_TT_TESTS_METADATA_H_
#define TILELANG_TT_TESTS_METADATA_H_

#include <string>
#include <vector>

#include "ir_builder.h"

namespace tilelang_tt {
namespace testing {

/*! \brief A device's description. Banks and alignment, in bytes, are Wormhole's unless given. */
AttrMap Device(int64_t grid_x, int64_t grid_y, int64_t dram_banks = 12,
               int64_t dram_alignment = 32);

/*! \brief The pass tl.tt.transform.<name>. */
Node Pass(const std::string& name);
Node BindDevicePass(const AttrMap& device, bool replace);

/*! \brief Runs a pass on a module of this function only. */
Node Apply(const Node& pass, const Node& func);

/*! \brief The function with tt_device set. */
Node OnDevice(const Node& func, const AttrMap& device);

/*! \brief The attributes after binding the device and running the one pass. */
AttrMap InferSchedule(const Node& func, const AttrMap& device);
AttrMap InferShard(const Node& func, const AttrMap& device);

/*! \brief The function with all of its metadata. */
Node Complete(const Node& func, const AttrMap& device);

int64_t Int(const AttrMap& map, const std::string& key);
std::string Text(const AttrMap& map, const std::string& key);
AttrMap Map(const AttrMap& map, const std::string& key);
std::vector<int64_t> Ints(const ffi::Any& list);
std::vector<std::vector<int64_t>> Rows(const ffi::Any& list_of_lists);

ffi::Array<ffi::Any> List(const std::vector<int64_t>& values);
ffi::Array<ffi::Any> ListOfLists(const std::vector<std::vector<int64_t>>& rows);

/*! \brief The map with one value replaced or added. */
AttrMap With(const AttrMap& map, const std::string& key, const ffi::Any& value);
AttrMap Without(const AttrMap& map, const std::string& key);

/*! \brief The descriptor of a buffer in a function's attributes. */
AttrMap Descriptor(const AttrMap& attrs, const std::string& buffer);

/*! \brief What an error has to be: malformed or unsupported input, and what it says. */
struct Rejection {
  /*! "ValueError" or "NotImplementedError". */
  std::string kind;
  /*! What the message contains: the place, the value found, the value expected. */
  std::vector<std::string> says;
};

/*! \brief Checks that the call throws that error. */
void CheckThrows(const std::function<void()>& call, const Rejection& expected);

/*! \brief Checks that the pass throws that error and leaves function and module as they were. */
void CheckRejects(const Node& pass, const Node& func, const Rejection& expected);

}  // namespace testing
}  // namespace tilelang_tt

#endif  // TILELANG_TT_TESTS_METADATA_H_
