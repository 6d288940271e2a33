/*!
 * \file ir/accesses.h
 * \brief What a part of a kernel that is not understood may read and write.
 */
#ifndef TILELANG_TT_IR_ACCESSES_H_
#define TILELANG_TT_IR_ACCESSES_H_

#include <set>

#include "node.h"
#include "scope.h"

namespace tilelang_tt {
namespace ir {

/*! \brief Storages of the program. */
struct Accesses {
  std::set<int> reads, writes;
};

/*!
 * \brief A superset of the storages that a statement or an expression reads and writes.
 *
 * Loads, stores and the masks of regions and access pointers are taken at their word; a pointer
 * that is used in any other way may be read and written through, and a pointer of unknown origin
 * may lead to everything that has been declared so far. Each node is looked at once.
 */
Accesses FindAccesses(const ffi::Any& root, const Scope& scope);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_ACCESSES_H_
