/*!
 * \file ir/read_tile_op.cc
 * \brief Reading tile operators; see read_tile_op.h.
 */
#include "read_tile_op.h"

#include <string>
#include <utility>
#include <vector>

namespace tilelang_tt {
namespace ir {
namespace {

using namespace program;  // every kind of step

constexpr int64_t kRegionRead = 1;
constexpr int64_t kRegionWritten = 2;
constexpr int64_t kRegionBoth = 3;

class TileOpReader {
 public:
  TileOpReader(const ffi::Object* call, ExprReader* exprs)
      : call_(call), name_(CallName(call)), args_(CallArgs(call)), exprs_(*exprs) {}

  std::optional<Step> Read() {
    const Operator& found = exprs_.OperatorOf(call_, name_);
    switch (found.form) {
      case Form::kCopy:
        CheckAnnotations();
        RequireArgs(2);
        return ReadCopy();
      case Form::kFill:
        CheckAnnotations();
        RequireArgs(2);
        return Step{Fill{exprs_.ReadRegion(args_[0], kRegionWritten), exprs_.Read(args_[1])}};
      case Form::kGemm:
        return ReadGemm();
      case Form::kReduce:
        return ReadReduce();
      case Form::kCumSum:
        return ReadScan(ReduceKind::kSum);
      case Form::kCumMax:
        return ReadScan(ReduceKind::kMax);
      case Form::kTranspose:
        return ReadTranspose();
      case Form::kAtomicRegion:
        return ReadAtomicRegion(found.reduce);
      case Form::kAtomicElement:
        return ReadAtomicElement(found.reduce);
      case Form::kBarrier:
        return ReadBarrier();
      case Form::kWarpBarrier:  // of some threads of a block, which has none here
        CheckAnnotations();
        return Step{Barrier{}};
      case Form::kBreak:
        CheckAnnotations();
        RequireArgs(0);
        return Step{Break{}};
      case Form::kContinue:
        CheckAnnotations();
        RequireArgs(0);
        return Step{Continue{}};
      case Form::kNothing:
        return std::nullopt;
      default:
        // A value that nothing takes; reading it shows that it has no effect.
        exprs_.Read(ffi::Any(ffi::GetRef<ffi::ObjectRef>(call_)));
        return std::nullopt;
    }
  }

 private:
  [[noreturn]] void Fail(const std::string& reason) const {
    throw NotUnderstood{std::string(name_), reason};
  }

  void RequireArgs(size_t least, size_t most) const {
    if (args_.size() < least || args_.size() > most) {
      Fail("has " + std::to_string(args_.size()) + " arguments where " + std::to_string(least) +
           " are expected");
    }
  }
  void RequireArgs(size_t count) const { RequireArgs(count, count); }

  /*! The value of an annotation that the operator gives a meaning; others are harmless or fail. */
  std::optional<ffi::Any> CheckAnnotations(std::string_view consumed = "") const {
    std::optional<ffi::Any> found;
    for (const char* field : {"annotations", "attrs"}) {
      std::optional<ffi::Any> extra = TryField(call_, field);
      if (!extra || ObjectOf(*extra) == nullptr) continue;
      auto map = extra->as<ffi::Map<ffi::String, ffi::Any>>();
      if (!map) Fail(std::string("has ") + field + " that are no map");
      for (const auto& [key, value] : *map) {
        std::string_view name(key.data(), key.size());
        if (!consumed.empty() && name == consumed) {
          found = value;
        } else if (HarmlessAnnotation(name) == nullptr) {
          Fail("has the annotation " + std::string(key));
        }
      }
    }
    return found;
  }

  bool Flag(const ffi::Any& value) const {
    std::optional<bool> flag = ConstBool(value);
    if (flag) return *flag;
    std::optional<int64_t> number = ConstInt(value);
    if (number != 0 && number != 1) Fail("has a flag that is no constant");
    return *number != 0;
  }

  static std::vector<ExprRef> WideExtents(const Region& region) {
    std::vector<ExprRef> extents;
    for (ExprRef extent : region.shape) {
      if (ConstOf(extent) != 1) extents.push_back(extent);
    }
    return extents;
  }

  void RequireSameExtents(const std::vector<ExprRef>& a, const std::vector<ExprRef>& b) const {
    bool same = a.size() == b.size();
    for (size_t i = 0; same && i < a.size(); ++i) same = SameExpr(a[i], b[i]);
    if (!same) Fail("has regions of different extents");
  }

  Step ReadCopy() {
    Copy copy{exprs_.ReadRegion(args_[0], kRegionRead),
              exprs_.ReadRegion(args_[1], kRegionWritten)};
    RequireSameExtents(WideExtents(copy.src), WideExtents(copy.dst));
    return Step{std::move(copy)};
  }

  // gemm(A, B, C, transpose_A, transpose_B, M, N, K, policy, clear_accum, mbar, row, column): the
  // policy gives warps their parts; row and column say again where C begins.
  Step ReadGemm() {
    constexpr size_t kClear = 9, kBarrier = 10, kRow = 11, kColumn = 12, kCount = 13;
    // Waiting for a multiplication that runs beside what follows; 0 waits at once.
    std::optional<ffi::Any> wait = CheckAnnotations("wg_wait");
    if (wait && ConstInt(*wait) != 0) Fail("runs beside what follows (wg_wait)");
    RequireArgs(kCount);
    Gemm gemm;
    gemm.a = exprs_.ReadRegion(args_[0], kRegionRead);
    gemm.b = exprs_.ReadRegion(args_[1], kRegionRead);
    gemm.clear = exprs_.Read(args_[kClear]);
    if (!gemm.clear->dtype.is_bool()) {
      if (!ConstOf(gemm.clear)) Fail("has a clear_accum that is no condition");
      gemm.clear = exprs_.Constant(*ConstOf(gemm.clear) != 0, kBool);
    }
    gemm.c = exprs_.ReadRegion(args_[2], ConstOf(gemm.clear) == 1 ? kRegionWritten : kRegionBoth);
    gemm.transpose_a = Flag(args_[3]);
    gemm.transpose_b = Flag(args_[4]);
    if (ConstInt(args_[kBarrier]) != 0) Fail("arrives at a barrier (mbar)");
    auto [m, k] = Matrix(gemm.a, gemm.transpose_a);
    auto [kb, n] = Matrix(gemm.b, gemm.transpose_b);
    auto [mc, nc] = Matrix(gemm.c, false);
    bool agrees = m == mc && n == nc && k == kb && m == ConstInt(args_[5]) &&
                  n == ConstInt(args_[6]) && k == ConstInt(args_[7]);
    if (!agrees) Fail("has operands whose shapes do not agree with its M, N and K");
    const std::vector<ExprRef>& first = gemm.c.at;
    if (!SameExpr(exprs_.Read(args_[kRow]), first[first.size() - 2]) ||
        !SameExpr(exprs_.Read(args_[kColumn]), first.back())) {
      Fail("says in two ways where its accumulator begins");
    }
    return Step{std::move(gemm)};
  }

  /*! Rows and columns of a region that is one matrix, as it is multiplied. */
  std::pair<int64_t, int64_t> Matrix(const Region& region, bool transposed) const {
    std::vector<int64_t> extents;
    for (ExprRef extent : region.shape) {
      if (!ConstOf(extent)) Fail("has an operand of varying extent");
      extents.push_back(*ConstOf(extent));
    }
    size_t rank = extents.size();
    if (rank < 2) Fail("has an operand that is no matrix");
    for (size_t axis = 0; axis + 2 < rank; ++axis) {
      if (extents[axis] != 1) Fail("has an operand of several matrices");
    }
    if (transposed) return {extents[rank - 1], extents[rank - 2]};
    return {extents[rank - 2], extents[rank - 1]};
  }

  Step ReadReduce() {
    static constexpr std::pair<std::string_view, ReduceKind> kKinds[] = {
        {"sum", ReduceKind::kSum},       {"max", ReduceKind::kMax},
        {"min", ReduceKind::kMin},       {"abssum", ReduceKind::kAbsSum},
        {"absmax", ReduceKind::kAbsMax}, {"bitand", ReduceKind::kBitAnd},
        {"bitor", ReduceKind::kBitOr},   {"bitxor", ReduceKind::kBitXor},
    };
    std::optional<ffi::Any> nan = CheckAnnotations("nan_propagate");
    RequireArgs(5);
    Reduce reduce;
    reduce.src = exprs_.ReadRegion(args_[0], kRegionRead);
    reduce.dst = exprs_.ReadRegion(args_[1], kRegionWritten);
    std::string kind = ConstString(args_[2]).value_or("");
    bool known = false;
    for (const auto& [name, value] : kKinds) {
      if (kind != name) continue;
      reduce.kind = value;
      known = true;
    }
    if (!known) Fail("reduces by \"" + kind + "\"");
    reduce.axis = Axis(args_[3], reduce.src);
    reduce.clear = Flag(args_[4]);
    reduce.nan = nan && Flag(*nan);
    std::vector<ExprRef> rest = reduce.src.shape, kept = reduce.src.shape;
    rest.erase(rest.begin() + reduce.axis);
    kept[reduce.axis] = exprs_.Constant(1);
    if (reduce.dst.shape.size() == kept.size() && ConstOf(reduce.dst.shape[reduce.axis]) == 1) {
      RequireSameExtents(kept, reduce.dst.shape);
    } else if (rest.empty()) {  // of one dimension, into a buffer of one element
      RequireSameExtents({exprs_.Constant(1)}, reduce.dst.shape);
    } else {
      RequireSameExtents(rest, reduce.dst.shape);
    }
    return Step{std::move(reduce)};
  }

  int Axis(const ffi::Any& value, const Region& region) const {
    std::optional<int64_t> axis = ConstInt(value);
    if (!axis || *axis < 0 || *axis >= static_cast<int64_t>(region.shape.size())) {
      Fail("has an axis that its operand lacks");
    }
    return static_cast<int>(*axis);
  }

  Step ReadScan(ReduceKind kind) {
    CheckAnnotations();
    RequireArgs(4);
    Scan scan{kind, exprs_.ReadRegion(args_[0], kRegionRead),
              exprs_.ReadRegion(args_[1], kRegionWritten), 0};
    scan.axis = Axis(args_[2], scan.src);
    scan.reverse = Flag(args_[3]);
    RequireSameExtents(scan.src.shape, scan.dst.shape);
    return Step{std::move(scan)};
  }

  Step ReadTranspose() {
    CheckAnnotations();
    RequireArgs(2);
    Transpose step{exprs_.ReadRegion(args_[0], kRegionRead),
                   exprs_.ReadRegion(args_[1], kRegionWritten)};
    std::vector<ExprRef> turned = step.src.shape;
    if (turned.size() < 2) Fail("has an operand that is no matrix");
    std::swap(turned[turned.size() - 1], turned[turned.size() - 2]);
    RequireSameExtents(turned, step.dst.shape);
    return Step{std::move(step)};
  }

  Step ReadAtomicRegion(ReduceKind kind) {
    CheckAnnotations();
    RequireArgs(2);
    Atomic atomic;
    atomic.kind = kind;
    atomic.dst = exprs_.ReadRegion(args_[1], kRegionWritten);
    if (ExprReader::IsRegion(args_[0])) {
      atomic.src = exprs_.ReadRegion(args_[0], kRegionRead);
      RequireSameExtents(WideExtents(atomic.src), WideExtents(atomic.dst));
    } else {
      atomic.value = exprs_.Read(args_[0]);
    }
    return Step{std::move(atomic)};
  }

  Step ReadAtomicElement(ReduceKind kind) {
    CheckAnnotations();
    RequireArgs(2, 3);  // the third is a memory order
    const ffi::Object* pointer = ObjectOf(args_[0]);
    bool one_element = KindOf(args_[0]) == Kind::kCall;
    if (one_element) {
      ffi::String op = CallName(pointer);
      ExprReader::RequireNoExtras(pointer, op);
      ffi::Array<ffi::Any> args = CallArgs(pointer);
      const Operator* found = FindOperator({op.data(), op.size()});
      one_element = found != nullptr && found->form == Form::kAccessPtr && args.size() == 3 &&
                    KindOf(args[0]) == Kind::kLoad && ConstInt(args[1]) == 1 &&
                    ConstInt(args[2]) == kRegionBoth;
      if (one_element) {
        ExprRef element = exprs_.Read(args[0]);
        return Step{AtomicStore{kind, static_cast<int>(element->value), element->args,
                                exprs_.Read(args_[1])}};
      }
    }
    Fail("updates something else than one element");
  }

  Step ReadBarrier() {
    CheckAnnotations();
    RequireArgs(1);
    std::string scope = ConstString(args_[0]).value_or("");
    if (scope != "shared" && scope != "shared.dyn" && scope != "warp") {
      Fail("synchronises \"" + scope + "\"");
    }
    return Step{Barrier{}};
  }

  const ffi::Object* call_;
  ffi::String name_;
  ffi::Array<ffi::Any> args_;
  ExprReader& exprs_;
};

}  // namespace

std::optional<program::Step> ReadTileOp(const ffi::Object* call, ExprReader* exprs) {
  return TileOpReader(call, exprs).Read();
}

}  // namespace ir
}  // namespace tilelang_tt
