/*!
 * \file transform/defaults.h
 * \brief The defaults of the metadata contract, and the values this stage has a rule for.
 */
#ifndef TILELANG_TT_TRANSFORM_DEFAULTS_H_
#define TILELANG_TT_TRANSFORM_DEFAULTS_H_

#include "../attrs.h"

namespace tilelang_tt {

/*!
 * \brief Adds what the author left out: schema version, policy, order, layout and tile.
 * \throws ValueError: one that is there is of another type, or the schema version is another.
 * \throws NotImplementedError: one that is there has no rule.
 */
void ApplyDefaults(Attrs* attrs);

/*! \brief Checks the same attributes, and that none is missing (ValueError). */
void CheckDefaults(const Attrs& attrs);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_DEFAULTS_H_
