/*!
 * \file tile_program.cc
 * \brief The tile program as a value of TVM's; see tile_program.h.
 */
#include "tile_program.h"

#include <tvm/ffi/reflection/registry.h>

#include "error.h"
#include "program/json/json.h"

namespace tilelang_tt {

std::shared_ptr<const program::Program> TileProgramObj::program() const {
  if (program_ == nullptr) {
    try {
      program_ = std::make_shared<program::Program>(program::FromJson({json.data(), json.size()}));
    } catch (const program::MalformedProgram& error) {
      TT_MALFORMED() << "tt_program: " << error.what();
    }
  }
  return program_;
}

TileProgram TileProgram::Of(std::shared_ptr<const program::Program> program) {
  auto node = ffi::make_object<TileProgramObj>();
  node->json = program::ToJson(*program);
  node->program_ = std::move(program);
  return TileProgram(std::move(node));
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::ObjectDef<TileProgramObj>().def_ro("json", &TileProgramObj::json);
}

}  // namespace tilelang_tt
