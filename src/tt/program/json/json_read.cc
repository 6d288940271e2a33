/*!
 * \file program/json/json_read.cc
 * \brief A tile program from text; see json.h.
 */
#include "json_read.h"

#include <algorithm>
#include <set>

#include "json.h"
#include "json_names.h"

namespace tilelang_tt {
namespace program {
namespace {

/*! Deeper nesting is refused before it can exhaust the stack. */
constexpr int kMostNestedSteps = 256;

template <typename Enum, size_t n>
Enum Named(const JsonAt& at, const char* const (&names)[n]) {
  for (size_t i = 0; i < n; ++i) {
    if (at.Text() == names[i]) return static_cast<Enum>(i);
  }
  std::string all;
  for (const char* name : names) all += (all.empty() ? "" : ", ") + std::string(name);
  at.Fail("one of " + all);
}

std::vector<int64_t> ReadInts(const JsonAt& at) {
  std::vector<int64_t> ints;
  for (size_t i = 0; i < at.Size(); ++i) ints.push_back(at[i].Int());
  return ints;
}

class ProgramReader {
 public:
  Program Document(const JsonAt& at) {
    at.Only({"version", "buffers", "variables", "launches"});
    at["version"].Int(1, 1);
    JsonAt variables = at["variables"];
    for (size_t i = 0; i < variables.Size(); ++i) {
      program_.variables.push_back(ReadVariable(variables[i]));
    }
    JsonAt buffers = at["buffers"];
    for (size_t i = 0; i < buffers.Size(); ++i) program_.buffers.push_back(ReadBuffer(buffers[i]));
    for (size_t i = 0; i < buffers.Size(); ++i) CheckView(buffers[i], program_.buffers[i]);
    JsonAt launches = at["launches"];
    for (size_t i = 0; i < launches.Size(); ++i) ReadLaunch(launches[i]);
    return std::move(program_);
  }

 private:
  /*! Where a step stands: what may stand there with it. */
  struct Place {
    bool in_map = false;
    bool in_loop = false;
    int depth = 0;
  };

  /*! A place among the function's parameters, which only one buffer or scalar has. */
  int ReadParam(const JsonAt& at) {
    int param = static_cast<int>(at.Int(0, INT32_MAX));
    if (!params_.insert(param).second) {
      at.Fail(std::to_string(param) + " a second time", "a place of its own");
    }
    return param;
  }

  Variable ReadVariable(const JsonAt& at) {
    at.Only({"name", "kind", "param", "dtype"});
    Variable variable{};
    variable.kind = Named<Variable::Kind>(at["kind"], kVariableKinds);
    variable.name = ReadText(at["name"]);
    bool scalar = variable.kind == Variable::Kind::kScalar;
    if (scalar) variable.param = ReadParam(at["param"]);
    if (!scalar && at.Has("param")) at.Fail("\"param\"", "none, but of a scalar");
    JsonAt dtype = at["dtype"];
    variable.dtype = exprs_.ReadDtype(dtype);
    bool counts = variable.kind == Variable::Kind::kBlock || variable.kind == Variable::Kind::kLoop;
    if (counts && !variable.dtype.is_integer()) dtype.Fail("an integer's dtype");
    return variable;
  }

  Buffer ReadBuffer(const JsonAt& at) {
    Buffer buffer{};
    buffer.kind = Named<Buffer::Kind>(at["kind"], kBufferKinds);
    buffer.name = ReadText(at["name"]);
    switch (buffer.kind) {
      case Buffer::Kind::kTensor:
        at.Only({"name", "kind", "param", "dtype", "shape", "pad"});
        buffer.param = ReadParam(at["param"]);
        break;
      case Buffer::Kind::kWorkspace:
        at.Only({"name", "kind", "dtype", "shape", "pad"});
        break;
      case Buffer::Kind::kScratch:
        at.Only({"name", "kind", "scope", "dtype", "shape"});
        buffer.scope = ReadText(at["scope"]);
        break;
      case Buffer::Kind::kView:
        at.Only({"name", "kind", "of", "offset", "dtype", "shape"});
        buffer.of = static_cast<int>(at["of"].Int(0, INT32_MAX));
        buffer.offset = at["offset"].Int(0, INT64_MAX);
        break;
    }
    buffer.dtype = exprs_.ReadDtype(at["dtype"]);
    JsonAt shape = at["shape"];
    // So many elements that their number still fits, whatever is computed with it.
    int64_t room = int64_t{1} << 48;
    for (size_t i = 0; i < shape.Size(); ++i) {
      buffer.shape.push_back(shape[i].Int(1, room));
      room /= buffer.shape.back();
    }
    if (at.Has("pad")) {
      JsonAt pad = at["pad"];
      buffer.pad = exprs_.Read(pad);
      if (buffer.pad->op != Op::kInt && buffer.pad->op != Op::kFloat) pad.Fail("a constant");
    }
    return buffer;
  }

  void CheckView(const JsonAt& at, const Buffer& view) {
    if (view.kind != Buffer::Kind::kView) return;
    JsonAt of = at["of"];
    of.Int(0, static_cast<int64_t>(program_.buffers.size()) - 1);
    const Buffer& storage = program_.buffers[view.of];
    if (storage.kind == Buffer::Kind::kView) of.Fail("a view", "a buffer that is none");
    auto bits = [](const Buffer& buffer) {
      int64_t size = buffer.dtype.bits;
      for (int64_t extent : buffer.shape) size *= extent;
      return size;
    };
    if (view.offset > bits(storage) / view.dtype.bits ||
        view.offset * view.dtype.bits + bits(view) > bits(storage)) {
      at.Fail("a view that ends beyond " + storage.name, "one within it");
    }
  }

  void ReadLaunch(const JsonAt& at) {
    at.Only({"grid", "indices", "body"});
    Launch launch;
    JsonAt grid = at["grid"], indices = at["indices"];
    if (grid.Size() != 3) grid.Fail("three extents");
    if (indices.Size() != 3) indices.Fail("three variables, or null");
    size_t mark = exprs_.Mark();
    for (size_t i = 0; i < 3; ++i) {
      launch.grid[i] = grid[i].Int(1, UINT32_MAX);
      JsonAt index = indices[i];
      if (index.value().kind == JsonValue::Kind::kNull) continue;
      launch.indices[i] = exprs_.ReadVariable(index, Variable::Kind::kBlock);
      exprs_.Bind(index, launch.indices[i]);
    }
    launch.body = ReadBody(at["body"], {});
    exprs_.Leave(mark);
    program_.launches.push_back(std::move(launch));
  }

  Body ReadBody(const JsonAt& at, Place place) {
    Body body;
    if (++place.depth > kMostNestedSteps) {
      at.Fail("steps nested deeper than that", std::to_string(kMostNestedSteps) + " at most");
    }
    size_t mark = exprs_.Mark();
    for (size_t i = 0; i < at.Size(); ++i) body.push_back(ReadStep(at[i], place));
    exprs_.Leave(mark);
    return body;
  }

  Step ReadStep(const JsonAt& at, Place place) {
    JsonAt name = at["step"];
    const std::string& step = name.Text();
    if (step == "when") return {ReadWhen(at, place)};
    if (step == "let") return {ReadLet(at)};
    if (step == "loop") return {ReadLoop(at, place)};
    if (place.in_map) {
      if (step == "store") return {ReadStore(at)};
      if (step == "atomic") return {ReadAtomicStore(at)};
      name.Fail("store, atomic, when, let or loop, since it stands in a map");
    }
    if (step == "copy") return {ReadCopy(at)};
    if (step == "fill") return {ReadFill(at)};
    if (step == "gemm") return {ReadGemm(at)};
    if (step == "reduce") return {ReadReduce(at)};
    if (step == "scan") return {ReadScan(at)};
    if (step == "transpose") return {ReadTranspose(at)};
    if (step == "atomic") return {ReadAtomic(at)};
    if (step == "map") return {ReadMap(at, place)};
    if (step == "while") return {ReadWhile(at, place)};
    if (step == "assign") return {ReadAssign(at)};
    if (step == "opaque") return {ReadOpaque(at)};
    if (step == "break" || step == "continue" || step == "barrier") {
      at.Only({"step"});
      if (step == "barrier") return {Barrier{}};
      if (!place.in_loop) name.Fail("a loop or a while around it");
      if (step == "break") return {Break{}};
      return {Continue{}};
    }
    name.Fail("a step of docs/program.md");
  }

  Copy ReadCopy(const JsonAt& at) {
    at.Only({"step", "src", "dst"});
    Copy step{ReadRegion(at["src"]), ReadRegion(at["dst"])};
    CheckAlike(at, step.src, step.dst);
    return step;
  }

  Fill ReadFill(const JsonAt& at) {
    at.Only({"step", "dst", "value"});
    return {ReadRegion(at["dst"]), exprs_.Read(at["value"])};
  }

  Gemm ReadGemm(const JsonAt& at) {
    at.Only({"step", "a", "b", "c", "transpose_a", "transpose_b", "clear"});
    Gemm step{ReadMatrix(at["a"]), ReadMatrix(at["b"]), ReadMatrix(at["c"]), false, false, nullptr};
    step.transpose_a = ReadFlag(at, "transpose_a", false);
    step.transpose_b = ReadFlag(at, "transpose_b", false);
    step.clear = at.Has("clear") ? exprs_.ReadCondition(at["clear"]) : program_.arena.Int(0, kBool);
    for (const auto& [key, region] : {std::pair{"a", &step.a}, {"b", &step.b}, {"c", &step.c}}) {
      JsonAt place = at[key];
      for (size_t i = 0; i + 2 < region->shape.size(); ++i) {
        if (ConstOf(region->shape[i]).value_or(1) != 1) {
          place.Fail("a leading extent other than 1", "one matrix");
        }
      }
      CheckNumbers(place, *region);
      Dtype held = DtypeOf(*region), sum = DtypeOf(step.c);
      if (!Widens(held, sum)) {
        place.Fail("a buffer of " + NameOf(held),
                   "one that " + NameOf(sum) + " holds without loss");
      }
    }
    auto extent = [](const Region& region, bool last) {
      return region.shape[region.shape.size() - (last ? 1 : 2)];
    };
    CheckEqual(at, extent(step.a, step.transpose_a), extent(step.c, false));
    CheckEqual(at, extent(step.b, !step.transpose_b), extent(step.c, true));
    CheckEqual(at, extent(step.a, !step.transpose_a), extent(step.b, step.transpose_b));
    return step;
  }

  Reduce ReadReduce(const JsonAt& at) {
    at.Only({"step", "kind", "src", "dst", "axis", "clear", "nan"});
    ReduceKind kind = Named<ReduceKind>(at["kind"], kReduceKinds);
    Region src = ReadRegion(at["src"]), dst = ReadRegion(at["dst"]);
    for (const auto& [key, region] : {std::pair{"src", &src}, {"dst", &dst}}) {
      JsonAt place = at[key];
      bool of_bits =
          kind == ReduceKind::kBitAnd || kind == ReduceKind::kBitOr || kind == ReduceKind::kBitXor;
      if (!of_bits) CheckNumbers(place, *region);
      if (of_bits && DtypeOf(*region).is_float()) place.Fail("a buffer of floats", "one of bits");
    }
    int axis = ReadAxis(at["axis"], src);
    CheckAlike(at, src, dst, axis);
    return {kind,
            std::move(src),
            std::move(dst),
            axis,
            ReadFlag(at, "clear", true),
            ReadFlag(at, "nan", false)};
  }

  Scan ReadScan(const JsonAt& at) {
    at.Only({"step", "kind", "src", "dst", "axis", "reverse"});
    ReduceKind kind = Named<ReduceKind>(at["kind"], kScanKinds);
    Region src = ReadRegion(at["src"]), dst = ReadRegion(at["dst"]);
    for (const auto& [key, region] : {std::pair{"src", &src}, {"dst", &dst}}) {
      CheckNumbers(at[key], *region);
    }
    CheckAlike(at, src, dst);
    int axis = ReadAxis(at["axis"], src);
    return {kind, std::move(src), std::move(dst), axis, ReadFlag(at, "reverse", false)};
  }

  Transpose ReadTranspose(const JsonAt& at) {
    at.Only({"step", "src", "dst"});
    Transpose step{ReadMatrix(at["src"]), ReadMatrix(at["dst"])};
    size_t src = step.src.shape.size(), dst = step.dst.shape.size();
    CheckEqual(at, step.src.shape[src - 2], step.dst.shape[dst - 1]);
    CheckEqual(at, step.src.shape[src - 1], step.dst.shape[dst - 2]);
    Region leading_src = step.src, leading_dst = step.dst;
    leading_src.shape.resize(src - 2);
    leading_dst.shape.resize(dst - 2);
    CheckAlike(at, leading_src, leading_dst);
    return step;
  }

  Atomic ReadAtomic(const JsonAt& at) {
    at.Only({"step", "kind", "dst", "value", "src"});
    Atomic step{Named<ReduceKind>(at["kind"], kAtomicKinds), ReadRegion(at["dst"])};
    CheckNumbers(at["dst"], step.dst);
    if (at.Has("value") == at.Has("src")) at.Fail("an update", "one with either value or src");
    if (at.Has("src")) {
      step.src = ReadRegion(at["src"]);
      CheckAlike(at, step.src, step.dst);
    } else {
      step.value = exprs_.Read(at["value"]);
    }
    return step;
  }

  Store ReadStore(const JsonAt& at) {
    at.Only({"step", "buffer", "at", "value"});
    int buffer = exprs_.ReadBuffer(at["buffer"]);
    Dtype dtype = program_.buffers[buffer].dtype;
    return {buffer, exprs_.ReadIntegers(at["at"], buffer), exprs_.ReadOfDtype(at["value"], dtype)};
  }

  AtomicStore ReadAtomicStore(const JsonAt& at) {
    at.Only({"step", "kind", "buffer", "at", "value"});
    JsonAt buffer_at = at["buffer"];
    int buffer = exprs_.ReadBuffer(buffer_at);
    CheckNumbers(buffer_at, {buffer, {}, {}});
    return {Named<ReduceKind>(at["kind"], kAtomicKinds), buffer,
            exprs_.ReadIntegers(at["at"], buffer), exprs_.Read(at["value"])};
  }

  Map ReadMap(const JsonAt& at, Place place) {
    at.Only({"step", "loops", "body"});
    Map step;
    size_t mark = exprs_.Mark();
    JsonAt loops = at["loops"];
    for (size_t i = 0; i < loops.Size(); ++i) {
      JsonAt loop = loops[i];
      loop.Only({"var", "min", "extent", "kind"});
      step.loops.push_back(ReadRange(loop));
    }
    step.body = ReadBody(at["body"], {/*in_map=*/true, /*in_loop=*/false, place.depth});
    exprs_.Leave(mark);
    return step;
  }

  Loop ReadLoop(const JsonAt& at, Place place) {
    if (place.in_map) at.Only({"step", "var", "min", "extent", "kind", "body"});
    at.Only({"step", "var", "min", "extent", "kind", "stages", "order", "stage", "group", "body"});
    Loop step;
    size_t mark = exprs_.Mark();
    step.range = ReadRange(at);
    JsonAt kind = at["kind"];
    if (place.in_map &&
        (step.range.kind == LoopKind::kParallel || step.range.kind == LoopKind::kThread)) {
      kind.Fail("serial, unrolled or vectorised, since it stands in a map");
    }
    if (at.Has("stages")) step.stages = at["stages"].Int(0, INT32_MAX);
    if (at.Has("order")) step.order = ReadInts(at["order"]);
    if (at.Has("stage")) step.stage = ReadInts(at["stage"]);
    if (at.Has("group")) {
      JsonAt groups = at["group"];
      for (size_t i = 0; i < groups.Size(); ++i) step.group.push_back(ReadInts(groups[i]));
    }
    step.body = ReadBody(at["body"], {place.in_map, /*in_loop=*/true, place.depth});
    exprs_.Leave(mark);
    return step;
  }

  LoopRange ReadRange(const JsonAt& at) {
    LoopRange range;
    range.min = exprs_.ReadIntegerOrZero(at, "min");
    range.extent = exprs_.ReadInteger(at["extent"]);
    range.kind = Named<LoopKind>(at["kind"], kLoopKinds);
    JsonAt var = at["var"];
    range.var = exprs_.ReadVariable(var, Variable::Kind::kLoop);
    exprs_.Bind(var, range.var);
    return range;
  }

  While ReadWhile(const JsonAt& at, Place place) {
    at.Only({"step", "condition", "body"});
    return {exprs_.ReadCondition(at["condition"]),
            ReadBody(at["body"], {false, true, place.depth})};
  }

  When ReadWhen(const JsonAt& at, Place place) {
    at.Only({"step", "condition", "then", "else"});
    When step{exprs_.ReadCondition(at["condition"]), ReadBody(at["then"], place), {}};
    if (at.Has("else")) step.else_body = ReadBody(at["else"], place);
    return step;
  }

  Assign ReadAssign(const JsonAt& at) {
    at.Only({"step", "buffer", "value"});
    JsonAt place = at["buffer"];
    int id = exprs_.ReadBuffer(place);
    const Buffer& buffer = program_.buffers[id];
    if (buffer.kind != Buffer::Kind::kScratch || buffer.shape.size() > 1 ||
        (buffer.shape.size() == 1 && buffer.shape[0] != 1)) {
      place.Fail(std::to_string(id) + " (" + buffer.name + ")", "scratch of one element");
    }
    return {id, exprs_.ReadOfDtype(at["value"], buffer.dtype)};
  }

  Let ReadLet(const JsonAt& at) {
    at.Only({"step", "var", "value"});
    JsonAt var = at["var"], value = at["value"];
    Let step{exprs_.ReadVariable(var, Variable::Kind::kLet), exprs_.Read(value)};
    Dtype dtype = program_.variables[step.var].dtype;
    if (step.value->dtype != dtype) {
      value.Fail(NameOf(step.value->dtype), NameOf(dtype) + ", as the variable");
    }
    exprs_.Bind(var, step.var);
    return step;
  }

  Opaque ReadOpaque(const JsonAt& at) {
    at.Only({"step", "op", "reason", "reads", "writes", "variables"});
    Opaque step{ReadText(at["op"]), ReadText(at["reason"]), {}, {}, {}};
    auto buffers = [&](const JsonAt& list, std::vector<int>* ids) {
      for (size_t i = 0; i < list.Size(); ++i) {
        JsonAt item = list[i];
        int id = exprs_.ReadBuffer(item);
        if (std::find(ids->begin(), ids->end(), id) != ids->end()) item.Fail("each buffer once");
        ids->push_back(id);
      }
    };
    buffers(at["reads"], &step.reads);
    buffers(at["writes"], &step.writes);
    if (!at.Has("variables")) return step;
    // It binds them, for the rest of the body it stands in.
    JsonAt variables = at["variables"];
    for (size_t i = 0; i < variables.Size(); ++i) {
      JsonAt variable = variables[i];
      step.variables.push_back(exprs_.ReadVariable(variable, Variable::Kind::kLet));
      exprs_.Bind(variable, step.variables.back());
    }
    return step;
  }

  Region ReadRegion(const JsonAt& at) {
    at.Only({"buffer", "at", "shape"});
    int buffer = exprs_.ReadBuffer(at["buffer"]);
    Region region{buffer, exprs_.ReadIntegers(at["at"], buffer), {}};
    JsonAt shape = at["shape"];
    region.shape = exprs_.ReadIntegers(shape, buffer);
    for (size_t i = 0; i < region.shape.size(); ++i) {
      if (ConstOf(region.shape[i]).value_or(0) < 0) shape[i].Fail("an extent, at least 0");
    }
    return region;
  }

  Dtype DtypeOf(const Region& region) const { return program_.buffers[region.buffer].dtype; }

  void CheckNumbers(const JsonAt& at, const Region& region) const {
    Dtype dtype = DtypeOf(region);
    if (!dtype.is_integer() && !dtype.is_float())
      at.Fail("a buffer of " + NameOf(dtype), "numbers");
  }

  static void CheckEqual(const JsonAt& at, ExprRef a, ExprRef b) {
    std::optional<int64_t> of_a = ConstOf(a), of_b = ConstOf(b);
    if (of_a && of_b && *of_a != *of_b) {
      at.Fail("extents " + std::to_string(*of_a) + " and " + std::to_string(*of_b), "the same");
    }
  }

  static std::string ReadText(const JsonAt& at) {
    if (at.Text().empty()) at.Fail("at least one character");
    return at.Text();
  }

  Region ReadMatrix(const JsonAt& at) {
    Region region = ReadRegion(at);
    if (region.at.size() < 2) at.Fail("a region of less than two dimensions", "a matrix");
    return region;
  }

  int ReadAxis(const JsonAt& at, const Region& region) {
    return static_cast<int>(at.Int(0, static_cast<int64_t>(region.at.size()) - 1));
  }

  bool ReadFlag(const JsonAt& at, std::string_view key, bool absent) {
    return at.Has(key) ? at[key].Bool() : absent;
  }

  /*! Two regions have the same extents in the same order, but for those that are 1 and for src's
   *  along an axis; where one is no constant, that shows when the program runs. */
  void CheckAlike(const JsonAt& at, const Region& src, const Region& dst, int without = -1) {
    bool known = true;
    auto extents = [&known](const Region& region, int dropped) {
      std::vector<int64_t> counted;
      for (size_t i = 0; i < region.shape.size(); ++i) {
        if (static_cast<int>(i) == dropped) continue;
        std::optional<int64_t> extent = ConstOf(region.shape[i]);
        known &= extent.has_value();
        if (extent.value_or(1) != 1) counted.push_back(*extent);
      }
      return counted;
    };
    std::vector<int64_t> from = extents(src, without), to = extents(dst, -1);
    if (!known || from == to) return;
    auto text = [](const std::vector<ExprRef>& shape) {
      std::string all;
      for (ExprRef extent : shape) all += (all.empty() ? "" : ", ") + ToJson(extent);
      return "[" + all + "]";
    };
    at.Fail("src of " + text(src.shape) + " and dst of " + text(dst.shape),
            "the same extents in the same order, but for those that are 1");
  }

  Program program_;
  ExprReader exprs_{&program_};
  std::set<int> params_;
};

}  // namespace

Program FromJson(std::string_view text) { return FromJson(ParseJson(text)); }

Program FromJson(const JsonValue& document) { return ProgramReader().Document(JsonAt(document)); }

}  // namespace program
}  // namespace tilelang_tt
