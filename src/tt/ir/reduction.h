/*!
 * \file ir/reduction.h
 * \brief How long the reduction of a kernel's matrix multiplication is.
 */
#ifndef TILELANG_TT_IR_REDUCTION_H_
#define TILELANG_TT_IR_REDUCTION_H_

#include "prim_func.h"

namespace tilelang_tt {
namespace ir {

/*!
 * \brief Elements of K that one output tile accumulates, or nothing if the kernel says no single
 * number.
 *
 * Two forms count. A tile operator gemm(A, B, C, ...): its K, times the extents of
 * the loops between the initialisation of C and the gemm. A store to a parameter,
 * C[i] = C[i] + a[..] * b[..]: the extents of the loops whose variable is not in i
 * and is in the indices of both a and b.
 * Nothing is returned for a kernel with no matrix multiplication, with several that
 * differ, with one under a condition, in a while loop or beside a break, or with a loop
 * whose extent is not constant: what can't be told is not guessed.
 */
std::optional<int64_t> MatmulReductionExtent(const ffi::ObjectRef& func, const Params& params);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_REDUCTION_H_
