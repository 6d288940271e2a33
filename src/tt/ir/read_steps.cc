/*!
 * \file ir/read_steps.cc
 * \brief Reading statements; see read_steps.h.
 */
#include "read_steps.h"

#include <utility>

#include "../program/analysis/race.h"
#include "accesses.h"
#include "operators.h"
#include "read_tile_op.h"

namespace tilelang_tt {
namespace ir {

using namespace program;  // every kind of step

namespace {

// A statement that is nested deeper is opaque: programs are trees, and readers of JSON recurse.
constexpr int kMostDepth = 100;

bool HasLoad(ExprRef expr) {
  if (expr->op == Op::kLoad) return true;
  for (ExprRef arg : expr->args) {
    if (HasLoad(arg)) return true;
  }
  return false;
}

/*! The statement itself, or the only one of a sequence. */
ffi::Any OnlyStatement(ffi::Any stmt) {
  while (KindOf(stmt) == Kind::kSeq) {
    ffi::Array<ffi::Any> seq = ArrayField(ObjectOf(stmt), "seq");
    if (seq.size() != 1) break;
    stmt = seq[0];
  }
  return stmt;
}

/*! A For, or the older form that binds a thread around a body. */
bool IsLoop(const ffi::Any& stmt) {
  Kind kind = KindOf(stmt);
  return kind == Kind::kFor || (kind == Kind::kAttrStmt && BindingOf(ObjectOf(stmt)));
}

LoopKind KindOfLoop(int64_t kind) {
  switch (kind) {  // tvm/tirx/stmt.h, ForKind
    case 0:
      return LoopKind::kSerial;
    case 1:
      return LoopKind::kParallel;
    case 2:
      return LoopKind::kVectorised;
    case 3:
      return LoopKind::kUnrolled;
    default:
      throw NotUnderstood{"For", "is of a kind that no rule knows"};
  }
}

std::vector<int64_t> IntList(const ffi::Any& value) {
  auto list = value.as<ffi::Array<ffi::Any>>();
  std::vector<int64_t> numbers;
  for (const ffi::Any& item : list ? *list : ffi::Array<ffi::Any>()) {
    std::optional<int64_t> number = ConstInt(item);
    if (!number) throw NotUnderstood{"For", "has a pipeline annotation that is no list of numbers"};
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace

std::optional<ThreadBinding> BindingOf(const ffi::Object* stmt) {
  ffi::Any iter_var;
  Kind kind = TypeOf(stmt).kind;
  if (kind == Kind::kFor) {
    iter_var = Field(stmt, "thread_binding");
  } else if (kind == Kind::kAttrStmt &&
             Field(stmt, "attr_key").cast<ffi::String>() == "thread_extent") {
    iter_var = Field(stmt, "node");
  }
  if (KindOf(iter_var) != Kind::kIterVar) return std::nullopt;
  std::string tag = Field(ObjectOf(iter_var), "thread_tag").cast<ffi::String>();
  for (int axis = 0; axis < 3; ++axis) {
    std::string suffix{"xyz"[axis]};
    if (tag == "blockIdx." + suffix) return ThreadBinding{true, axis};
    if (tag == "threadIdx." + suffix) return ThreadBinding{false, axis};
  }
  return std::nullopt;
}

const ffi::Object* BoundVariable(const ffi::Object* stmt) {
  if (TypeOf(stmt).kind == Kind::kFor) return ObjectOf(Field(stmt, "loop_var"));
  return ObjectOf(Field(ObjectOf(Field(stmt, "node")), "var"));
}

void StepReader::Read(const ffi::Any& stmt, Body* body) {
  if (KindOf(stmt) == Kind::kSeq) {
    for (const ffi::Any& item : ArrayField(ObjectOf(stmt), "seq")) Read(item, body);
    return;
  }
  // What of a map is not understood makes all of it opaque.
  if (in_map_) return Dispatch(stmt, body);
  size_t steps = body->size(), variables = scope_.program().variables.size();
  size_t around = around_.size();
  try {
    Dispatch(stmt, body);
  } catch (const NotUnderstood& why) {
    body->resize(steps);
    scope_.program().variables.resize(variables);
    around_.resize(around);
    BindBlockIndices(stmt);
    body->push_back(Opaque(stmt, why));
  }
}

Step StepReader::Opaque(const ffi::Any& stmt, const NotUnderstood& why) const {
  Accesses found = FindAccesses(stmt, scope_);
  program::Opaque opaque;
  opaque.op = why.op;
  opaque.reason = why.reason;
  opaque.reads.assign(found.reads.begin(), found.reads.end());
  opaque.writes.assign(found.writes.begin(), found.writes.end());
  return Step{std::move(opaque)};
}

void StepReader::Dispatch(const ffi::Any& stmt, Body* body) {
  const ffi::Object* node = ObjectOf(stmt);
  if (node == nullptr) return;
  RequireKnownFields(node);
  struct Level {
    explicit Level(int* depth) : depth(depth) { ++*depth; }
    ~Level() { --*depth; }
    int* depth;
  } level(&depth_);
  if (depth_ > kMostDepth) {
    throw NotUnderstood{NodeName(node),
                        "is nested more than " + std::to_string(kMostDepth) + " deep"};
  }
  switch (TypeOf(node).kind) {
    case Kind::kStore:
      return ReadStore(node, body);
    case Kind::kEvaluate: {
      ffi::Any value = Field(node, "value");
      if (KindOf(value) != Kind::kCall) {
        exprs_.Read(value);
        return;
      }
      std::optional<Step> step = ReadTileOp(ObjectOf(value), &exprs_);
      if (!step) return;
      bool in_element = step->as<AtomicStore>() != nullptr;
      if (in_map_ && !in_element) {
        throw NotUnderstood{std::string(CallName(ObjectOf(value))), "stands inside a map"};
      }
      if (in_element && !in_map_) {
        Map map;
        map.body.push_back(*std::move(step));
        step = Step{std::move(map)};
      }
      body->push_back(*std::move(step));
      return;
    }
    case Kind::kFor:
      if (ReadBlockIndex(node, body)) return;
      return ReadFor(node, body);
    case Kind::kWhile: {
      if (in_map_) throw NotUnderstood{"While", "stands inside a map"};
      While loop{exprs_.Read(Field(node, "condition")), {}};
      Read(Field(node, "body"), &loop.body);
      body->push_back(Step{std::move(loop)});
      return;
    }
    case Kind::kIfThenElse:
      return ReadIf(node, body);
    case Kind::kBreak:
    case Kind::kContinue:
      if (in_map_) throw NotUnderstood{NodeName(node), "stands inside a map"};
      body->push_back(TypeOf(node).kind == Kind::kBreak ? Step{Break{}} : Step{Continue{}});
      return;
    case Kind::kAttrStmt:
      if (ReadBlockIndex(node, body)) return;
      return ReadAttr(node, body);
    case Kind::kBind:
    case Kind::kLetStmt:
      return ReadBind(node, body);
    case Kind::kDeclBuffer:
      return ReadDeclBuffer(node, body);
    case Kind::kAllocBuffer: {
      for (const auto& entry : Field(node, "annotations").cast<ffi::Map<ffi::String, ffi::Any>>()) {
        if (HarmlessBlockAttribute({entry.first.data(), entry.first.size()}) == nullptr) {
          throw NotUnderstood{"AllocBuffer", "has the annotation " + std::string(entry.first)};
        }
      }
      scope_.Allocate(Field(node, "buffer"));
      if (std::optional<ffi::Any> inner = TryField(node, "body")) Read(*inner, body);
      return;
    }
    case Kind::kAssert:
      return;
    case Kind::kSBlockRealize:
      return ReadRealize(node, body);
    case Kind::kSBlock:
      return ReadBlock(node, nullptr, body);
    default:
      throw NotUnderstood{NodeName(node), "is a statement that the program has no kind for"};
  }
}

void StepReader::ReadStore(const ffi::Object* store, Body* body) {
  std::optional<ffi::Any> predicate = TryField(store, "predicate");
  if (predicate && ObjectOf(*predicate) != nullptr) {
    throw NotUnderstood{NodeName(store), "has a predicate"};
  }
  Store step;
  step.buffer = scope_.BufferOf(Field(store, "buffer"));
  for (const ffi::Any& index : ArrayField(store, "indices")) step.at.push_back(exprs_.Read(index));
  step.value = exprs_.Read(Field(store, "value"));
  const Buffer& target = scope_.program().buffers[step.buffer];
  if (step.at.size() != target.shape.size()) {
    throw NotUnderstood{NodeName(store),
                        "has another number of indices than " + target.name + " has dimensions"};
  }
  if (in_map_) {
    body->push_back(Step{std::move(step)});
  } else if (target.kind == Buffer::Kind::kScratch && target.scope == "local.var" &&
             target.shape.size() == 1 && target.shape[0] == 1 && ConstOf(step.at[0]) == 0) {
    body->push_back(Step{Assign{step.buffer, step.value}});
  } else {
    Map map;
    map.body.push_back(Step{std::move(step)});
    body->push_back(Step{std::move(map)});
  }
}

StepReader::Content StepReader::ContentOf(const ffi::Any& stmt) {
  const ffi::Object* node = ObjectOf(stmt);
  if (node == nullptr) return {};
  auto found = contents_.find(node);
  if (found != contents_.end()) return found->second;
  Content content = depth_ > kMostDepth ? Content{false, false} : FindContent(node);
  contents_[node] = content;
  return content;
}

StepReader::Content StepReader::FindContent(const ffi::Object* node) {
  struct Level {
    explicit Level(int* depth) : depth(depth) { ++*depth; }
    ~Level() { --*depth; }
    int* depth;
  } level(&depth_);
  Content content;
  auto add = [&](const ffi::Any& inner) {
    Content of_inner = ContentOf(inner);
    content.only_stores &= of_inner.only_stores;
    content.parallel_loops |= of_inner.parallel_loops;
  };
  switch (TypeOf(node).kind) {
    case Kind::kStore:
    case Kind::kBind:
    case Kind::kDeclBuffer:
      return content;
    case Kind::kSeq:
      for (const ffi::Any& item : ArrayField(node, "seq")) add(item);
      return content;
    case Kind::kEvaluate: {
      ffi::Any value = Field(node, "value");
      if (KindOf(value) != Kind::kCall) return content;
      ffi::String name = CallName(ObjectOf(value));
      const Operator* found = FindOperator({name.data(), name.size()});
      content.only_stores = found != nullptr &&
                            (found->form == Form::kAtomicElement || found->form == Form::kNothing);
      return content;
    }
    case Kind::kFor: {
      std::optional<ThreadBinding> binding = BindingOf(node);
      add(Field(node, "body"));
      int64_t kind = Field(node, "kind").cast<int64_t>();
      if (binding && binding->is_block) content.only_stores = false;
      content.parallel_loops |= binding.has_value() || kind == 1;
      return content;
    }
    case Kind::kIfThenElse:
      add(Field(node, "then_case"));
      add(Field(node, "else_case"));
      return content;
    case Kind::kAttrStmt:
      add(Field(node, "body"));
      if (BindingOf(node)) content.parallel_loops = true;
      if (BindingOf(node) && BindingOf(node)->is_block) content.only_stores = false;
      return content;
    case Kind::kSBlockRealize:
      add(Field(node, "block"));
      return content;
    case Kind::kSBlock:
      add(Field(node, "init"));
      add(Field(node, "body"));
      return content;
    default:
      content.only_stores = false;
      return content;
  }
}

LoopRange StepReader::Range(const ffi::Object* loop) {
  bool is_for = TypeOf(loop).kind == Kind::kFor;
  LoopRange range;
  range.min = is_for ? exprs_.Read(Field(loop, "min")) : exprs_.Constant(0);
  range.extent = exprs_.Read(Field(loop, is_for ? "extent" : "value"));
  bool is_thread = BindingOf(loop).has_value();
  if (is_for && !is_thread && ObjectOf(Field(loop, "thread_binding")) != nullptr) {
    throw NotUnderstood{"For", "is bound to a thread of a kind that no rule knows"};
  }
  range.kind = is_thread ? LoopKind::kThread : KindOfLoop(Field(loop, "kind").cast<int64_t>());
  const ffi::Object* var = BoundVariable(loop);
  range.var = scope_.Bind(var, Variable::Kind::kLoop);
  std::optional<ffi::Any> step = is_for ? TryField(loop, "step") : std::nullopt;
  bool steps = step && (ObjectOf(*step) != nullptr || step->type_index() == kTVMFFIInt);
  if (steps && ConstInt(*step) != 1) {
    // For i from min by s: i = min + s * n, n from 0 as often as fits.
    std::optional<int64_t> by = ConstInt(*step);
    if (!by || *by < 1) throw NotUnderstood{"For", "has a step that is no positive constant"};
    ExprArena& arena = scope_.program().arena;
    ExprRef stride = arena.Int(*by, range.extent->dtype);
    ExprRef less_one = arena.Int(*by - 1, range.extent->dtype);
    ExprRef n = arena.Var(range.var, scope_.program().variables[range.var].dtype);
    ExprRef at = arena.Apply(Op::kAdd, {range.min, arena.Apply(Op::kMul, {n, stride})});
    range.extent =
        ConstOf(range.extent)
            ? arena.Int((*ConstOf(range.extent) + *by - 1) / *by, range.extent->dtype)
            : arena.Apply(Op::kFloorDiv, {arena.Apply(Op::kAdd, {range.extent, less_one}), stride});
    range.min = arena.Int(0, range.extent->dtype);
    scope_.Alias(var, at);
  }
  return range;
}

void StepReader::ReadLoopAnnotations(const ffi::Object* loop, Loop* out) {
  if (TypeOf(loop).kind != Kind::kFor) return;
  ffi::Any annotations = Field(loop, "annotations");
  if (ObjectOf(annotations) == nullptr) return;
  for (const auto& [key, value] : annotations.cast<ffi::Map<ffi::String, ffi::Any>>()) {
    std::string name(key);
    if (out != nullptr && name == "num_stages") {
      std::optional<int64_t> stages = ConstInt(value);
      if (!stages || *stages < 0) throw NotUnderstood{"For", "has a num_stages that is no number"};
      out->stages = *stages;
    } else if (out != nullptr && name == "tl_pipeline_order") {
      out->order = IntList(value);
    } else if (out != nullptr && name == "tl_pipeline_stage") {
      out->stage = IntList(value);
    } else if (HarmlessAnnotation(name) == nullptr) {
      throw NotUnderstood{"For", "has the annotation " + name};
    }
  }
}

void StepReader::ReadFor(const ffi::Object* loop, Body* body) {
  ffi::Any inner = Field(loop, "body");
  Content content = ContentOf(inner);
  std::optional<ThreadBinding> binding = BindingOf(loop);
  bool in_no_order = binding.has_value() ||
                     (TypeOf(loop).kind == Kind::kFor && Field(loop, "kind").cast<int64_t>() == 1);
  if (content.only_stores && !in_map_) {
    // Loops that stand around each other alone are the map's; a parallel one further in, beside
    // other statements, would have to be a map of its own.
    ffi::Any below = OnlyStatement(inner);
    while (IsLoop(below)) below = OnlyStatement(Field(ObjectOf(below), "body"));
    if (!ContentOf(below).parallel_loops) return ReadMap(loop, body);
  }
  if (in_no_order) {
    throw NotUnderstood{
        binding ? "a thread loop" : "T.Parallel",
        in_map_ ? "stands beside other statements of a map" : "stands around more than stores"};
  }
  Loop step;
  ReadLoopAnnotations(loop, &step);
  step.range = Range(loop);
  if (step.range.kind == LoopKind::kVectorised && !in_map_) {
    throw NotUnderstood{"T.vectorized", "stands around more than stores"};
  }
  around_.push_back(step.range);
  Read(inner, &step.body);
  around_.pop_back();
  body->push_back(Step{std::move(step)});
}

void StepReader::RequireNoRace(const Map& map) const {
  bool in_no_order = false;
  for (const LoopRange& loop : map.loops) {
    in_no_order |= loop.kind == LoopKind::kParallel || loop.kind == LoopKind::kThread;
  }
  if (!in_no_order) return;
  Symbols symbols(scope_.program());
  symbols.BindBlocks(launch());
  for (const LoopRange& loop : around_) symbols.BindLoop(loop);
  if (MayRace(map, scope_.program(), &symbols)) {
    throw NotUnderstood{"T.Parallel", "may be racy: one of its points stores what another uses"};
  }
}

void StepReader::ReadMap(const ffi::Object* loop, Body* body) {
  struct InMap {
    explicit InMap(bool* flag) : flag(flag) { *flag = true; }
    ~InMap() { *flag = false; }
    bool* flag;
  } in_map(&in_map_);
  Map map;
  ffi::Any inner;
  while (true) {
    RequireKnownFields(loop);
    Loop annotated;
    ReadLoopAnnotations(loop, &annotated);
    map.loops.push_back(Range(loop));
    inner = OnlyStatement(Field(loop, "body"));
    if (!IsLoop(inner)) break;
    loop = ObjectOf(inner);
  }
  Read(inner, &map.body);
  if (map.body.empty()) return;
  RequireNoRace(map);
  body->push_back(Step{std::move(map)});
}

void StepReader::ReadIf(const ffi::Object* stmt, Body* body) {
  ExprRef condition = exprs_.Read(Field(stmt, "condition"));
  // A constant, once dims are bound, says which branch there is.
  if (ConstOf(condition)) {
    return Read(Field(stmt, *ConstOf(condition) != 0 ? "then_case" : "else_case"), body);
  }
  When when{condition, {}, {}};
  Read(Field(stmt, "then_case"), &when.then_body);
  Read(Field(stmt, "else_case"), &when.else_body);
  if (when.then_body.empty() && when.else_body.empty()) return;
  body->push_back(Step{std::move(when)});
}

void StepReader::ReadAttr(const ffi::Object* stmt, Body* body) {
  if (BindingOf(stmt)) return ReadFor(stmt, body);
  std::string key(Field(stmt, "attr_key").cast<ffi::String>());
  if (HarmlessBlockAttribute(key) == nullptr) {
    throw NotUnderstood{key, "is an attribute that no rule knows"};
  }
  Read(Field(stmt, "body"), body);
}

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
