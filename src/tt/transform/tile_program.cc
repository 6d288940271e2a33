/*!
 * \file transform/tile_program.cc
 * \brief Reading the tile program of a function; see tile_program.h.
 */
#include "tile_program.h"

#include <tvm/ffi/reflection/registry.h>

#include <string>

#include "../error.h"
#include "../ir/read_program.h"
#include "../program/json/json.h"

namespace tilelang_tt {
namespace {

/*! The program that was read last, and all that it was read from. */
struct Latest {
  ffi::Any body, params;
  std::string name;
  ir::Dims dims;
  std::shared_ptr<const program::Program> program;
};

std::shared_ptr<const program::Program> Read(const ffi::ObjectRef& func, const Attrs& attrs) {
  thread_local Latest latest;
  ffi::Any body = ir::Field(func.get(), "body"), params = ir::Field(func.get(), "params");
  ir::Dims dims = ReadDims(attrs);
  bool is_same = latest.program != nullptr && latest.body.same_as(body) &&
                 latest.params.same_as(params) && latest.dims == dims &&
                 latest.name == attrs.place();
  if (!is_same) {
    std::shared_ptr<const program::Program> program = ir::ReadProgram(func, dims);
    latest = {std::move(body), std::move(params), attrs.place(), std::move(dims),
              std::move(program)};
  }
  return latest.program;
}

}  // namespace

ir::Dims ReadDims(const Attrs& attrs) {
  ir::Dims dims;
  std::optional<AttrMap> map = attrs.Map(attr::kDims);
  if (!map) return dims;
  for (const auto& [name, value] : *map) {
    std::optional<int64_t> number = ir::ConstInt(value);
    if (!number || *number < 1) {
      TT_MALFORMED() << attrs.place() << ": " << attr::kDims << " has " << Show(value) << " for \""
                     << ShowName(name) << "\"; expected an integer of at least 1";
    }
    dims[std::string(name)] = *number;
  }
  return dims;
}

TileProgram RequireProgram(const ffi::ObjectRef& func, const Attrs& attrs) {
  TileProgram result{Read(func, attrs)};
  if (result.program->launches.size() > 1) {
    TT_UNSUPPORTED() << attrs.place() << ": found a second T.Kernel, or statements beside the "
                     << "first; expected one per function. Put each T.Kernel into a function of "
                     << "its own";
  }
  for (const program::Buffer& buffer : result.program->buffers) {
    if (buffer.kind != program::Buffer::Kind::kWorkspace) continue;
    TT_UNSUPPORTED() << attrs.place() << ": found the device memory " << buffer.name
                     << ", which the kernel allocates; expected it as a parameter, "
                     << "T.Tensor(shape, dtype), so that the host allocates it";
  }
  return result;
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.read_program",
                                        [](ffi::ObjectRef func, AttrMap dims) {
                                          Attrs attrs(ir::FuncName(func), AttrMap());
                                          if (!dims.empty()) attrs.Set(attr::kDims, dims);
                                          return ffi::String(program::ToJson(*Read(func, attrs)));
                                        });
}

}  // namespace tilelang_tt
