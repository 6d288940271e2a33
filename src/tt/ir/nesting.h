/*!
 * \file ir/nesting.h
 * \brief How deep what is being read is nested.
 */
#ifndef TILELANG_TT_IR_NESTING_H_
#define TILELANG_TT_IR_NESTING_H_

namespace tilelang_tt {
namespace ir {

/*! \brief One level more, for as long as it lives. */
class Level {
 public:
  explicit Level(int* depth) : depth_(depth) { ++*depth_; }
  ~Level() { --*depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  int* depth_;
};

/*! \brief A statement that is nested deeper is opaque: programs are trees, and readers of JSON
 *  recurse. */
constexpr int kMostStatementDepth = 100;

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_NESTING_H_
