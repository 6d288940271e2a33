/*!
 * \file program/analysis/operand_origin.h
 * \brief From which part of which tensor a block's scratch was filled.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_OPERAND_ORIGIN_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_OPERAND_ORIGIN_H_

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "../symbolic/symbols.h"

namespace tilelang_tt {
namespace program {

/*! \brief A dimension of a tensor, or of a view of one, and the first element along it. */
struct Origin {
  int tensor;
  size_t dim;
  Affine begin;
};

/*! \brief Told of all writes in the order of the program, says where a region's content is from. */
class OperandOrigins {
 public:
  /*! Variables of loops, the outermost first. */
  using Loops = std::vector<int>;

  OperandOrigins(const Program& program, Symbols* symbols)
      : program_(program), symbols_(*symbols) {}

  /*! A buffer gets content that is not followed. */
  void Lose(int buffer, const Loops& loops);
  /*! A copy that surely happens in each turn of the loops. It has to outlive this. */
  void Define(const Copy& copy, const Loops& loops);

  /*! Where the elements of a region are from, along one of its axes, for a reader in loops. */
  std::optional<Origin> OriginOf(const Region& region, size_t axis, const Loops& loops);

  /*! Whether one of the origins that were given was of the first turn of a loop alone. */
  bool AnyWasReplaced() const;

 private:
  struct Definition {
    const Copy* copy;
    Loops loops;
    /*! Of the copy's source, as it was then; null if that is no scratch or not known. */
    std::shared_ptr<const Definition> source;
  };
  struct Use {
    int storage;
    /*! The loop around the reader alone, in whose turns the content has to stay; -1: none. */
    int loop;
  };

  /*! The definition of a storage for a reader in loops, if it is made in each of their turns. */
  std::shared_ptr<const Definition> Find(int storage, const Loops& loops);
  bool Within(const Region& region, const Region& written);

  const Program& program_;
  Symbols& symbols_;
  std::map<int, std::shared_ptr<const Definition>> definitions_;
  std::vector<std::pair<int, Loops>> writes_;
  std::vector<Use> uses_;
};

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_OPERAND_ORIGIN_H_
