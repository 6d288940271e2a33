/*!
 * \file ir/read_expr.cc
 * \brief Reading expressions; see read_expr.h.
 */
#include "read_expr.h"

#include <limits>
#include <utility>

#include "../program/fold.h"
#include "nesting.h"

namespace tilelang_tt {
namespace ir {

using program::Dtype;
using program::ExprRef;
using program::Op;

namespace {

// What is nested deeper, or is larger once shared parts are written out, makes its step opaque:
// programs are trees, and readers of JSON recurse.
constexpr int kMostDepth = 200;
constexpr int64_t kMostNodes = 100000;

}  // namespace

std::string NodeName(const ffi::Object* node) {
  std::string key = node->GetTypeKey();
  return key.substr(key.rfind('.') + 1);
}

void RequireKnownFields(const ffi::Object* node) {
  if (const TVMFFIFieldInfo* field = TypeOf(node).unknown_field) {
    throw NotUnderstood{NodeName(node), "has the field " +
                                            std::string(field->name.data, field->name.size) +
                                            ", which no rule knows"};
  }
}

bool ExprReader::IsRegion(const ffi::Any& value) {
  if (KindOf(value) != Kind::kCall) return false;
  ffi::String name = CallName(ObjectOf(value));
  const Operator* found = FindOperator({name.data(), name.size()});
  return found != nullptr && found->form == Form::kRegion;
}

ExprRef ExprReader::Read(const ffi::Any& value) {
  switch (value.type_index()) {
    case kTVMFFIInt:
      return arena_.Int(value.cast<int64_t>());
    case kTVMFFIBool:
      return arena_.Int(value.cast<bool>(), program::kBool);
    case kTVMFFIFloat:
      return arena_.Float(value.cast<double>(), program::kFloat32);
    default:
      break;
  }
  const ffi::Object* node = ObjectOf(value);
  if (node == nullptr) throw NotUnderstood{"a value", "is none where an expression is expected"};
  if (TypeOf(node).kind == Kind::kVar) {
    auto deferred = deferred_.find(node);
    return deferred == deferred_.end() ? scope_->Value(node) : Read(deferred->second);
  }
  auto found = read_.find(node);
  if (found != read_.end()) return found->second;
  Level level(&depth_);
  if (depth_ > kMostDepth) {
    throw NotUnderstood{"an expression",
                        "is nested more than " + std::to_string(kMostDepth) + " deep"};
  }
  ExprRef result = ReadNode(node);
  if (result->size > kMostNodes) {
    throw NotUnderstood{"an expression", "has more than " + std::to_string(kMostNodes) +
                                             " nodes once its shared parts are written out"};
  }
  read_[node] = result;
  return result;
}

ExprRef ExprReader::ReadNode(const ffi::Object* node) {
  RequireKnownFields(node);
  const NodeType& type = TypeOf(node);
  switch (type.kind) {
    case Kind::kIntImm: {
      std::optional<Dtype> dtype = DtypeOfNode(node);
      if (!dtype) break;
      return arena_.Int(Field(node, "value").cast<int64_t>(), *dtype);
    }
    case Kind::kFloatImm: {
      std::optional<Dtype> dtype = DtypeOfNode(node);
      if (!dtype) break;
      return arena_.Float(Field(node, "value").cast<double>(), *dtype);
    }
    case Kind::kLoad:
      return ReadLoad(node);
    case Kind::kCast: {
      std::optional<Dtype> dtype = DtypeOfNode(node);
      std::optional<ffi::Any> annotations = TryField(node, "annotations");
      if (annotations && ObjectOf(*annotations) != nullptr) {
        for (const auto& entry : annotations->cast<ffi::Map<ffi::String, ffi::Any>>()) {
          throw NotUnderstood{"Cast", "has the annotation " + std::string(entry.first)};
        }
      }
      ExprRef operand = Read(Field(node, "value"));
      if (!dtype || program::NameOf(*dtype).empty()) break;
      if (operand->op == Op::kInt && dtype->is_integer() && program::Fits(operand->value, *dtype)) {
        return arena_.Int(operand->value, *dtype);
      }
      return arena_.Cast(Op::kCast, *dtype, operand);
    }
    case Kind::kOperation: {
      std::vector<ExprRef> args{Read(Field(node, "a"))};
      if (program::ArityOf(type.op) == 2) args.push_back(Read(Field(node, "b")));
      return Apply(type.op, std::move(args));
    }
    case Kind::kSelect:
      return Apply(Op::kSelect, {Read(Field(node, "condition")), Read(Field(node, "true_value")),
                                 Read(Field(node, "false_value"))});
    case Kind::kLetExpr:
      scope_->Alias(ObjectOf(Field(node, "var")), Read(Field(node, "value")));
      return Read(Field(node, "body"));
    case Kind::kCall:
      return ReadCall(node);
    default:
      break;
  }
  throw NotUnderstood{NodeName(node), "is an expression that the program has no kind for"};
}

ExprRef ExprReader::Apply(Op op, std::vector<ExprRef> args) {
  Dtype of = args[op == Op::kSelect ? 1 : 0]->dtype;
  // Of bools, the lesser and the product are true where both are, the greater where one is.
  if (of.is_bool() && (op == Op::kMul || op == Op::kMin)) op = Op::kAnd;
  if (of.is_bool() && op == Op::kMax) op = Op::kOr;
  if (!program::Takes(op, of)) {
    throw NotUnderstood{program::KeyOf(op), "has operands of " + program::NameOf(of)};
  }
  if (op == Op::kSelect && args[0]->op == Op::kInt) return args[0]->value != 0 ? args[1] : args[2];
  if (args.size() == 2 && args[0]->op == Op::kInt && args[1]->op == Op::kInt) {
    Dtype dtype = program::IsPredicate(op) ? program::kBool : args[0]->dtype;
    std::optional<int64_t> value = program::Fold(op, args[0]->value, args[1]->value);
    if (value && program::Fits(*value, dtype)) return arena_.Int(*value, dtype);
  }
  // -T.infinity(...) is written as a product with -1.
  if (op == Op::kMul && args[0]->op == Op::kFloat && args[1]->op == Op::kFloat &&
      args[1]->real == -1.0) {
    return arena_.Float(-args[0]->real, args[0]->dtype);
  }
  if (op == Op::kNot && args[0]->op == Op::kInt) return arena_.Int(!args[0]->value, program::kBool);
  return arena_.Apply(op, std::move(args));
}

ExprRef ExprReader::ReadLoad(const ffi::Object* load) {
  std::optional<ffi::Any> predicate = TryField(load, "predicate");
  if (predicate && ObjectOf(*predicate) != nullptr) {
    throw NotUnderstood{NodeName(load), "has a predicate"};
  }
  int buffer = scope_->BufferOf(AccessedBuffer(load));
  std::vector<ExprRef> indices;
  for (const ffi::Any& index : ArrayField(load, "indices")) indices.push_back(Read(index));
  const program::Buffer& loaded = scope_->program().buffers[buffer];
  if (indices.size() != loaded.shape.size()) {
    throw NotUnderstood{NodeName(load),
                        "has another number of indices than " + loaded.name + " has dimensions"};
  }
  return arena_.Load(buffer, loaded.dtype, std::move(indices));
}

const Operator& ExprReader::OperatorOf(const ffi::Object* call, const ffi::String& name) const {
  RequireKnownFields(call);
  const Operator* found = FindOperator({name.data(), name.size()});
  if (found == nullptr) {
    std::string text(name);
    throw NotUnderstood{text.empty() ? "a call" : text, "is an operator that no rule knows"};
  }
  if (found->form == Form::kOpaque) throw NotUnderstood{std::string(name), found->reason};
  if (std::optional<ffi::Any> types = TryField(call, "ty_args");
      types && !types->cast<ffi::Array<ffi::Any>>().empty()) {
    throw NotUnderstood{std::string(name), "has type arguments"};
  }
  return *found;
}

void ExprReader::RequireNoExtras(const ffi::Object* call, const ffi::String& name) {
  for (const char* key : {"annotations", "attrs"}) {
    std::optional<ffi::Any> extra = TryField(call, key);
    if (!extra || ObjectOf(*extra) == nullptr) continue;
    const auto* map = extra->as<ffi::MapObj>();
    if (map != nullptr && map->size() == 0) continue;
    throw NotUnderstood{std::string(name), std::string("has ") + key};
  }
}

ExprRef ExprReader::ReadCall(const ffi::Object* call) {
  ffi::String name = CallName(call);
  const Operator& found = OperatorOf(call, name);
  RequireNoExtras(call, name);
  ffi::Array<ffi::Any> args = CallArgs(call);
  auto require = [&](size_t count) {
    if (args.size() != count) {
      throw NotUnderstood{std::string(name), "has " + std::to_string(args.size()) +
                                                 " arguments where " + std::to_string(count) +
                                                 " are expected"};
    }
  };
  std::optional<Dtype> dtype = DtypeOfNode(call);
  if (found.form == Form::kRounded || found.form == Form::kRoundedReciprocal) {
    bool nearest = !args.empty() && ConstString(args[args.size() - 1]) == "rn";
    if (!nearest) throw NotUnderstood{std::string(name), "rounds in another way than to nearest"};
    args.pop_back();
  }
  switch (found.form) {
    case Form::kElement:
    case Form::kRounded: {
      require(program::ArityOf(found.op));
      std::vector<ExprRef> operands;
      for (const ffi::Any& arg : args) operands.push_back(Read(arg));
      // Rounding an integer leaves it as it is; other functions of integers are not defined here.
      bool floating = found.op >= Op::kExp && !operands[0]->dtype.is_float();
      if (floating && found.op >= Op::kFloor && found.op <= Op::kNearbyint) return operands[0];
      if (floating && found.op != Op::kAbs) {
        throw NotUnderstood{std::string(name), "has an operand that is no float"};
      }
      return Apply(found.op, std::move(operands));
    }
    case Form::kReciprocal:
    case Form::kRoundedReciprocal: {
      require(1);
      ExprRef operand = Read(args[0]);
      if (!operand->dtype.is_float()) {
        throw NotUnderstood{std::string(name), "has an operand that is no float"};
      }
      return Apply(Op::kDiv, {arena_.Float(1.0, operand->dtype), operand});
    }
    case Form::kPower: {
      require(2);
      // As TileLang's own loop does it, which multiplies by x each time.
      constexpr int64_t kMost = 64;
      int64_t power = ConstInt(args[1]).value_or(0);
      if (power < 1 || power > kMost) {
        throw NotUnderstood{std::string(name), "has a power that is no constant from 1 to 64"};
      }
      ExprRef factor = Read(args[0]), product = factor;
      while (--power > 0) product = Apply(Op::kMul, {product, factor});
      return product;
    }
    case Form::kOrNan: {
      require(2);
      ExprRef a = Read(args[0]), b = Read(args[1]), extremum = Apply(found.op, {a, b});
      if (!a->dtype.is_float()) return extremum;
      ExprRef second = Apply(Op::kSelect, {Apply(Op::kIsNan, {b}), b, extremum});
      return Apply(Op::kSelect, {Apply(Op::kIsNan, {a}), a, second});
    }
    case Form::kClamp:
      require(3);
      return Apply(Op::kMin, {Apply(Op::kMax, {Read(args[0]), Read(args[1])}), Read(args[2])});
    case Form::kIdentity:
      require(1);
      return Read(args[0]);
    case Form::kReinterpret: {
      require(1);
      ExprRef operand = Read(args[0]);
      if (!dtype || dtype->bits != operand->dtype.bits) {
        throw NotUnderstood{std::string(name), "changes the size of its operand"};
      }
      return arena_.Cast(Op::kBits, *dtype, operand);
    }
    case Form::kInfinity:
      require(1);  // the dtype's name once more
      if (!dtype || !dtype->is_float()) throw NotUnderstood{std::string(name), "is no float"};
      return arena_.Float(std::numeric_limits<double>::infinity(), *dtype);
    default:
      throw NotUnderstood{std::string(name), "is no value"};
  }
}

program::Region ExprReader::ReadRegion(const ffi::Any& value, int64_t mask) {
  if (!IsRegion(value)) throw NotUnderstood{"an operand", "is no region"};
  const ffi::Object* call = ObjectOf(value);
  ffi::Array<ffi::Any> args = CallArgs(call);
  OperatorOf(call, CallName(call));
  RequireNoExtras(call, CallName(call));
  if (args.size() < 2 || KindOf(args[0]) != Kind::kLoad) {
    throw NotUnderstood{"tl.region", "has no first element"};
  }
  if (ConstInt(args[1]) != mask) {
    throw NotUnderstood{"tl.region", "has another access mask than the operator's operand"};
  }
  ExprRef first = ReadLoad(ObjectOf(args[0]));
  program::Region region{static_cast<int>(first->value), first->args, {}};
  for (size_t i = 2; i < args.size(); ++i) region.shape.push_back(Read(args[i]));
  if (region.shape.size() != region.at.size()) {
    throw NotUnderstood{"tl.region", "has another number of extents than dimensions"};
  }
  return region;
}

}  // namespace ir
}  // namespace tilelang_tt
