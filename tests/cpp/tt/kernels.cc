/*!
 * \file kernels.cc
 * \brief The kernels that several tests use; see kernels.h.
 */
#include "kernels.h"

namespace tilelang_tt {
namespace testing {

Node Touch(const std::vector<Expr>& grid, KernelForm form) {
  Param x = Tensor("X", {32, 32});
  return PrimFunc("touch", {x}, Kernel(grid, form, [&](const std::vector<Expr>&) {
                    return Store(x, {0, 0}, Zero("float32"));
                  }));
}

Node Gemm(int64_t m, int64_t n, int64_t k, KernelForm form, const std::vector<Param>& more_params) {
  Param a = Tensor("A", {m, k}), b = Tensor("B", {k, n}), c = Tensor("C", {m, n});
  Node body = Kernel({n / 32, m / 32}, form, [&](const std::vector<Expr>& block) {
    return For(32, [&](Expr i) {
      return For(32, [&](Expr j) {
        Expr row = block[1] * 32 + i, column = block[0] * 32 + j;
        Node clear = Store(c, {row, column}, Zero("float32"));
        Node accumulate = For(k, [&](Expr kk) {
          Expr product = Load(a, {row, kk}) * Load(b, {kk, column});
          return Store(c, {row, column}, Load(c, {row, column}) + product);
        });
        return Seq({clear, accumulate});
      });
    });
  });
  std::vector<Param> params = {a, b, c};
  params.insert(params.end(), more_params.begin(), more_params.end());
  return PrimFunc("gemm", params, body);
}

}  // namespace testing
}  // namespace tilelang_tt
