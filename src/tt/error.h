/*!
 * \file error.h
 * \brief The two kinds of error a pass raises about its input.
 *
 * MALFORMED (ValueError in Python): the input contradicts itself or the device.
 * UNSUPPORTED (NotImplementedError in Python): the input is sound, but this
 * stage has no rule for it. Every message names the place, the value found and
 * the value expected; it is one line of at most kMaxMessage bytes, without control
 * characters. Anything else that is thrown is a defect of ours.
 */
#ifndef TILELANG_TT_ERROR_H_
#define TILELANG_TT_ERROR_H_

#include <tvm/ffi/error.h>

#include <sstream>

#include "text.h"

namespace tilelang_tt {

/*! \brief Throws the message that was streamed into it, at the end of the full expression. */
class ErrorText {
 public:
  ErrorText(const char* kind, const TVMFFIByteArray* backtrace)
      : kind_(kind), backtrace_(backtrace->data, backtrace->size) {}

  [[noreturn]] ~ErrorText() noexcept(false) {
    std::string text = Shorten(Printable(Shorten(stream_.str(), 2 * kMaxMessage)), kMaxMessage);
    throw tvm::ffi::Error(kind_, std::move(text), backtrace_);
  }

  std::ostringstream& stream() { return stream_; }

 private:
  const char* kind_;
  std::string backtrace_;
  std::ostringstream stream_;
};

}  // namespace tilelang_tt

#define TT_ERROR(kind) \
  ::tilelang_tt::ErrorText(kind, TVMFFIBacktrace(__FILE__, __LINE__, TVM_FFI_FUNC_SIG, 0)).stream()
#define TT_MALFORMED() TT_ERROR("ValueError")
#define TT_UNSUPPORTED() TT_ERROR("NotImplementedError")

#endif  // TILELANG_TT_ERROR_H_
