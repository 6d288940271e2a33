/*!
 * \file program/analysis/reduction.h
 * \brief How long the reduction of a launch's matrix multiplication is.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_REDUCTION_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_REDUCTION_H_

#include <optional>

#include "../program.h"

namespace tilelang_tt {
namespace program {

/*!
 * \brief Tiles along K that one accumulator takes in, or nothing if the launch says no single
 * number.
 *
 * It is the sum, over the gemms into the one accumulator, of ceil(K / tile), where K is how many
 * elements of the operands' tensors along K the gemm goes through since the accumulator
 * got its first value; what is beyond a tensor's edge is none. The operands are followed back,
 * through copies, to the tensors. A store C[i] = C[i] + a[..] * b[..] to device memory, the only
 * one of its kind, counts as well.
 *
 * Nothing is returned where any of that is not certain or not one number: another
 * accumulator, a gemm under a condition, in a while loop or beside a break, a loop whose
 * bounds are not constant or which doesn't move along K, operands that disagree or whose
 * tensors are not found, elements that are taken in twice, and pieces that do not begin at a tile.
 */
std::optional<int64_t> FindReductionTiles(const Program& program, const Launch& launch,
                                          int64_t tile);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_REDUCTION_H_
