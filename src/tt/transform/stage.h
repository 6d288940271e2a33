/*!
 * \file transform/stage.h
 * \brief The steps of the stage, each a rewrite of one function's attributes.
 *
 * Each is a pass of its own, and the whole stage is one pass that takes them in order.
 */
#ifndef TILELANG_TT_TRANSFORM_STAGE_H_
#define TILELANG_TT_TRANSFORM_STAGE_H_

#include <tvm/ffi/tvm_ffi.h>

#include "../attrs.h"

namespace tilelang_tt {

/*! \brief Sets tt_device; one that is there is checked and kept, unless `replace`. */
void BindDevice(const AttrMap& description, bool replace, Attrs* attrs);

/*! \brief InferDefaultTTSchedule. */
void InferSchedule(const ffi::ObjectRef& func, Attrs* attrs);

/*! \brief InferDefaultTTShard. */
void InferShard(const ffi::ObjectRef& func, Attrs* attrs);

/*! \brief VerifyTTMetadata, which changes nothing. */
void Verify(const ffi::ObjectRef& func, const Attrs& attrs);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_STAGE_H_
