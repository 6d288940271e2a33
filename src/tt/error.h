/*!
 * \file error.h
 * \brief The two kinds of error a pass raises about its input.
 *
 * MALFORMED (ValueError in Python): the input contradicts itself or the device.
 * UNSUPPORTED (NotImplementedError in Python): the input is sound, but this
 * stage has no rule for it. Every message names the place, the value found and
 * the value expected. Anything else that is thrown is a defect of ours.
 */
#ifndef TILELANG_TT_ERROR_H_
#define TILELANG_TT_ERROR_H_

#include <tvm/ffi/error.h>

#define TT_MALFORMED() TVM_FFI_THROW(ValueError)
#define TT_UNSUPPORTED() TVM_FFI_THROW(NotImplementedError)

#endif  // TILELANG_TT_ERROR_H_
