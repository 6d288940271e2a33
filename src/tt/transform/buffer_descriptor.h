/*!
 * \file transform/buffer_descriptor.h
 * \brief A buffer's descriptor, an entry of tt_buffers: where each of its pages lives.
 */
#ifndef TILELANG_TT_TRANSFORM_BUFFER_DESCRIPTOR_H_
#define TILELANG_TT_TRANSFORM_BUFFER_DESCRIPTOR_H_

#include <string>
#include <utility>
#include <vector>

#include "../attrs.h"
#include "../device/device_spec.h"

namespace tilelang_tt {

inline const ffi::String kShape = "tt_shape";
inline const ffi::String kDtype = "tt_dtype";
inline const ffi::String kLayout = "tt_layout";
inline const ffi::String kCarriedAs = "tt_carried_as";

/*! \brief What a map is to hold, in order: a map that grows is made anew at each few entries. */
using Entries = std::vector<std::pair<ffi::String, ffi::Any>>;

/*! \brief Integers as an attribute. */
ffi::Array<ffi::Any> IntList(const std::vector<int64_t>& values);

/*!
 * \brief The descriptor that shape, dtype, tile and device give; all of it but the role.
 *
 * \param func_attrs The function's attributes, with the layout and the tile.
 * \param name The buffer's name.
 * \param shape Elements a dimension, each at least 1.
 * \throws NotImplementedError: a dtype with no Tenstorrent format on the device, or more
 *   pages than 2^32 - 1, or more bytes than the device's banks have.
 */
Entries DescribeBuffer(const Attrs& func_attrs, const device::DeviceSpec& device,
                       const std::string& name, const std::vector<int64_t>& shape,
                       const std::string& dtype);

/*!
 * \brief Checks that the device's DRAM holds all buffers of a function at once.
 * \param buffers Descriptors that agree with the device, by name.
 * \throws NotImplementedError: with the bytes of a bank that they take and that it has.
 */
void CheckCapacity(const Attrs& func_attrs, const device::DeviceSpec& device,
                   const AttrMap& buffers);

/*! \brief The place of a buffer in messages: "gemm: buffer A". */
std::string BufferPlace(const Attrs& func_attrs, const std::string& name);

inline const ffi::String kRole = "tt_role";

/*!
 * \brief Checks that a descriptor's role is "in", "out", "inout" or, of what the kernel allocates
 * on the device for itself, "workspace".
 */
void CheckRole(const Attrs& descriptor);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_BUFFER_DESCRIPTOR_H_
