/*!
 * \file program/json/json_read_expr.cc
 * \brief Expressions from JSON; see json_read.h.
 */
#include <cmath>
#include <limits>

#include "json_names.h"
#include "json_read.h"

namespace tilelang_tt {
namespace program {
namespace {

constexpr Dtype kUInt64{1, 64};

/*! The integers that a dtype holds; of uint64 those that fit an int64. */
std::pair<int64_t, int64_t> BoundsOf(Dtype dtype) {
  bool is_signed = dtype.code == 0;
  if (dtype.is_bool()) return {0, 1};
  if (dtype.bits >= 64) return {is_signed ? INT64_MIN : 0, INT64_MAX};
  int64_t half = int64_t{1} << (dtype.bits - 1);
  return is_signed ? std::pair(-half, half - 1) : std::pair(int64_t{0}, 2 * half - 1);
}

}  // namespace

ExprRef ExprReader::Read(const JsonAt& at) {
  const JsonValue& value = at.value();
  if (value.kind == JsonValue::Kind::kInt) return ReadInt(at, kInt32);
  if (value.kind == JsonValue::Kind::kBool) return program_.arena.Int(value.boolean, kBool);
  if (value.kind != JsonValue::Kind::kMap || value.keys.size() != 1) {
    at.Fail("an expression: an integer, true, false, or an object with one key");
  }
  const std::string& key = value.keys[0];
  JsonAt inner = at[key];
  if (key == "var") {
    int id = static_cast<int>(inner.Int(0, static_cast<int64_t>(program_.variables.size()) - 1));
    if (!InScope(id)) inner.Fail("a variable that is bound here");
    return program_.arena.Var(id, program_.variables[id].dtype);
  }
  if (key == "load") return ReadLoad(inner);
  if (key == "int" || key == "float" || key == "cast" || key == "bits") {
    if (inner.Size() != 2) inner.Fail("two items");
    if (key == "float") return ReadFloat(inner);
    if (key == "int") {
      JsonAt dtype_at = inner[1];
      Dtype dtype = ReadDtype(dtype_at);
      if (!dtype.is_integer() || dtype == kInt32) {
        dtype_at.Fail("an integer's dtype; one of int32 is a number by itself");
      }
      return ReadInt(inner[0], dtype);
    }
    Dtype dtype = ReadDtype(inner[0]);
    ExprRef operand = Read(inner[1]);
    if (key == "bits" && operand->dtype.bits != dtype.bits) {
      inner.Fail(NameOf(operand->dtype) + " as " + NameOf(dtype), "dtypes of one size");
    }
    return program_.arena.Cast(key == "bits" ? Op::kBits : Op::kCast, dtype, operand);
  }
  std::optional<Op> op = OpOfKey(key);
  if (!op) at.Fail("an operation of docs/program.md");
  return ReadApply(inner, *op);
}

ExprRef ExprReader::ReadInt(const JsonAt& at, Dtype dtype) {
  if (dtype == kUInt64 && at.value().beyond_int64) {
    return program_.arena.Int(at.value().integer, dtype);
  }
  auto [least, most] = BoundsOf(dtype);
  return program_.arena.Int(at.Int(least, most), dtype);
}

ExprRef ExprReader::ReadFloat(const JsonAt& pair) {
  JsonAt dtype_at = pair[1];
  Dtype dtype = ReadDtype(dtype_at);
  if (!dtype.is_float()) dtype_at.Fail("a dtype of floating point");
  JsonAt at = pair[0];
  const JsonValue& value = at.value();
  if (value.kind == JsonValue::Kind::kReal) return program_.arena.Float(value.real, dtype);
  if (value.kind != JsonValue::Kind::kMap) at.Fail("a number with a point, or a special one");
  at.Only({"special"});
  JsonAt name = at["special"];
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (name.Text() == "inf") return program_.arena.Float(kInfinity, dtype);
  if (name.Text() == "-inf") return program_.arena.Float(-kInfinity, dtype);
  if (name.Text() == "nan") return program_.arena.Float(std::nan(""), dtype);
  name.Fail("inf, -inf or nan");
}

ExprRef ExprReader::ReadLoad(const JsonAt& list) {
  if (list.Size() == 0) list.Fail("a buffer and its indices");
  int buffer = ReadBuffer(list[0]);
  std::vector<ExprRef> indices;
  for (size_t i = 1; i < list.Size(); ++i) indices.push_back(ReadInteger(list[i]));
  const Buffer& loaded = program_.buffers[buffer];
  if (indices.size() != loaded.shape.size()) {
    list.Fail(std::to_string(indices.size()) + " indices",
              std::to_string(loaded.shape.size()) + ", one each a dimension of " + loaded.name);
  }
  return program_.arena.Load(buffer, loaded.dtype, std::move(indices));
}

ExprRef ExprReader::ReadApply(const JsonAt& list, Op op) {
  size_t arity = ArityOf(op);
  if (list.Size() != arity) list.Fail(std::to_string(arity) + " operands");
  std::vector<ExprRef> args;
  for (size_t i = 0; i < arity; ++i) {
    JsonAt at = list[i];
    args.push_back(Read(at));
    Dtype dtype = args.back()->dtype;
    size_t first = op == Op::kSelect ? 1 : 0;
    if (i < first && !dtype.is_bool()) at.Fail(NameOf(dtype), "bool");
    if (i >= first && !Takes(op, dtype)) at.Fail(NameOf(dtype), "a dtype that the operation has");
    if (i > first && dtype != args[first]->dtype) {
      at.Fail(NameOf(dtype), NameOf(args[first]->dtype) + ", as the operand before; cast one");
    }
  }
  return program_.arena.Apply(op, std::move(args));
}

ExprRef ExprReader::ReadInteger(const JsonAt& at) {
  ExprRef expr = Read(at);
  if (!expr->dtype.is_integer()) at.Fail(NameOf(expr->dtype), "an integer");
  return expr;
}

ExprRef ExprReader::ReadIntegerOrZero(const JsonAt& at, std::string_view key) {
  return at.Has(key) ? ReadInteger(at[key]) : program_.arena.Int(0);
}

ExprRef ExprReader::ReadCondition(const JsonAt& at) {
  ExprRef expr = Read(at);
  if (!expr->dtype.is_bool()) at.Fail(NameOf(expr->dtype), "bool");
  return expr;
}

std::vector<ExprRef> ExprReader::ReadIntegers(const JsonAt& at, int buffer) {
  const Buffer& of = program_.buffers[buffer];
  if (at.Size() != of.shape.size()) {
    at.Fail(std::to_string(of.shape.size()) + " items, one each a dimension of " + of.name);
  }
  std::vector<ExprRef> exprs;
  for (size_t i = 0; i < at.Size(); ++i) exprs.push_back(ReadInteger(at[i]));
  return exprs;
}

int ExprReader::ReadBuffer(const JsonAt& at) {
  return static_cast<int>(at.Int(0, static_cast<int64_t>(program_.buffers.size()) - 1));
}

int ExprReader::ReadVariable(const JsonAt& at, Variable::Kind kind) {
  int id = static_cast<int>(at.Int(0, static_cast<int64_t>(program_.variables.size()) - 1));
  Variable::Kind found = program_.variables[id].kind;
  if (found != kind) {
    at.Fail("a " + std::string(NameIn(kVariableKinds, found)) + " variable",
            "a " + std::string(NameIn(kVariableKinds, kind)) + " variable");
  }
  return id;
}

Dtype ExprReader::ReadDtype(const JsonAt& at) {
  std::optional<Dtype> dtype = DtypeOfName(at.Text());
  if (!dtype) at.Fail("a dtype's name");
  return *dtype;
}

void ExprReader::Bind(const JsonAt& at, int variable) {
  bound_.resize(program_.variables.size());
  visible_.resize(program_.variables.size());
  if (bound_[variable]) {
    at.Fail("variable " + std::to_string(variable) + " again", "each variable bound once");
  }
  bound_[variable] = visible_[variable] = true;
  scope_.push_back(variable);
}

void ExprReader::Leave(size_t mark) {
  for (; scope_.size() > mark; scope_.pop_back()) visible_[scope_.back()] = false;
}

ExprRef ExprReader::ReadOfDtype(const JsonAt& at, Dtype dtype) {
  ExprRef expr = Read(at);
  if (expr->dtype != dtype) at.Fail(NameOf(expr->dtype), NameOf(dtype));
  return expr;
}

bool ExprReader::InScope(int variable) const {
  return program_.variables[variable].kind == Variable::Kind::kScalar ||
         (!visible_.empty() && visible_[variable]);
}

}  // namespace program
}  // namespace tilelang_tt
