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
  std::lock_guard<std::mutex> lock(mutex_);
  if (program_ == nullptr) {
    try {
      program_ = std::make_shared<program::Program>(program::FromJson({json.data(), json.size()}));
    } catch (const program::MalformedProgram& error) {
      TT_MALFORMED() << "tt_program: " << error.what();
    }
  }
  return program_;
}

const Consequences& TileProgramObj::consequences(int64_t tile) const {
  std::shared_ptr<const program::Program> program = this->program();
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = consequences_.find(tile);
  if (found == consequences_.end()) {
    found = consequences_.emplace(tile, ConsequencesOf(*program, tile)).first;
  }
  return found->second;
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
