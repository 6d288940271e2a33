/*!
 * \file tile_program.h
 * \brief The tile program as a value of TVM's: what the attribute tt_program is.
 */
#ifndef TILELANG_TT_TILE_PROGRAM_H_
#define TILELANG_TT_TILE_PROGRAM_H_

#include <tvm/ffi/tvm_ffi.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "consequences.h"
#include "program/program.h"

namespace tilelang_tt {

namespace ffi = tvm::ffi;

/*!
 * \brief A program and its canonical text.
 *
 * The text is what TVM sees: an attribute is compared, hashed, printed and saved by it, and Python
 * parses it. The passes use the value, so that nothing is decoded between them.
 */
class TileProgramObj : public ffi::Object {
 public:
  TileProgramObj() = default;
  /*! A copy is its text alone: who copies may change that, and nothing else would follow from it.
   */
  TileProgramObj(const TileProgramObj& other) : Object(other), json(other.json) {}

  ffi::String json;

  /*!
   * \brief The program; read from the text where it is not there, as in a module that TVM loaded.
   * \throws ValueError: a text that is no program.
   */
  std::shared_ptr<const program::Program> program() const;

  /*!
   * \brief What follows from the program, found when it is first asked for.
   *
   * Neither the program nor what is found ever changes, so a pass that checks an attribute against
   * it may have it from the pass that set the attribute.
   */
  const Consequences& consequences(int64_t tile) const;

  /*! What it was read from. IR is never changed in place, so a function that has the same is the
   * function that was read. Null for a program from a text. */
  ffi::Any body, params;
  std::map<std::string, int64_t> dims;

  static constexpr TVMFFISEqHashKind _type_s_eq_hash_kind = kTVMFFISEqHashKindTreeNode;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("tl.tt.TileProgram", TileProgramObj, ffi::Object);

 private:
  friend class TileProgram;
  mutable std::mutex mutex_;  // of what is found when it is first asked for
  mutable std::shared_ptr<const program::Program> program_;
  mutable std::map<int64_t, Consequences> consequences_;  // by the side of a tile
};

class TileProgram : public ffi::ObjectRef {
 public:
  static TileProgram Of(std::shared_ptr<const program::Program> program);
  static TileProgram Of(program::Program program) {
    return Of(std::make_shared<const program::Program>(std::move(program)));
  }

  TileProgramObj* get_mutable() { return static_cast<TileProgramObj*>(data_.get()); }

  TVM_FFI_DEFINE_OBJECT_REF_METHODS_NULLABLE(TileProgram, ffi::ObjectRef, TileProgramObj);
};

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TILE_PROGRAM_H_
