/*!
 * \file ir/buffer_access.h
 * \brief How a function's code reads and writes its buffer parameters.
 */
#ifndef TILELANG_TT_IR_BUFFER_ACCESS_H_
#define TILELANG_TT_IR_BUFFER_ACCESS_H_

#include <vector>

#include "prim_func.h"

namespace tilelang_tt {
namespace ir {

struct BufferAccess {
  /*! The code may read what the buffer held before the launch. */
  bool read = false;
  /*! The code may write to the buffer. */
  bool written = false;
};

/*!
 * \brief The access to each of the parameters' buffers, in the order of Params::buffers.
 *
 * Counted are loads, stores, the access masks of tile operators (tl.tileop.region,
 * tl.access_ptr, tvm_access_ptr: 1 read, 2 written, 3 both) and views of a buffer.
 * A read of elements that an earlier write is sure to have covered is no read of
 * the buffer's former content: an output that is cleared and then accumulated
 * into stays an output. An atomic update reads. A pointer that escapes into a
 * call with no mask counts as both.
 */
std::vector<BufferAccess> AnalyzeBufferAccess(const ffi::ObjectRef& func, const Params& params);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_BUFFER_ACCESS_H_
