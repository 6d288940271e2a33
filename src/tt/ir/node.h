/*!
 * \file ir/node.h
 * \brief A TVM node as tvm-ffi's reflection shows it: its kind and its fields.
 *
 * Nothing here is compiled against TVM's own classes, so that one binary serves
 * every TVM that registers its nodes with tvm-ffi. The TVMs differ in prefixes
 * (tirx.Add, prim.Add), in names (BufferLoad, TensorLoad) and in whether a buffer
 * is an object or a variable; those differences end in this folder.
 */
#ifndef TILELANG_TT_IR_NODE_H_
#define TILELANG_TT_IR_NODE_H_

#include <tvm/ffi/reflection/accessor.h>
#include <tvm/ffi/tvm_ffi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../program/expr.h"

namespace tilelang_tt {
namespace ir {

namespace ffi = tvm::ffi;

/*! \brief The node types that the reader tells apart. */
enum class Kind : uint8_t {
  kOther,
  kArray,
  kIntImm,
  kFloatImm,
  kStringImm,
  kVar,
  kBuffer,
  kLoad,
  kCast,
  /*! A node that is an operation on its fields a and b, or a alone: NodeType::op. */
  kOperation,
  kSelect,
  kLetExpr,
  kCall,
  kStore,
  kSeq,
  kEvaluate,
  kFor,
  kWhile,
  kIfThenElse,
  kBreak,
  kContinue,
  kAttrStmt,
  kIterVar,
  kBind,
  kLetStmt,
  kDeclBuffer,
  kAllocBuffer,
  kAssert,
  kSBlock,
  kSBlockRealize,
};

/*! \brief What reflection says of one node type. */
struct NodeType {
  Kind kind;
  /*! kOperation: which. */
  program::Op op;
  std::vector<const TVMFFIFieldInfo*> fields;
  /*! A field that no rule here knows, of a TVM newer than those tried: such a node is not
   *  understood. Null where there is none. */
  const TVMFFIFieldInfo* unknown_field;
};

/*! \brief The type of a node; looked up once per type and thread. */
const NodeType& TypeOf(const ffi::Object* node);

/*! \brief The kind of a value; kOther for everything that is no node, a null among them. */
Kind KindOf(const ffi::Any& value);

/*! \brief The value of a field, or nothing where the node's type has no such field. */
std::optional<ffi::Any> TryField(const ffi::Object* node, std::string_view name);

/*! \brief The value of a field that the node's type is known to have. */
ffi::Any Field(const ffi::Object* node, std::string_view name);

/*! \brief The same, as an array. */
ffi::Array<ffi::Any> ArrayField(const ffi::Object* node, std::string_view name);

/*! \brief The dtype of an expression, of a buffer or of a variable; no value for vectors and
 *  for what has none. */
std::optional<program::Dtype> DtypeOfNode(const ffi::Object* node);

/*! \brief The value of an integer constant: an ffi integer or an IntImm. */
std::optional<int64_t> ConstInt(const ffi::Any& value);

/*! \brief The value of a boolean constant: an ffi bool or an IntImm of dtype bool. */
std::optional<bool> ConstBool(const ffi::Any& value);

/*! \brief The text of an ffi string or a StringImm. */
std::optional<std::string> ConstString(const ffi::Any& value);

/*! \brief The name of the operator of a Call, "" if it calls something that has none. */
ffi::String CallName(const ffi::Object* call);

/*! \brief The arguments of a Call. */
ffi::Array<ffi::Any> CallArgs(const ffi::Object* call);

/*! \brief The object behind a value; null for a value that is none. */
inline const ffi::Object* ObjectOf(const ffi::Any& value) { return value.as<ffi::Object>(); }

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_NODE_H_
