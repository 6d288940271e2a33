/*!
 * \file program/analysis/storage_box.h
 * \brief Where a view's box is in its storage.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_STORAGE_BOX_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_STORAGE_BOX_H_

#include <optional>

#include "../symbolic/box.h"

namespace tilelang_tt {
namespace program {

/*!
 * \brief The same elements as a box of the storage; itself for a box of no view.
 *
 * Nothing if the elements are not sure to be one run, or the run no box of the storage:
 * a run of 64 elements in rows of 48 is none.
 */
std::optional<Box> InStorage(const Box& box, const Program& program, const Symbols& symbols);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_STORAGE_BOX_H_
