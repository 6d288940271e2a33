/*!
 * \file program/analysis/race.h
 * \brief Whether the order of a map's parallel points could be seen.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_RACE_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_RACE_H_

#include "../symbolic/symbols.h"

namespace tilelang_tt {
namespace program {

/*!
 * \brief Whether a point of the map may load or store an element that another stores.
 *
 * Points are another if the variable of a parallel or thread loop differs. Elements of two points
 * are apart if along the dimensions of the buffer the parallel variables are digits of the place:
 * each factor is beyond all that smaller ones and the rest reach. Atomic updates of one element are
 * no race among themselves. False only if that is certain.
 *
 * \param symbols Has the blocks and the loops around the map bound; those of the map get bound.
 */
bool MayRace(const Map& map, const Program& program, Symbols* symbols);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_RACE_H_
