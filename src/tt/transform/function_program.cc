/*!
 * \file transform/function_program.cc
 * \brief Reading, keeping and comparing the program of a function; see function_program.h.
 */
#include "function_program.h"

#include <tvm/ffi/reflection/registry.h>

#include <utility>

#include "../error.h"
#include "../ir/operators.h"
#include "../ir/read_program.h"

namespace tilelang_tt {
namespace {

TileProgram Read(const ffi::ObjectRef& func, ir::Dims dims) {
  TileProgram program = TileProgram::Of(ir::ReadProgram(func, dims));
  TileProgramObj* node = program.get_mutable();
  node->body = ir::Field(func.get(), "body");
  node->params = ir::Field(func.get(), "params");
  node->dims = std::move(dims);
  return program;
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

TileProgram RequireProgram(const Attrs& attrs) {
  auto found = attrs.map().Get(attr::kProgram);
  if (!found) {
    TT_MALFORMED() << attrs.place() << ": found no " << attr::kProgram << "; " << kScheduleAdvice;
  }
  auto object = found->as<TileProgram>();
  if (!object) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kProgram << " is " << Show(*found)
                   << "; expected a tile program, which the passes read";
  }
  return *object;
}

TileProgram RequireCurrentProgram(const ffi::ObjectRef& func, const Attrs& attrs) {
  TileProgram found = RequireProgram(attrs);
  ir::Dims dims = ReadDims(attrs);
  bool is_same = found->body.same_as(ir::Field(func.get(), "body")) &&
                 found->params.same_as(ir::Field(func.get(), "params")) && found->dims == dims;
  if (is_same) return found;
  TileProgram now = Read(func, std::move(dims));
  if (now->json != found->json) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kProgram << " is that of another body or of "
                   << "other dimensions; expected the program of the function as it is. If a pass "
                   << "rewrote the function, remove its tt_ attributes and infer them again";
  }
  return now;
}

TileProgram EnsureProgram(const ffi::ObjectRef& func, Attrs* attrs) {
  if (attrs->Has(attr::kProgram)) return RequireCurrentProgram(func, *attrs);
  TileProgram program = Read(func, ReadDims(*attrs));
  attrs->Set(attr::kProgram, program);
  return program;
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.read_program",
                                        [](ffi::ObjectRef func, AttrMap dims) {
                                          Attrs attrs(ir::FuncName(func), AttrMap());
                                          if (!dims.empty()) attrs.Set(attr::kDims, dims);
                                          return Read(func, ReadDims(attrs))->json;
                                        });
  tvm::ffi::reflection::GlobalDef().def("tl.tt.operator_meaning", [](ffi::String name) {
    return ffi::String(ir::MeaningOf({name.data(), name.size()}));
  });
}

}  // namespace tilelang_tt
