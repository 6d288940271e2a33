/*!
 * \file kernel_module.cc
 * \brief A compiled kernel as a runtime module of tvm-ffi, which TileLang calls, saves and loads.
 *
 * It is text: what the kernel is (tilelang/tt/jit/compiled.py), and the source that is shown for
 * it. `main`, of a host's module, gives its arguments to what Python makes of the former: the
 * shapes of the arguments and the device that is open decide what runs, and both are known at a
 * call alone.
 */
#include <tvm/ffi/any.h>
#include <tvm/ffi/cast.h>
#include <tvm/ffi/error.h>
#include <tvm/ffi/extra/module.h>
#include <tvm/ffi/function.h>
#include <tvm/ffi/reflection/registry.h>
#include <tvm/ffi/string.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../error.h"

namespace tilelang_tt {

namespace ffi = tvm::ffi;

namespace {

constexpr const char* kKind = "tilelang_tt";
// Of what is saved. Another one's files are refused, and TileLang then compiles again.
constexpr const char* kFormat = "tilelang_tt 1";

class KernelModuleObj : public ffi::ModuleObj {
 public:
  /*! \param kernel What is called, as Python wrote it; "" of a module that only has a source. */
  KernelModuleObj(std::string kernel, std::string source)
      : kernel_(std::move(kernel)), source_(std::move(source)) {}

  const char* kind() const final { return kKind; }

  int GetPropertyMask() const final {
    return ffi::Module::kBinarySerializable | ffi::Module::kRunnable;
  }

  ffi::Optional<ffi::Function> GetFunction(const ffi::String& name) final {
    if (kernel_.empty() || name != "main") return std::nullopt;
    // The function may outlive whoever holds the module.
    auto self = ffi::GetObjectPtr<KernelModuleObj>(this);
    return ffi::Function::FromPacked([self](const ffi::AnyView* args, int32_t count,
                                            ffi::Any* result) { self->Call(args, count, result); });
  }

  ffi::Bytes SaveToBytes() const final {
    std::string out = kFormat;
    for (const std::string* part : {&kernel_, &source_}) {
      out += "\n" + std::to_string(part->size()) + "\n" + *part;
    }
    return ffi::Bytes(out);
  }

  ffi::String InspectSource(const ffi::String&) const final { return source_; }

 private:
  void Call(const ffi::AnyView* args, int32_t count, ffi::Any* result) {
    // Opening it twice gives the same number, so threads that meet here need no lock.
    int64_t number = number_.load();
    if (number < 0) {
      static const ffi::Function open = ffi::Function::GetGlobalRequired("tl.tt.jit.open");
      number = open(kernel_).cast<int64_t>();
      number_.store(number);
    }
    // Opening has registered it: what a call needs is imported at the first one.
    static const ffi::Function call = ffi::Function::GetGlobalRequired("tl.tt.jit.call");
    std::vector<ffi::AnyView> all;
    all.reserve(count + 1);
    all.emplace_back(number);
    all.insert(all.end(), args, args + count);
    call.CallPacked(all.data(), count + 1, result);
  }

  std::string kernel_, source_;
  // Python's number of the kernel; there is none before the first call.
  std::atomic<int64_t> number_{-1};
};

ffi::Module Make(const ffi::String& kernel, const ffi::String& source) {
  return ffi::Module(ffi::make_object<KernelModuleObj>(std::string(kernel), std::string(source)));
}

ffi::Module Load(const ffi::Bytes& bytes) {
  const std::string text(bytes.data(), bytes.size());
  size_t at = std::string(kFormat).size();
  std::string parts[2];
  bool whole = text.compare(0, at, kFormat) == 0;
  for (std::string& part : parts) {
    const size_t end = whole ? text.find('\n', at + 1) : std::string::npos;
    whole = end != std::string::npos && end - at <= 20 && text[at] == '\n' &&
            text.find_first_not_of("0123456789", at + 1) == end;
    if (!whole) break;
    const size_t size = std::stoull(text.substr(at + 1, end - at - 1));
    whole = size <= text.size() - end - 1;
    if (!whole) break;
    part = text.substr(end + 1, size);
    at = end + 1 + size;
  }
  if (!whole || at != text.size()) {
    TT_MALFORMED() << "a saved kernel: found " << text.size() << " bytes that begin with '"
                   << text.substr(0, 16) << "'; expected '" << kFormat
                   << "', written by this version; compile it again";
  }
  return ffi::Module(ffi::make_object<KernelModuleObj>(std::move(parts[0]), std::move(parts[1])));
}

}  // namespace

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef()
      .def("tl.tt.jit.make_module", Make)
      .def("ffi.Module.load_from_bytes.tilelang_tt", Load);
}

}  // namespace tilelang_tt
