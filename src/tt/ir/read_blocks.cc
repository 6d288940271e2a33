/*!
 * \file ir/read_blocks.cc
 * \brief Reading what gives names to values and to memory: bindings, declarations and
 *  TVM's own blocks; see read_steps.h.
 */
#include <utility>

#include "operators.h"
#include "read_steps.h"

namespace tilelang_tt {
namespace ir {

using namespace program;  // every kind of step

namespace {

bool HasLoad(ExprRef expr) {
  if (expr->op == Op::kLoad) return true;
  for (ExprRef arg : expr->args) {
    if (HasLoad(arg)) return true;
  }
  return false;
}

}  // namespace

void StepReader::ReadBind(const ffi::Object* bind, Body* body) {
  const ffi::Object* var = ObjectOf(Field(bind, "var"));
  ffi::Any value = Field(bind, "value");
  auto read_body = [&] {
    if (std::optional<ffi::Any> inner = TryField(bind, "body")) Read(*inner, body);
  };
  const Operator* called = nullptr;
  if (KindOf(value) == Kind::kCall) {
    ffi::String name = CallName(ObjectOf(value));
    called = FindOperator({name.data(), name.size()});
  }
  if (called != nullptr && called->form == Form::kThreadIndex) {
    scope_.Refuse(var, {std::string(Field(var, "name").cast<ffi::String>()), called->reason});
    return read_body();
  }
  const ffi::Object* pointed = PointedMemory(value);
  if (pointed != nullptr && scope_.StorageOf(pointed) >= 0) {
    scope_.Point(var, scope_.StorageOf(pointed));
    return read_body();
  }
  try {
    ExprRef read = exprs_.Read(value);
    if (!HasLoad(read)) {
      scope_.Alias(var, read);
    } else {
      int id = scope_.Bind(var, Variable::Kind::kLet);
      body->push_back(Step{Let{id, read}});
    }
  } catch (const NotUnderstood& why) {
    if (why.unbound) {
      exprs_.Defer(var, value);
      return read_body();
    }
    if (in_map_) throw;
    // The value is not known, but what follows can still be read.
    Step opaque = Opaque(value, why);
    std::optional<Dtype> dtype = DtypeOfNode(var);
    if (dtype && dtype->code != kDLOpaqueHandle) {
      std::get<program::Opaque>(opaque.node)
          .variables.push_back(scope_.Bind(var, Variable::Kind::kLet));
    }
    body->push_back(std::move(opaque));
  }
  read_body();
}

void StepReader::ReadDeclBuffer(const ffi::Object* decl, Body* body) {
  ffi::Any buffer = Field(decl, "buffer");
  std::optional<ffi::Any> data = TryField(decl, "data");
  if (data && ObjectOf(*data) != nullptr) {
    const ffi::Object* pointer = PointedMemory(*data);
    int storage = pointer == nullptr ? -1 : scope_.StorageOf(pointer);
    if (storage < 0) {
      // Memory by a pointer that was computed: what it leads to is read and written through it.
      throw NotUnderstood{BufferName(ObjectOf(buffer)), "is a buffer at a computed address"};
    }
    scope_.Point(BufferKey(buffer), storage);
  } else if (scope_.StorageOf(BufferKey(buffer)) < 0) {
    throw NotUnderstood{BufferName(ObjectOf(buffer)), "is a buffer that nothing allocates here"};
  }
  if (std::optional<ffi::Any> inner = TryField(decl, "body")) Read(*inner, body);
}

void StepReader::ReadRealize(const ffi::Object* realize, Body* body) {
  const ffi::Object* block = ObjectOf(Field(realize, "block"));
  ffi::Array<ffi::Any> iters = ArrayField(block, "iter_vars");
  ffi::Array<ffi::Any> values = ArrayField(realize, "iter_values");
  // The initial value of a reduction is stored before its first update.
  ExprRef first_time = nullptr;
  ExprArena& arena = scope_.program().arena;
  for (size_t i = 0; i < iters.size(); ++i) {
    const ffi::Object* iter = ObjectOf(iters[i]);
    ExprRef value = exprs_.Read(values[i]);
    scope_.Alias(ObjectOf(Field(iter, "var")), value);
    constexpr int64_t kCommReduce = 2;  // tvm/tirx/var.h, IterVarType
    if (Field(iter, "iter_type").cast<int64_t>() != kCommReduce) continue;
    ExprRef least = exprs_.Read(Field(ObjectOf(Field(iter, "dom")), "min"));
    ExprRef begins = arena.Apply(Op::kEq, {value, least});
    first_time = first_time == nullptr ? begins : arena.Apply(Op::kAnd, {first_time, begins});
  }
  ExprRef predicate = exprs_.Read(Field(realize, "predicate"));
  if (ConstOf(predicate) == 1) return ReadBlock(block, first_time, body);
  When when{predicate, {}, {}};
  ReadBlock(block, first_time, &when.then_body);
  body->push_back(Step{std::move(when)});
}

void StepReader::ReadBlock(const ffi::Object* block, ExprRef first_time, Body* body) {
  RequireKnownFields(block);
  for (const ffi::Any& buffer : ArrayField(block, "alloc_buffers")) {
    try {
      scope_.Allocate(buffer);
    } catch (const NotUnderstood&) {
      // It has no place in the program; each step that uses it is opaque.
    }
  }
  ReadBlockAnnotations(block);
  for (const ffi::Any& match : ArrayField(block, "match_buffers")) ReadMatch(ObjectOf(match));
  ffi::Any init = Field(block, "init");
  if (ObjectOf(init) != nullptr) {
    if (first_time == nullptr) {
      Read(init, body);
    } else {
      When when{first_time, {}, {}};
      Read(init, &when.then_body);
      body->push_back(Step{std::move(when)});
    }
  }
  Read(Field(block, "body"), body);
}

void StepReader::ReadBlockAnnotations(const ffi::Object* block) {
  ffi::Any annotations = Field(block, "annotations");
  if (ObjectOf(annotations) == nullptr) return;
  for (const auto& [key, value] : annotations.cast<ffi::Map<ffi::String, ffi::Any>>()) {
    std::string name(key);
    if (name == "safe_value_map") {
      for (const auto& [memory, pad] : value.cast<ffi::Map<ffi::Any, ffi::Any>>()) {
        ExprRef constant = exprs_.Read(pad);
        bool is_constant = constant->op == Op::kInt || constant->op == Op::kFloat ||
                           (constant->op == Op::kMul && constant->args[0]->op == Op::kFloat);
        if (!is_constant) throw NotUnderstood{name, "has a value that is no constant"};
        if (scope_.StorageOf(ObjectOf(memory)) < 0) {
          throw NotUnderstood{name, "is of memory that is not known"};
        }
        scope_.Pad(ObjectOf(memory), constant);
      }
    } else if (HarmlessBlockAttribute(name) == nullptr) {
      throw NotUnderstood{name, "is an annotation of a block that no rule knows"};
    }
  }
}

void StepReader::ReadMatch(const ffi::Object* match) {
  ffi::Any buffer = Field(match, "buffer");
  const ffi::Object* source = ObjectOf(Field(match, "source"));
  ffi::Any viewed = AccessedBuffer(source);
  int storage = scope_.StorageOf(BufferKey(viewed));
  if (storage < 0) return;
  const ffi::Object* layout = LayoutNode(ObjectOf(viewed));
  ffi::Array<ffi::Any> region = ArrayField(source, "region");
  ffi::Array<ffi::Any> shape = ArrayField(layout, "shape");
  bool whole = region.size() == shape.size();
  for (size_t axis = 0; whole && axis < region.size(); ++axis) {
    const ffi::Object* range = ObjectOf(region[axis]);
    std::optional<int64_t> extent = Evaluate(Field(range, "extent"), scope_.dims());
    whole = Evaluate(Field(range, "min"), scope_.dims()) == 0 && extent &&
            extent == Evaluate(shape[axis], scope_.dims());
  }
  scope_.Point(BufferKey(buffer), storage, whole ? "" : "is matched with a part of another buffer");
}

}  // namespace ir
}  // namespace tilelang_tt
