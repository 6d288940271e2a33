/*!
 * \file ir/content.h
 * \brief What a statement holds, which says whether it can be a map.
 */
#ifndef TILELANG_TT_IR_CONTENT_H_
#define TILELANG_TT_IR_CONTENT_H_

#include <unordered_map>

#include "node.h"

namespace tilelang_tt {
namespace ir {

struct Content {
  /*! Nothing but loops, conditions and bindings around stores. */
  bool only_stores = true;
  /*! A loop whose points run in no order. */
  bool parallel_loops = false;
};

/*! \brief Looks at each statement once. */
class ContentFinder {
 public:
  Content Of(const ffi::Any& stmt);

 private:
  Content Find(const ffi::Object* node);

  std::unordered_map<const ffi::Object*, Content> found_;
  int depth_ = 0;
};

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_CONTENT_H_
