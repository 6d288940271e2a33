/*!
 * \file kernels.h
 * \brief The kernels that several tests use.
 */
#ifndef TILELANG_TT_TESTS_KERNELS_H_
#define TILELANG_TT_TESTS_KERNELS_H_

#include <string>
#include <vector>

#include "ir_builder.h"

namespace tilelang_tt {
namespace testing {

/*! \brief A function named "touch" that stores 0 to its only parameter, X: 32x32 of float32. */
Node Touch(const std::vector<Expr>& grid, KernelForm form = KernelForm::kThreadBinding);

/*!
 * \brief A function named "gemm": C[m, n] = sum over k of A[m, k] * B[k, n], one 32x32 block of C
 *   a tile, C cleared first.
 * \param m, n Multiples of 32.
 */
Node Gemm(int64_t m, int64_t n, int64_t k, KernelForm form = KernelForm::kThreadBinding,
          const std::vector<Param>& more_params = {});

}  // namespace testing
}  // namespace tilelang_tt

#endif  // TILELANG_TT_TESTS_KERNELS_H_
