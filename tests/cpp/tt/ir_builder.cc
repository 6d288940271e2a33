/*!
 * \file ir_builder.cc
 * \brief Building IR in every TVM; see ir_builder.h.
 */
#include "ir_builder.h"

#include <utility>

namespace tilelang_tt {
namespace testing {
namespace {

constexpr std::nullptr_t kNone = nullptr;
const char* const kAxisTags[3] = {"blockIdx.x", "blockIdx.y", "blockIdx.z"};

// IterVarType and ForKind, include/tvm/tirx/{var,stmt}.h.
constexpr int kThreadIndex = 1;
constexpr int kSerial = 0;
constexpr int kThreadBinding = 4;
// CallEffectKind, include/tvm/tirx/op_attr_types.h.
constexpr int kOpaque = 4;

bool Has(const std::string& name) { return ffi::Function::GetGlobal(name).has_value(); }

template <typename... Args>
Node Make(const std::string& name, Args&&... args) {
  return ffi::Function::GetGlobalRequired(name)(std::forward<Args>(args)...).template cast<Node>();
}

/*! Up to TVM 0.25 a buffer is an object of its own, from 0.26 a variable. */
bool BuffersAreObjects() { return Has("tirx.Buffer"); }

/*! From TVM 0.27 a load and a store have no predicate, and arithmetic is prim.*. */
bool HasPrimDialect() { return Has("prim.Add"); }

std::string Arithmetic(const char* name) {
  return (HasPrimDialect() ? "prim." : "tirx.") + std::string(name);
}

std::string Block(const char* name) {
  return (HasPrimDialect() ? "s_tir." : "tirx.") + std::string(name);
}

ffi::Array<Node> Nodes(const std::vector<Expr>& expressions) {
  ffi::Array<Node> nodes;
  for (const Expr& expression : expressions) nodes.push_back(expression.node);
  return nodes;
}

Node PrimType(const std::string& dtype) { return Make("ir.PrimType", ffi::String(dtype)); }

Node PointerType(const std::string& dtype, const std::string& scope) {
  return Make("ir.PointerType", PrimType(dtype), ffi::String(scope));
}

Node TypedVar(const std::string& name, const Node& type) {
  return Make(BuffersAreObjects() ? "tirx.Var" : "ir.Var", ffi::String(name), type, kNone);
}

Node ForLoop(const Node& var, const Expr& extent, int kind, const Node& body,
             const ffi::Any& thread_binding) {
  return Make("tirx.For", var, Expr(0).node, extent.node, kind, body, thread_binding, kNone, kNone,
              kNone);
}

Node RootBlock(const Node& body) {
  ffi::Array<Node> none;
  Node block = Make(Block("SBlock"), none, none, none, ffi::String("root"), body, kNone, none, none,
                    AttrMap(), kNone);
  return Make(Block("SBlockRealize"), none, IntImm(1, "bool").node, block, kNone);
}

}  // namespace

Expr IntImm(int64_t value, const std::string& dtype) {
  return Make("ir.IntImm", ffi::String(dtype), value, kNone);
}

Expr::Expr(int64_t value)
    : Expr(IntImm(value, value == static_cast<int32_t>(value) ? "int32" : "int64")) {}

Expr Zero(const std::string& dtype) {
  if (dtype.find("float") == std::string::npos) return IntImm(0, dtype);
  return Make("ir.FloatImm", ffi::String(dtype), 0.0, kNone);
}

Expr Var(const std::string& name, const std::string& dtype) {
  return TypedVar(name, PrimType(dtype));
}

Expr operator+(const Expr& a, const Expr& b) {
  return Make(Arithmetic("Add"), a.node, b.node, kNone);
}

Expr operator*(const Expr& a, const Expr& b) {
  return Make(Arithmetic("Mul"), a.node, b.node, kNone);
}

Expr operator<(const Expr& a, const Expr& b) {
  return Make(Arithmetic("LT"), a.node, b.node, kNone);
}

Param Tensor(const std::string& name, const std::vector<Expr>& shape, const std::string& dtype,
             const TensorOptions& options) {
  ffi::Any elem_offset;
  if (!options.elem_offset.empty()) elem_offset = options.elem_offset[0].node;
  ffi::Array<Node> extents = Nodes(shape), strides = Nodes(options.strides);
  if (BuffersAreObjects()) {
    Node data = TypedVar(name, PointerType(dtype, options.scope));
    Node buffer = Make("tirx.Buffer", data, ffi::String(dtype), extents, strides, elem_offset,
                       ffi::String(name), /*data_alignment=*/-1, /*offset_factor=*/0,
                       ffi::String(""), ffi::Array<Node>(), kNone);
    return {TypedVar(name + "_handle", PrimType("handle")), buffer};
  }
  Node type = Make("tirx.BufferType", ffi::String(options.scope), ffi::String(dtype), extents,
                   strides, elem_offset, /*data_alignment=*/-1, /*offset_factor=*/0,
                   /*layout=*/kNone, /*allocated_addr=*/ffi::Array<Node>(), kNone);
  Node buffer = Make("tirx.BufferVar", ffi::String(name), type, kNone);
  return {buffer, buffer};
}

Param Scalar(const std::string& name, const std::string& dtype) {
  return {Var(name, dtype).node, Node()};
}

Param Pointer(const std::string& name) {
  return {TypedVar(name, PointerType("float32", "")), Node()};
}

Expr Load(const Param& tensor, const std::vector<Expr>& indices) {
  if (HasPrimDialect()) return Make("tirx.BufferLoad", tensor.buffer, Nodes(indices), kNone);
  return Make("tirx.BufferLoad", tensor.buffer, Nodes(indices), kNone, kNone);
}

Node Store(const Param& tensor, const std::vector<Expr>& indices, const Expr& value) {
  if (HasPrimDialect()) {
    return Make("tirx.BufferStore", tensor.buffer, value.node, Nodes(indices), kNone);
  }
  return Make("tirx.BufferStore", tensor.buffer, value.node, Nodes(indices), kNone, kNone);
}

Node Seq(const std::vector<Node>& statements) {
  return Make("tirx.SeqStmt", ffi::Array<Node>(statements.begin(), statements.end()), kNone);
}

Node For(const Expr& extent, const std::function<Node(Expr index)>& body) {
  Expr index = Var("i");
  return ForLoop(index.node, extent, kSerial, body(index), ffi::Any());
}

Node If(const Expr& condition, const Node& then_case) {
  return Make("tirx.IfThenElse", condition.node, then_case, kNone, kNone);
}

Node Evaluate(const Expr& value) { return Make("tirx.Evaluate", value.node, kNone); }

Node Break() {
  return Has("tirx.Break") ? Make("tirx.Break", kNone) : Evaluate(Make("tirx.break_loop", kNone));
}

Node Continue() {
  return Has("tirx.Continue") ? Make("tirx.Continue", kNone)
                              : Evaluate(Make("tirx.continue_loop", kNone));
}

Expr CallOp(const std::string& op, const std::vector<Expr>& args) {
  bool known = false;
  ffi::Any names = ffi::Function::GetGlobalRequired("ir.ListOpNames")();
  for (const ffi::String& name : names.cast<ffi::Array<ffi::String>>()) {
    known = known || name == op;
  }
  if (!known) {
    ffi::Function::GetGlobalRequired("ir.RegisterOp")(ffi::String(op), ffi::String("for a test"));
    ffi::Function::GetGlobalRequired("ir.RegisterOpAttr")(
        ffi::String(op), ffi::String("TCallEffectKind"), kOpaque, /*plevel=*/10);
  }
  Node callee = Make("ir.GetOp", ffi::String(op));
  if (BuffersAreObjects()) {
    return Make("tirx.Call", ffi::String("handle"), callee, Nodes(args), kNone, kNone);
  }
  return Make("ir.Call", PointerType("void", ""), callee, Nodes(args), kNone, ffi::Array<Node>(),
              kNone);
}

Expr AccessPtr(const Param& tensor, int mask) {
  if (BuffersAreObjects()) {
    return Make("tirx.BufferAccessPtr", tensor.buffer, mask, ffi::String("handle"),
                /*content_lanes=*/1, Expr(0).node, kNone);
  }
  return Make("tirx.BufferAccessPtr", tensor.buffer, mask, PointerType("void", ""),
              /*content_lanes=*/1, Expr(0).node, kNone);
}

Node Kernel(const std::vector<Expr>& extents, KernelForm form,
            const std::function<Node(const std::vector<Expr>& block)>& body) {
  std::vector<Expr> block;
  for (size_t axis = 0; axis < extents.size(); ++axis) block.push_back(Var(kAxisTags[axis]));
  Node result = body(block);
  for (size_t axis = extents.size(); axis-- > 0;) {
    Node iter_var = Make("tirx.IterVar", kNone, block[axis].node, kThreadIndex,
                         ffi::String(kAxisTags[axis]), kNone);
    if (form == KernelForm::kThreadBinding) {
      result = ForLoop(block[axis].node, extents[axis], kThreadBinding, result, iter_var);
    } else {
      result = Make("tirx.AttrStmt", iter_var, ffi::String("thread_extent"), extents[axis].node,
                    result, kNone);
    }
  }
  return form == KernelForm::kThreadBinding ? RootBlock(result) : result;
}

Node PrimFunc(const std::string& name, const std::vector<Param>& params, const Node& body) {
  ffi::Array<Node> vars;
  ffi::Map<Node, Node> buffer_map;
  for (const Param& param : params) {
    vars.push_back(param.var);
    if (param.buffer.defined()) buffer_map.Set(param.var, param.buffer);
  }
  Node attrs = Make("ffi.MakeObjectFromPackedArgs", ffi::String("ir.DictAttrs"),
                    ffi::String("__dict__"), AttrMap());
  Node func = BuffersAreObjects()
                  ? Make("tirx.PrimFunc", vars, body, kNone, buffer_map, attrs, kNone)
                  : Make("tirx.PrimFunc", vars, body, Make("ir.TypeMissing"), attrs, kNone);
  return WithAttr(func, "global_symbol", ffi::String(name));
}

AttrMap Attrs(const Node& func) {
  ffi::Any attrs = ffi::Function::GetGlobalRequired("ir.BaseFunc_Attrs")(func);
  return ffi::Function::GetGlobalRequired("ir.DictAttrsGetDict")(attrs).cast<AttrMap>();
}

Node WithAttr(const Node& func, const std::string& key, const ffi::Any& value) {
  return Make("ir.BaseFuncWithAttr", func, ffi::String(key), value);
}

Node WithoutAttr(const Node& func, const std::string& key) {
  return Make("ir.BaseFuncWithoutAttr", func, ffi::String(key));
}

Node Module(const std::vector<Node>& funcs) {
  ffi::Map<Node, Node> functions;
  for (const Node& func : funcs) {
    functions.Set(Make("ir.GlobalVar", Attrs(func)["global_symbol"]), func);
  }
  return Make("ir.IRModule", functions, kNone, ffi::Map<ffi::String, Node>());
}

Node Lookup(const Node& module, const std::string& name) {
  return Make("ir.Module_Lookup_str", module, ffi::String(name));
}

Node RunPass(const Node& pass, const Node& module) {
  return Make("transform.RunPass", pass, module);
}

}  // namespace testing
}  // namespace tilelang_tt
