/*!
 * \file ir/prim_func.h
 * \brief A PrimFunc's name, attributes and parameters, the same for every TVM.
 */
#ifndef TILELANG_TT_IR_PRIM_FUNC_H_
#define TILELANG_TT_IR_PRIM_FUNC_H_

#include <map>
#include <string>
#include <vector>

#include "node.h"

namespace tilelang_tt {
namespace ir {

/*! \brief Values of symbolic dimensions, by name. */
using Dims = std::map<std::string, int64_t>;

/*! \brief A tensor parameter, which is compact and row-major. */
struct TensorParam {
  /*! What every access to the buffer leads back to: the variable of its memory
   *  (TVM up to 0.25), or the buffer, which is a variable itself (from 0.26). */
  const ffi::Object* key;
  /*! The buffer itself, as loads and stores name it. */
  const ffi::Object* node;
  std::string name;
  /*! Position among the function's parameters. */
  int index;
  program::Dtype dtype;
  /*! Extents in elements. */
  std::vector<int64_t> shape;
};

/*! \brief A parameter that is a number. */
struct ScalarParam {
  const ffi::Object* var;
  std::string name;
  int index;
  program::Dtype dtype;
};

struct Params {
  int count = 0;
  std::vector<TensorParam> tensors;
  std::vector<ScalarParam> scalars;
};

/*! \brief The function's global symbol, or "<unnamed>". */
std::string FuncName(const ffi::ObjectRef& func);

/*! \brief The function's attributes; empty where it has none. */
ffi::Map<ffi::String, ffi::Any> FuncAttrs(const ffi::ObjectRef& func);

/*!
 * \brief The function's parameters, in order.
 *
 * Throws ValueError for two of one name, an extent below 1, as many strides as not dimensions,
 * and a value in dims that nothing has the name of. Throws NotImplementedError for symbolic
 * dimensions without a value (all are named), for what is not compact, row-major and in device
 * memory, for a bare pointer, and for dtypes of several lanes.
 */
Params ReadParams(const ffi::ObjectRef& func, const Dims& dims);

/*! \brief A constant, or integer arithmetic on constants and on variables that dims has; nothing
 *  for anything else. */
std::optional<int64_t> Evaluate(const ffi::Any& value, const Dims& dims);

/*! \brief The names of the variables in an expression that dims has no value of, sorted. */
std::vector<std::string> NamesWithoutValue(const ffi::Any& value, const Dims& dims);

/*! \brief The buffer that a Load, a Store or a region names. */
ffi::Any AccessedBuffer(const ffi::Object* access);

/*! \brief The key (TensorParam::key) of a buffer. */
const ffi::Object* BufferKey(const ffi::Any& buffer);

/*! \brief The node that has a buffer's dtype, shape, strides and elem_offset: the Buffer itself
 *  (TVM up to 0.25) or its type; null for a variable that is no buffer. */
const ffi::Object* LayoutNode(const ffi::Object* buffer);

/*! \brief A buffer's name and memory scope ("global" for device memory). */
std::string BufferName(const ffi::Object* buffer);
std::string BufferScope(const ffi::Object* buffer);

/*! \brief Whether the elements are in a row, row-major, without gaps. */
bool IsCompact(const ffi::Object* layout, const std::vector<int64_t>& shape, const Dims& dims);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_PRIM_FUNC_H_
