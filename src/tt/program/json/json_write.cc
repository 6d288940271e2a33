/*!
 * \file program/json/json_write.cc
 * \brief A tile program as canonical text; see json.h.
 */
#include <cmath>

#include "json.h"
#include "json_names.h"
#include "json_text.h"

namespace tilelang_tt {
namespace program {
namespace {

class Writer {
 public:
  std::string Take() { return std::move(out_); }

  void Document(const Program& program) {
    out_.reserve(4096);
    Raw("{\"version\":1,\"buffers\":");
    List(program.buffers, [this](const Buffer& buffer) { Write(buffer); });
    Raw(",\"variables\":");
    List(program.variables, [this](const Variable& variable) { Write(variable); });
    Raw(",\"launches\":");
    List(program.launches, [this](const Launch& launch) { Write(launch); });
    Raw("}");
  }

  void Write(ExprRef expr) {
    switch (expr->op) {
      case Op::kInt:
        if (expr->dtype == kInt32) return Int(expr->value);
        if (expr->dtype.is_bool()) return Raw(expr->value != 0 ? "true" : "false");
        Raw("{\"int\":[");
        if (expr->value < 0 && expr->dtype.code == 1) {  // a uint64's 64 bits
          Raw(std::to_string(static_cast<uint64_t>(expr->value)));
        } else {
          Int(expr->value);
        }
        return Dtyped(expr->dtype);
      case Op::kFloat:
        Raw("{\"float\":[");
        Real(expr->real);
        return Dtyped(expr->dtype);
      case Op::kVar:
        Raw("{\"var\":");
        Int(expr->value);
        return Raw("}");
      case Op::kLoad:
        Raw("{\"load\":[");
        Int(expr->value);
        for (ExprRef index : expr->args) Comma(), Write(index);
        return Raw("]}");
      case Op::kCast:
      case Op::kBits:
        Head(expr->op);
        Name(expr->dtype);
        Comma();
        Write(expr->args[0]);
        return Raw("]}");
      default:
        Head(expr->op);
        for (size_t i = 0; i < expr->args.size(); ++i) {
          if (i > 0) Comma();
          Write(expr->args[i]);
        }
        return Raw("]}");
    }
  }

 private:
  void Write(const Buffer& buffer) {
    Raw("{\"name\":");
    AppendQuoted(buffer.name, &out_);
    Text("kind", NameIn(kBufferKinds, buffer.kind));
    if (buffer.kind == Buffer::Kind::kTensor) Number("param", buffer.param);
    if (buffer.kind == Buffer::Kind::kScratch) Text("scope", buffer.scope);
    if (buffer.kind == Buffer::Kind::kView) {
      Number("of", buffer.of);
      Number("offset", buffer.offset);
    }
    Key("dtype");
    Name(buffer.dtype);
    Key("shape");
    Ints(buffer.shape);
    if (buffer.pad != nullptr) Value("pad", buffer.pad);
    Raw("}");
  }

  void Write(const Variable& variable) {
    Raw("{\"name\":");
    AppendQuoted(variable.name, &out_);
    Text("kind", NameIn(kVariableKinds, variable.kind));
    if (variable.kind == Variable::Kind::kScalar) Number("param", variable.param);
    Key("dtype");
    Name(variable.dtype);
    Raw("}");
  }

  void Write(const Launch& launch) {
    Raw("{\"grid\":");
    Ints(launch.grid);
    Key("indices");
    List(launch.indices, [this](int id) { id < 0 ? Raw("null") : Int(id); });
    Steps("body", launch.body);
    Raw("}");
  }

  void Write(const Step& step) {
    Raw("{\"step\":");
    std::visit([this](const auto& node) { Write(node); }, step.node);
    Raw("}");
  }

  void Write(const Copy& step) {
    Raw("\"copy\"");
    Area("src", step.src);
    Area("dst", step.dst);
  }
  void Write(const Fill& step) {
    Raw("\"fill\"");
    Area("dst", step.dst);
    Value("value", step.value);
  }
  void Write(const Gemm& step) {
    Raw("\"gemm\"");
    Area("a", step.a);
    Area("b", step.b);
    Area("c", step.c);
    if (step.transpose_a) Flag("transpose_a", true);
    if (step.transpose_b) Flag("transpose_b", true);
    if (!step.clear->dtype.is_bool() || ConstOf(step.clear) != 0) Value("clear", step.clear);
  }
  void Write(const Reduce& step) {
    Raw("\"reduce\"");
    Text("kind", NameIn(kReduceKinds, step.kind));
    Area("src", step.src);
    Area("dst", step.dst);
    Number("axis", step.axis);
    if (!step.clear) Flag("clear", false);
    if (step.nan) Flag("nan", true);
  }
  void Write(const Scan& step) {
    Raw("\"scan\"");
    Text("kind", NameIn(kReduceKinds, step.kind));
    Area("src", step.src);
    Area("dst", step.dst);
    Number("axis", step.axis);
    if (step.reverse) Flag("reverse", true);
  }
  void Write(const Transpose& step) {
    Raw("\"transpose\"");
    Area("src", step.src);
    Area("dst", step.dst);
  }
  void Write(const Atomic& step) {
    Raw("\"atomic\"");
    Text("kind", NameIn(kAtomicKinds, step.kind));
    Area("dst", step.dst);
    if (step.src.buffer >= 0) {
      Area("src", step.src);
    } else {
      Value("value", step.value);
    }
  }
  void Write(const Store& step) {
    Raw("\"store\"");
    Element(step.buffer, step.at, step.value);
  }
  void Write(const AtomicStore& step) {
    Raw("\"atomic\"");
    Text("kind", NameIn(kAtomicKinds, step.kind));
    Element(step.buffer, step.at, step.value);
  }
  void Write(const Map& step) {
    Raw("\"map\"");
    Key("loops");
    List(step.loops, [this](const LoopRange& range) {
      Raw("{");
      Range(range);
      Raw("}");
    });
    Steps("body", step.body);
  }
  void Write(const Loop& step) {
    Raw("\"loop\",");
    Range(step.range);
    if (step.stages != 0) Number("stages", step.stages);
    if (!step.order.empty()) Key("order"), Ints(step.order);
    if (!step.stage.empty()) Key("stage"), Ints(step.stage);
    if (!step.group.empty()) {
      Key("group");
      List(step.group, [this](const std::vector<int64_t>& ids) { Ints(ids); });
    }
    Steps("body", step.body);
  }
  void Write(const While& step) {
    Raw("\"while\"");
    Value("condition", step.condition);
    Steps("body", step.body);
  }
  void Write(const When& step) {
    Raw("\"when\"");
    Value("condition", step.condition);
    Steps("then", step.then_body);
    if (!step.else_body.empty()) Steps("else", step.else_body);
  }
  void Write(const Assign& step) {
    Raw("\"assign\"");
    Number("buffer", step.buffer);
    Value("value", step.value);
  }
  void Write(const Let& step) {
    Raw("\"let\"");
    Number("var", step.var);
    Value("value", step.value);
  }
  void Write(const Break&) { Raw("\"break\""); }
  void Write(const Continue&) { Raw("\"continue\""); }
  void Write(const Barrier&) { Raw("\"barrier\""); }
  void Write(const Opaque& step) {
    Raw("\"opaque\"");
    Text("op", step.op);
    Text("reason", step.reason);
    Key("reads");
    Ints(step.reads);
    Key("writes");
    Ints(step.writes);
    if (!step.variables.empty()) Key("variables"), Ints(step.variables);
  }

  void Range(const LoopRange& range) {
    Raw("\"var\":");
    Int(range.var);
    if (ConstOf(range.min) != 0) Value("min", range.min);
    Value("extent", range.extent);
    Text("kind", NameIn(kLoopKinds, range.kind));
  }
  void Area(std::string_view key, const Region& region) {
    Key(key);
    Raw("{\"buffer\":");
    Int(region.buffer);
    Exprs("at", region.at);
    Exprs("shape", region.shape);
    Raw("}");
  }
  void Element(int buffer, const std::vector<ExprRef>& at, ExprRef value) {
    Number("buffer", buffer);
    Exprs("at", at);
    Value("value", value);
  }

  void Key(std::string_view key) {
    out_.append(",\"");
    out_.append(key);
    out_.append("\":");
  }
  void Value(std::string_view key, ExprRef expr) {
    Key(key);
    Write(expr);
  }
  void Number(std::string_view key, int64_t value) {
    Key(key);
    Int(value);
  }
  void Flag(std::string_view key, bool value) {
    Key(key);
    Raw(value ? "true" : "false");
  }
  void Text(std::string_view key, std::string_view text) {
    Key(key);
    AppendQuoted(text, &out_);
  }
  void Exprs(std::string_view key, const std::vector<ExprRef>& exprs) {
    Key(key);
    List(exprs, [this](ExprRef expr) { Write(expr); });
  }
  void Steps(std::string_view key, const Body& body) {
    Key(key);
    List(body, [this](const Step& step) { Write(step); });
  }
  template <typename Items>
  void Ints(const Items& items) {
    List(items, [this](int64_t value) { Int(value); });
  }
  template <typename Items, typename Each>
  void List(const Items& items, const Each& each) {
    out_.push_back('[');
    bool first = true;
    for (const auto& item : items) {
      if (!first) Comma();
      first = false;
      each(item);
    }
    out_.push_back(']');
  }

  void Head(Op op) {
    Raw("{\"");
    Raw(KeyOf(op));
    Raw("\":[");
  }
  /*! The end of [value, dtype]. */
  void Dtyped(Dtype dtype) {
    Comma();
    Name(dtype);
    Raw("]}");
  }
  void Name(Dtype dtype) {
    out_.push_back('"');
    out_.append(NameOf(dtype));
    out_.push_back('"');
  }
  void Real(double value) {
    if (std::isnan(value)) return Raw("{\"special\":\"nan\"}");
    if (std::isinf(value))
      return Raw(value < 0 ? "{\"special\":\"-inf\"}" : "{\"special\":\"inf\"}");
    AppendReal(value, &out_);
  }
  void Comma() { out_.push_back(','); }
  void Int(int64_t value) { AppendInt(value, &out_); }
  void Raw(std::string_view text) { out_.append(text); }

  std::string out_;
};

}  // namespace

std::string ToJson(const Program& program) {
  Writer writer;
  writer.Document(program);
  return writer.Take();
}

std::string ToJson(ExprRef expr) {
  Writer writer;
  writer.Write(expr);
  return writer.Take();
}

}  // namespace program
}  // namespace tilelang_tt
