/*!
 * \file ir/node.h
 * \brief A TVM node as tvm-ffi's reflection shows it: its kind, its fields, its children.
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

namespace tilelang_tt {
namespace ir {

namespace ffi = tvm::ffi;

/*! \brief The node types that the analyses tell apart. */
enum class Kind : uint8_t {
  kOther,
  kArray,
  kIntImm,
  kVar,
  kBuffer,
  kLoad,
  kStore,
  kCall,
  kFor,
  kWhile,
  kIfThenElse,
  /*! break or continue, as a statement; older TVMs have calls for them. */
  kLeaveLoop,
  kAttrStmt,
  kIterVar,
  kBind,
  kLet,
  kDeclBuffer,
  kSBlock,
  kSBlockRealize,
  /*! Binary integer arithmetic, as it occurs in indices. */
  kArith,
};

/*! \brief What reflection says of one node type. */
struct NodeType {
  Kind kind;
  std::vector<const TVMFFIFieldInfo*> fields;
  /*! The fields that hold statements and expressions; no type, span or annotation. */
  std::vector<const TVMFFIFieldInfo*> children;
};

/*! \brief The type of a node; looked up once per type and thread. */
const NodeType& TypeOf(const ffi::Object* node);

/*! \brief The kind of a value; kOther for everything that is no node, a null among them. */
Kind KindOf(const ffi::Any& value);

/*! \brief The value of a field, or nothing where the node's type has no such field. */
std::optional<ffi::Any> TryField(const ffi::Object* node, std::string_view name);

/*! \brief The value of a field that the node's type is known to have. */
ffi::Any Field(const ffi::Object* node, std::string_view name);

/*! \brief Calls visit(ffi::Any) for each child that is an object, looking through arrays. */
template <typename Visit>
void ForEachChild(const ffi::Object* node, Visit visit);

/*! \brief The value of an integer constant: an ffi integer or an IntImm. */
std::optional<int64_t> ConstInt(const ffi::Any& value);

/*! \brief The value of a boolean constant: an ffi bool or an IntImm of dtype bool. */
std::optional<bool> ConstBool(const ffi::Any& value);

/*! \brief The text of an ffi string or a StringImm. */
std::optional<std::string> ConstString(const ffi::Any& value);

/*! \brief The name of the operator of a Call, "" if it calls something that has none. */
ffi::String CallName(const ffi::Object* call);

/*! \brief Whether an operator of that name is a break or a continue. */
bool LeavesLoop(std::string_view call_name);

/*! \brief The arguments of a Call. */
ffi::Array<ffi::Any> CallArgs(const ffi::Object* call);

/*! \brief The object behind a value; null for a value that is none. */
inline const ffi::Object* ObjectOf(const ffi::Any& value) { return value.as<ffi::Object>(); }

template <typename Visit>
void ForEachChild(const ffi::Object* node, Visit visit) {
  for (const TVMFFIFieldInfo* field : TypeOf(node).children) {
    ffi::Any value = ffi::reflection::FieldGetter(field)(node);
    if (const auto* array = value.as<ffi::ArrayObj>()) {
      for (const ffi::Any& item : *array) {
        if (ObjectOf(item) != nullptr) visit(item);
      }
    } else if (ObjectOf(value) != nullptr) {
      visit(value);
    }
  }
}

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_NODE_H_
