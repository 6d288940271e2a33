/*!
 * \file program/analysis/region_out.h
 * \brief A region as a value of any kind: as JSON text, or as an attribute.
 *
 * Out makes the values: Out::Value; Int, Bool, Text, List of a vector, Map of a vector of keys and
 * values, and Expr, an expression of docs/program.md.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_REGION_OUT_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_REGION_OUT_H_

#include <utility>
#include <vector>

#include "access.h"

namespace tilelang_tt {
namespace program {

template <typename Out>
class RegionOut {
 public:
  using Value = typename Out::Value;

  explicit RegionOut(const Symbols& symbols) : symbols_(symbols) {}

  /*!
   * A map: launch, mode, unit, at, shape, loops (absent: none), exact.
   * \param tile The side of a tile; a region of whole tiles is given in pages: the last two
   *   dimensions in tiles.
   */
  Value Region(const TouchedRegion& region, size_t launch, const Program& program,
               int64_t tile) const {
    std::optional<std::vector<Interval>> pages = InPages(region.box, program, tile);
    std::vector<Value> at, shape, loops;
    for (const Interval& dim : pages ? *pages : region.box.dims) {
      at.push_back(Sum(dim.begin));
      shape.push_back(Sum(dim.end - dim.begin));
    }
    for (const Turns& loop : region.loops) {
      Entries entries{{"var", out_.Int(loop.variable)}};
      if (loop.min != Affine()) entries.emplace_back("min", Sum(loop.min));
      entries.emplace_back("extent", Sum(loop.extent));
      loops.push_back(out_.Map(std::move(entries)));
    }
    constexpr const char* kModes[] = {"read", "write", "update"};
    Entries entries{{"launch", out_.Int(static_cast<int64_t>(launch))},
                    {"mode", out_.Text(kModes[static_cast<int>(region.mode)])},
                    {"unit", out_.Text(pages ? "pages" : "elements")},
                    {"at", out_.List(std::move(at))},
                    {"shape", out_.List(std::move(shape))}};
    if (!loops.empty()) entries.emplace_back("loops", out_.List(std::move(loops)));
    entries.emplace_back("exact", out_.Bool(region.exact));
    return out_.Map(std::move(entries));
  }

 private:
  using Entries = std::vector<std::pair<const char*, Value>>;

  Value Operation(const char* key, Value a, Value b) const {
    return out_.Map(Entries{{key, out_.List({std::move(a), std::move(b)})}});
  }

  Value Sum(const Affine& sum) const {
    if (sum.terms.empty()) return out_.Int(sum.constant);
    std::optional<Value> all;
    auto add = [&](Value term) {
      all = all ? Operation("add", std::move(*all), std::move(term)) : std::move(term);
    };
    for (const Term& term : sum.terms) {
      Value symbol = symbols_.is_variable(term.symbol)
                         ? out_.Map(Entries{{"var", out_.Int(term.symbol)}})
                         : out_.Expr(symbols_.TermOf(term.symbol));
      add(term.factor == 1 ? std::move(symbol)
                           : Operation("mul", std::move(symbol), out_.Int(term.factor)));
    }
    if (sum.constant != 0) add(out_.Int(sum.constant));
    return *std::move(all);
  }

  const Symbols& symbols_;
  Out out_;
};

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_REGION_OUT_H_
