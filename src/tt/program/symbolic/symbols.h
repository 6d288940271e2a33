/*!
 * \file program/symbolic/symbols.h
 * \brief The integer expressions of a tile program in an affine normal form, with their bounds.
 */
#ifndef TILELANG_TT_PROGRAM_SYMBOLIC_SYMBOLS_H_
#define TILELANG_TT_PROGRAM_SYMBOLIC_SYMBOLS_H_

#include <optional>
#include <unordered_map>
#include <vector>

#include "../program.h"
#include "affine.h"

namespace tilelang_tt {
namespace program {

/*!
 * \brief Turns expressions into sums of symbols.
 *
 * A symbol below the number of variables is that variable. The others are atoms: terms
 * that are no sum, such as a quotient, a minimum or a product that may wrap. The same
 * term is the same symbol, but for one that loads: what it gives changes as time passes, so each
 * occurrence is a symbol of its own.
 */
class Symbols {
 public:
  explicit Symbols(const Program& program);

  /*! A launch begins: its block variables are below the extents of the grid. */
  void BindBlocks(const Launch& launch);
  /*! A loop begins. Returns the bounds of its variable; most < least if it surely has no turn. */
  Range BindLoop(const LoopRange& loop);
  /*! A let. One that loads is a symbol of its own; another is what its value is. */
  void BindLet(const Let& let);

  /*! The sum that an integer expression is: what is none, or may wrap, is an atom of it. */
  Affine Of(ExprRef expr);

  /*! value // divisor where that is a sum: what the divisor doesn't divide is below it. The
   *  divisor is positive. Else nothing, and `rest` is what it doesn't divide. */
  std::optional<Affine> Quotient(const Affine& value, int64_t divisor, Affine* rest) const;

  /*! Bounds of a sum, for all values of its symbols. */
  Range RangeOf(const Affine& sum) const;
  Range RangeOf(int symbol) const { return info_[symbol].range; }

  /*! Whether a condition is sure to hold, or sure not to; nothing if it depends. */
  std::optional<bool> Decide(ExprRef condition);

  /*! Whether the value of a symbol may change with that of a variable. */
  bool Depends(int symbol, int variable) const;
  bool Depends(const Affine& sum, int variable) const;

  bool is_variable(int symbol) const { return symbol < num_variables_; }
  /*! The term that an atom is; null for one that is a loading let. */
  ExprRef TermOf(int symbol) const { return info_[symbol].term; }
  /*! Whether a sum says the same whenever it is evaluated, with no let in it. */
  bool IsStable(const Affine& sum) const;

 private:
  struct Info {
    Range range;
    /*! The variables it is made of, lets replaced by what they are made of. */
    std::vector<int> variables;
    /*! It loads: it may depend on any variable, and on the time. */
    bool loads = false;
    /*! A let is in it. */
    bool lets = false;
    ExprRef term = nullptr;
  };

  /*! What an opaque step binds is known no better than what is loaded. */
  void MarkUnknown(const Body& body);
  Affine Compute(ExprRef expr);
  Affine Divide(ExprRef expr, bool remainder, bool truncates);
  Affine Choose(ExprRef expr);
  Affine Atom(ExprRef expr, Range range);
  void Collect(ExprRef expr, Info* info) const;

  int num_variables_;
  std::vector<Info> info_;
  std::unordered_map<int, Affine> lets_;
  std::unordered_multimap<size_t, std::pair<ExprRef, int>> atoms_;
};

/*! \brief The integers of a dtype; unbounded for 64 bits. */
Range RangeOf(Dtype dtype);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_SYMBOLIC_SYMBOLS_H_
