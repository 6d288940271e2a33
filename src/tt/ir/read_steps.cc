/*!
 * \file ir/read_steps.cc
 * \brief Reading statements; see read_steps.h.
 */
#include "read_steps.h"

#include <utility>

#include "accesses.h"
#include "nesting.h"
#include "operators.h"
#include "read_tile_op.h"
#include "thread_binding.h"

namespace tilelang_tt {
namespace ir {

using namespace program;  // every kind of step

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
  Level level(&depth_);
  if (depth_ > kMostStatementDepth) {
    throw NotUnderstood{NodeName(node),
                        "is nested more than " + std::to_string(kMostStatementDepth) + " deep"};
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

}  // namespace ir
}  // namespace tilelang_tt
