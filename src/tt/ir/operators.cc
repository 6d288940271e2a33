/*!
 * \file ir/operators.cc
 * \brief What each operator means; see operators.h.
 */
#include "operators.h"

#include <unordered_map>

#include "prim_func.h"

namespace tilelang_tt {
namespace ir {
namespace {

using program::Op;
using program::ReduceKind;
using Table = std::unordered_map<std::string_view, Operator>;

constexpr Operator Element(Op op) { return {Form::kElement, op}; }
constexpr Operator Nothing(const char* why) {
  return {Form::kNothing, Op::kInt, ReduceKind::kSum, why};
}
constexpr Operator NoStep(const char* why) {
  return {Form::kOpaque, Op::kInt, ReduceKind::kSum, why};
}

constexpr const char* kAsynchronous = "runs beside what follows until something waits for it";
constexpr const char* kNvidia = "is an instruction of NVIDIA's GPUs";
constexpr const char* kAscend = "is an instruction of Ascend's NPUs";
constexpr const char* kReducer = "is TileLang's own reducer, whose replicas have no place here";

/*! Operators of TVM itself, without the "tirx." or "prim." that they are registered under. */
const Table& CoreOperators() {
  static const auto* const kTable = new Table{
      {"exp", Element(Op::kExp)},
      {"exp2", Element(Op::kExp2)},
      {"exp10", Element(Op::kExp10)},
      {"log", Element(Op::kLog)},
      {"log2", Element(Op::kLog2)},
      {"log10", Element(Op::kLog10)},
      {"log1p", Element(Op::kLog1p)},
      {"sqrt", Element(Op::kSqrt)},
      {"rsqrt", Element(Op::kRsqrt)},
      {"sin", Element(Op::kSin)},
      {"cos", Element(Op::kCos)},
      {"tan", Element(Op::kTan)},
      {"tanh", Element(Op::kTanh)},
      {"sinh", Element(Op::kSinh)},
      {"cosh", Element(Op::kCosh)},
      {"asin", Element(Op::kAsin)},
      {"acos", Element(Op::kAcos)},
      {"atan", Element(Op::kAtan)},
      {"asinh", Element(Op::kAsinh)},
      {"acosh", Element(Op::kAcosh)},
      {"atanh", Element(Op::kAtanh)},
      {"sigmoid", Element(Op::kSigmoid)},
      {"erf", Element(Op::kErf)},
      {"fabs", Element(Op::kAbs)},
      {"floor", Element(Op::kFloor)},
      {"ceil", Element(Op::kCeil)},
      {"trunc", Element(Op::kTrunc)},
      {"round", Element(Op::kNearbyint)},  // TVM's own CPU code rounds half to even
      {"nearbyint", Element(Op::kNearbyint)},
      {"isnan", Element(Op::kIsNan)},
      {"isinf", Element(Op::kIsInf)},
      {"isfinite", Element(Op::kIsFinite)},
      {"pow", Element(Op::kPow)},
      {"atan2", Element(Op::kAtan2)},
      {"fmod", Element(Op::kFmod)},
      {"copysign", Element(Op::kCopysign)},
      {"hypot", Element(Op::kHypot)},
      {"fma", Element(Op::kFma)},
      {"if_then_else", Element(Op::kSelect)},
      {"bitwise_and", Element(Op::kBitAnd)},
      {"bitwise_or", Element(Op::kBitOr)},
      {"bitwise_xor", Element(Op::kBitXor)},
      {"bitwise_not", Element(Op::kBitNot)},
      {"shift_left", Element(Op::kShl)},
      {"shift_right", Element(Op::kShr)},
      {"likely", {Form::kIdentity}},
      {"reinterpret", {Form::kReinterpret}},
      {"tvm_access_ptr", {Form::kRawAccessPtr}},
      {"address_of", {Form::kAddressOf}},
      {"buffer_data", {Form::kBufferData}},
      {"tvm_storage_sync", {Form::kBarrier}},
      {"break_loop", {Form::kBreak}},
      {"continue_loop", {Form::kContinue}},
      {"assume", Nothing("what is assumed holds")},
      {"call_extern", NoStep("calls code that is not in the kernel")},
      {"call_pure_extern", NoStep("calls code that is not in the kernel")},
  };
  return *kTable;
}

/*! TileLang's operators, by their whole names. */
const Table& TileLangOperators() {
  static const auto* const kTable = new Table{
      {"tl.tileop.copy", {Form::kCopy}},
      {"tl.tileop.fill", {Form::kFill}},
      {"tl.tileop.gemm", {Form::kGemm}},
      {"tl.tileop.reduce", {Form::kReduce}},
      {"tl.tileop.cumsum", {Form::kCumSum}},
      {"tl.tileop.cummax", {Form::kCumMax}},
      {"tl.tileop.transpose", {Form::kTranspose}},
      {"tl.tileop.atomicadd", {Form::kAtomicRegion, Op::kInt, ReduceKind::kSum}},
      {"tl.tileop.atomicmax", {Form::kAtomicRegion, Op::kInt, ReduceKind::kMax}},
      {"tl.tileop.atomicmin", {Form::kAtomicRegion, Op::kInt, ReduceKind::kMin}},
      {"tl.tileop.async_copy", NoStep(kAsynchronous)},
      {"tl.tileop.tma_copy", NoStep(kAsynchronous)},
      {"tl.tileop.wgmma_gemm", NoStep(kAsynchronous)},
      {"tl.tileop.tcgen05_gemm", NoStep(kAsynchronous)},
      {"tl.tileop.wgmma_gemm_sp", NoStep(kAsynchronous)},
      {"tl.tileop.tcgen05_gemm_sp", NoStep(kAsynchronous)},
      {"tl.tileop.tcgen05_gemm_blockscaled", NoStep(kAsynchronous)},
      {"tl.tileop.gemm_sp", NoStep("multiplies a matrix that is packed by 2:4 sparsity")},
      {"tl.tileop.gemm_blockscaled", NoStep("multiplies numbers that have block scales")},
      {"tl.tileop.im2col", NoStep("gathers windows of an image")},
      {"tl.tileop.c2d_im2col", NoStep("gathers windows of an image")},
      {"tl.tileop.reducer_init", NoStep(kReducer)},
      {"tl.tileop.finalize_reducer", NoStep(kReducer)},
      {"tl.tileop.finalize_reducer_v2", NoStep(kReducer)},
      {"tl.reducer_update", NoStep(kReducer)},
      {"tl.tileop.ascend_copy", NoStep(kAscend)},

      {"tl.launch_thread_idx",
       {Form::kThreadIndex, Op::kInt, ReduceKind::kSum,
        "is a thread's index, and a block has no threads here"}},
      {"tl.region", {Form::kRegion}},
      {"tl.tileop.region", {Form::kRegion}},  // its name before TileLang 0.1.15
      {"tl.access_ptr", {Form::kAccessPtr}},
      {"tl.infinity", {Form::kInfinity}},
      {"tl.clamp", {Form::kClamp}},
      {"tl.fma", Element(Op::kFma)},
      {"tl.fmul", Element(Op::kMul)},
      {"tl.pow_of_int", {Form::kPower}},
      {"tl.max_nan", {Form::kOrNan, Op::kMax}},
      {"tl.min_nan", {Form::kOrNan, Op::kMin}},
      {"tl.fast_rcp", {Form::kReciprocal}},
      {"tl.ieee_add", {Form::kRounded, Op::kAdd}},
      {"tl.ieee_sub", {Form::kRounded, Op::kSub}},
      {"tl.ieee_mul", {Form::kRounded, Op::kMul}},
      {"tl.ieee_fdiv", {Form::kRounded, Op::kDiv}},
      {"tl.ieee_fmaf", {Form::kRounded, Op::kFma}},
      {"tl.ieee_fsqrt", {Form::kRounded, Op::kSqrt}},
      {"tl.ieee_frsqrt", Element(Op::kRsqrt)},  // to nearest, the only mode
      {"tl.ieee_frcp", {Form::kRoundedReciprocal}},
      {"tl.round_ties_away_from_zero", Element(Op::kRound)},
      // Approximations, on a GPU, of the functions that they are named after.
      {"tl.__exp", Element(Op::kExp)},
      {"tl.__exp10", Element(Op::kExp10)},
      {"tl.__log", Element(Op::kLog)},
      {"tl.__log2", Element(Op::kLog2)},
      {"tl.__log10", Element(Op::kLog10)},
      {"tl.__sin", Element(Op::kSin)},
      {"tl.__cos", Element(Op::kCos)},
      {"tl.__tan", Element(Op::kTan)},

      {"tl.atomic_add_elem_op", {Form::kAtomicElement, Op::kInt, ReduceKind::kSum}},
      {"tl.atomic_max_elem_op", {Form::kAtomicElement, Op::kInt, ReduceKind::kMax}},
      {"tl.atomic_min_elem_op", {Form::kAtomicElement, Op::kInt, ReduceKind::kMin}},
      {"tl.atomic_addx2_elem_op", NoStep("updates two elements at once, by their address")},
      {"tl.atomic_addx4_elem_op", NoStep("updates four elements at once, by their address")},
      {"tl.atomic_or_elem_op", NoStep("is an update that this program has no kind for")},
      {"tl.atomic_load_elem_op", NoStep("orders a load among threads")},
      {"tl.atomic_store_elem_op", NoStep("orders a store among threads")},
      {"tl.sync_warp", {Form::kWarpBarrier}},
      {"tl.loop_break", {Form::kBreak}},
      {"tl.sync_grid", NoStep("waits for the other blocks")},

      {"tl.device_assert", Nothing("what is asserted holds")},
      {"tl.device_assert_with_msg", Nothing("what is asserted holds")},
      {"tl.conflict_hint", Nothing("is a hint")},
      {"tl.pdl_trigger", Nothing("says when the next launch may start, whose order is kept here")},
      {"tl.pdl_sync", Nothing("waits for the launch before, whose order is kept here")},
      {"tl.no_set_max_nreg", Nothing("gives out registers")},
      {"tl.set_max_nreg", Nothing("gives out registers")},
      {"tl.annotate_producer_reg_dealloc", Nothing("gives out registers")},
      {"tl.annotate_consumer_reg_alloc", Nothing("gives out registers")},

      {"tl.warpgroup_wait", NoStep(kNvidia)},
      {"tl.wait_wgmma", NoStep(kNvidia)},
      {"tl.mbarrier_wait_parity", NoStep(kNvidia)},
      {"tl.mbarrier_expect_tx", NoStep(kNvidia)},
  };
  return *kTable;
}

template <size_t kSize>
const char* ReasonOf(const std::pair<std::string_view, const char*> (&table)[kSize],
                     std::string_view key) {
  for (const auto& [name, reason] : table) {
    if (name == key) return reason;
  }
  return nullptr;
}

constexpr std::string_view kCorePrefixes[] = {"tirx.", "prim."};

}  // namespace

const Operator* FindOperator(std::string_view name) {
  auto whole = TileLangOperators().find(name);
  if (whole != TileLangOperators().end()) return &whole->second;
  for (std::string_view prefix : kCorePrefixes) {
    if (name.substr(0, prefix.size()) != prefix) continue;
    auto core = CoreOperators().find(name.substr(prefix.size()));
    return core == CoreOperators().end() ? nullptr : &core->second;
  }
  return nullptr;
}

std::string MeaningOf(std::string_view name) {
  const Operator* found = FindOperator(name);
  if (found == nullptr) return "";
  std::string reason = found->reason;
  if (found->form == Form::kOpaque || found->form == Form::kThreadIndex) return "opaque: " + reason;
  return found->form == Form::kNothing ? "passed over: " + reason : "read";
}

bool IsCoreOperator(std::string_view name) {
  for (std::string_view prefix : kCorePrefixes) {
    if (name.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

const ffi::Object* PointedMemory(const ffi::Any& pointer) {
  if (KindOf(pointer) == Kind::kVar) return ObjectOf(pointer);
  if (KindOf(pointer) != Kind::kCall) return nullptr;
  ffi::String name = CallName(ObjectOf(pointer));
  const Operator* found = FindOperator({name.data(), name.size()});
  ffi::Array<ffi::Any> args = CallArgs(ObjectOf(pointer));
  if (found == nullptr || found->form != Form::kBufferData || args.size() != 1) return nullptr;
  return BufferKey(args[0]);
}

const char* HarmlessAnnotation(std::string_view key) {
  static constexpr std::pair<std::string_view, const char*> kKeys[] = {
      {"coalesced_width", "elements a thread moves at once"},
      {"parallel_loop_layout", "which thread runs which point of a parallel loop"},
      {"disable_tma", "which instruction copies"},
      {"prefer_instruction", "which instruction copies"},
      {"eviction_policy", "what a cache keeps"},
      {"k_pack", "how an instruction takes its operands"},
      {"use_tma", "which instruction updates"},
      {"memory_order", "what other threads see when; blocks see each other's updates as a whole"},
      {"batch", "how many results share a barrier"},
      {"enable_fadd2", "whether sums are made in pairs"},
      {"pragma_unroll_explicit", "whether a loop is unrolled in the source"},
      {"pragma_auto_unroll_max_step", "how far a loop is unrolled"},
      {"tl.ws_op_id", "a name for a schedule of warps"},
  };
  return ReasonOf(kKeys, key);
}

const char* HarmlessBlockAttribute(std::string_view key) {
  static constexpr std::pair<std::string_view, const char*> kKeys[] = {
      {"layout_map", "where in memory an element of scratch is"},
      {"l2_hit_ratio_map", "what a cache keeps"},
      {"tl.launch_threads", "threads a block, and a block has none here"},
      {"tl.non_restrict_params", "which parameters may share memory, as tensors here never do"},
      {"tl.lexical_alloc_scope", "how long scratch lives"},
      {"reducer_info", "which scratch is a reducer; what makes and ends one is opaque"},
      {"threadblock_swizzle_pattern", "in which order blocks start, which nothing may rest on"},
      {"tl.min_blocks_per_sm", "blocks at once on one processor of a GPU"},
      {"tl.ws_pipeline_depth", "how far warps run ahead"},
      {"tl.assume", "what is assumed holds"},
      {"pragma_unroll_explicit", "whether a loop is unrolled in the source"},
      {"pragma_auto_unroll_max_step", "how far a loop is unrolled"},
  };
  return ReasonOf(kKeys, key);
}

}  // namespace ir
}  // namespace tilelang_tt
