/*!
 * \file ir/prim_func.h
 * \brief A PrimFunc's name, attributes and parameters, the same for every TVM.
 */
#ifndef TILELANG_TT_IR_PRIM_FUNC_H_
#define TILELANG_TT_IR_PRIM_FUNC_H_

#include <string>
#include <vector>

#include "node.h"

namespace tilelang_tt {
namespace ir {

/*! \brief A tensor parameter. */
struct BufferParam {
  /*! What every access to the buffer leads back to: the variable of its memory
   *  (TVM up to 0.25), or the buffer, which is a variable itself (from 0.26). */
  const ffi::Object* key;
  std::string name;
  /*! Position among the function's parameters. */
  int index;
  DLDataType dtype;
  /*! Extents in elements, each an integer constant or an expression. */
  ffi::Array<ffi::Any> shape;
  /*! Strides in elements; empty means row-major and compact. */
  ffi::Array<ffi::Any> strides;
  ffi::Any elem_offset;
  /*! Memory scope; "" and "global" are device memory. */
  std::string scope;
};

/*! \brief A parameter that is a number. */
struct ScalarParam {
  std::string name;
  int index;
  DLDataType dtype;
};

/*! \brief A parameter that is a bare pointer: memory of unknown extent. */
struct PointerParam {
  std::string name;
  int index;
};

struct Params {
  int count = 0;
  std::vector<BufferParam> buffers;
  std::vector<ScalarParam> scalars;
  std::vector<PointerParam> pointers;
};

/*! \brief The function's global symbol, or "<unnamed>". */
std::string FuncName(const ffi::ObjectRef& func);

/*! \brief The function's attributes; empty where it has none. */
ffi::Map<ffi::String, ffi::Any> FuncAttrs(const ffi::ObjectRef& func);

/*! \brief The function's parameters, in order. */
Params FuncParams(const ffi::ObjectRef& func);

/*! \brief The buffer that a Load, a Store or a region names. */
ffi::Any AccessedBuffer(const ffi::Object* access);

/*! \brief The key (BufferParam::key) of a buffer. */
const ffi::Object* BufferKey(const ffi::Any& buffer);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_PRIM_FUNC_H_
