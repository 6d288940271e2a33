/*!
 * \file ir/read_loops.cc
 * \brief Reading loops, those of maps among them; see read_steps.h.
 */
#include <utility>

#include "../program/analysis/race.h"
#include "operators.h"
#include "read_steps.h"
#include "thread_binding.h"

namespace tilelang_tt {
namespace ir {

using namespace program;  // every kind of step

namespace {

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
  Content content = contents_.Of(inner);
  std::optional<ThreadBinding> binding = BindingOf(loop);
  bool in_no_order = binding.has_value() ||
                     (TypeOf(loop).kind == Kind::kFor && Field(loop, "kind").cast<int64_t>() == 1);
  if (content.only_stores && !in_map_) {
    // Loops that stand around each other alone are the map's; a parallel one further in, beside
    // other statements, would have to be a map of its own.
    ffi::Any below = OnlyStatement(inner);
    while (IsLoop(below)) below = OnlyStatement(Field(ObjectOf(below), "body"));
    if (!contents_.Of(below).parallel_loops) return ReadMap(loop, body);
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

}  // namespace ir
}  // namespace tilelang_tt
