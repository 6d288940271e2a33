/*!
 * \file ir_builder.h
 * \brief Builds PrimFuncs through the registered functions of whichever TVM is loaded.
 *
 * TVM up to 0.25 has tirx.Buffer and a buffer_map; from 0.26 a buffer is an ir.Var of
 * BufferType; from 0.27 arithmetic is prim.* and blocks are s_tir.*. Those differences end
 * in ir_builder.cc.
 */
#ifndef TILELANG_TT_TESTS_IR_BUILDER_H_
#define TILELANG_TT_TESTS_IR_BUILDER_H_

#include <tvm/ffi/tvm_ffi.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

namespace tilelang_tt {
namespace testing {

namespace ffi = tvm::ffi;

using Node = ffi::ObjectRef;
using AttrMap = ffi::Map<ffi::String, ffi::Any>;

/*! \brief An expression; an integer is a constant of int32, or int64 where it does not fit. */
struct Expr {
  Expr(int value) : Expr(static_cast<int64_t>(value)) {}
  Expr(int64_t value);
  Expr(Node node) : node(std::move(node)) {}

  Node node;
};

Expr IntImm(int64_t value, const std::string& dtype);
/*! \brief The constant 0 of an integer or float type. */
Expr Zero(const std::string& dtype);
Expr Var(const std::string& name, const std::string& dtype = "int32");
Expr operator+(const Expr& a, const Expr& b);
Expr operator*(const Expr& a, const Expr& b);
Expr operator<(const Expr& a, const Expr& b);

/*! \brief A parameter of a function. */
struct Param {
  /*! The variable in the signature. */
  Node var;
  /*! What loads and stores name; null for a parameter that is no tensor. */
  Node buffer;
};

struct TensorOptions {
  std::vector<Expr> strides = {};
  std::vector<Expr> elem_offset = {};  // one or none
  std::string scope = "";
};

Param Tensor(const std::string& name, const std::vector<Expr>& shape,
             const std::string& dtype = "float32", const TensorOptions& options = {});
Param Scalar(const std::string& name, const std::string& dtype = "int32");
Param Pointer(const std::string& name);

Expr Load(const Param& tensor, const std::vector<Expr>& indices);
Node Store(const Param& tensor, const std::vector<Expr>& indices, const Expr& value);
Node Seq(const std::vector<Node>& statements);
Node For(const Expr& extent, const std::function<Node(Expr index)>& body);
Node If(const Expr& condition, const Node& then_case);
Node Evaluate(const Expr& value);
/*! \brief `break` and `continue` of the innermost loop, as TVMScript and TileLang write them. */
Node Break();
Node Continue();

/*! \brief A call of an operator, which is registered here if no one else did. */
Expr CallOp(const std::string& op, const std::vector<Expr>& args);
/*! \brief Buffer.access_ptr: the pointer to a tensor, with an access mask. */
Expr AccessPtr(const Param& tensor, int mask);

/*! \brief The forms in which T.Kernel occurs. */
enum class KernelForm {
  /*! tilelang 0.1.15: For loops bound to blockIdx.*, under a root block. */
  kThreadBinding,
  /*! TVMScript's T.launch_thread and older TileLang: AttrStmt "thread_extent". */
  kThreadExtent,
};

inline constexpr std::initializer_list<KernelForm> kBothForms = {KernelForm::kThreadBinding,
                                                                 KernelForm::kThreadExtent};

/*! \brief T.Kernel(extents...) as body(blockIdx.x, ...); extents are x, y, z, as many as given. */
Node Kernel(const std::vector<Expr>& extents, KernelForm form,
            const std::function<Node(const std::vector<Expr>& block)>& body);

Node PrimFunc(const std::string& name, const std::vector<Param>& params, const Node& body);

AttrMap Attrs(const Node& func);
Node WithAttr(const Node& func, const std::string& key, const ffi::Any& value);
Node WithoutAttr(const Node& func, const std::string& key);

/*! \brief An IRModule of these functions, each under its global symbol. */
Node Module(const std::vector<Node>& funcs);
Node Lookup(const Node& module, const std::string& name);
Node RunPass(const Node& pass, const Node& module);

}  // namespace testing
}  // namespace tilelang_tt

#endif  // TILELANG_TT_TESTS_IR_BUILDER_H_
