/*!
 * \file program/step_access.cc
 * \brief What may end a loop early; see step_access.h.
 */
#include "step_access.h"

#include <algorithm>

namespace tilelang_tt {
namespace program {

bool MayLeave(const Body& body) {
  return std::any_of(body.begin(), body.end(), [](const Step& step) {
    if (step.as<Break>() || step.as<Continue>() || step.as<Opaque>()) return true;
    if (auto loop = step.as<Loop>()) return MayLeave(loop->body);
    if (auto loop = step.as<While>()) return MayLeave(loop->body);
    if (auto when = step.as<When>()) return MayLeave(when->then_body) || MayLeave(when->else_body);
    return false;
  });
}

}  // namespace program
}  // namespace tilelang_tt
