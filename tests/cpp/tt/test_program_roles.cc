/*!
 * \file test_program_roles.cc
 * \brief FindRoles: a tensor is an input if what it held may be read.
 *
 * Buffer 0 is looked at: a tensor of 8 x 8. Buffer 1 is another, 2 is scratch, 3 is a view of
 * all of buffer 0 as 64 elements.
 */
#include <catch2/catch.hpp>

#include "program/analysis/roles.h"
#include "program_text.h"

namespace tilelang_tt {
namespace program {
namespace {

std::string RoleOf(const Texts& launches) {
  Program program = FromJson(ProgramText(
      {Tensor(0, {8, 8}), Tensor(1, {8, 8}), Scratch({8, 8}), View(0, 0, {64})}, launches));
  BufferUse use = FindRoles(program)[0];
  return use.read ? (use.written ? "inout" : "in") : use.written ? "out" : "none";
}

/*! Of one launch of one block, or of a grid. */
std::string RoleIn(const Texts& body, const Ints& grid = {1, 1, 1}) {
  return RoleOf({Launch(grid, body)});
}

Text Clear(const Text& row, const Text& column) { return Store(0, {row, column}); }
Text Read(const Text& row, const Text& column) { return Store(1, {0, 0}, Load(0, {row, column})); }
Text Point(const Text& store) { return Map({}, {store}); }
std::string Part(int buffer, const Text& row, const Text& column, const Text& rows,
                 const Text& columns) {
  return Region(buffer, {row, column}, {rows, columns});
}
std::string All(int buffer) { return Part(buffer, 0, 0, 8, 8); }

const Text kReadAll = Copy(All(0), All(2));
const Text kClearAll = Fill(All(0));
const Text kMaybe = Apply("lt", {kN, 3});

TEST_CASE("what is read, what is written, and what is neither", "[program]") {
  CHECK(RoleIn({kReadAll}) == "in");
  CHECK(RoleIn({kClearAll}) == "out");
  CHECK(RoleIn({Fill(All(1))}) == "none");
  CHECK(RoleIn({kReadAll, kClearAll}) == "inout");
  CHECK(RoleIn({Update(All(0))}) == "inout");
  CHECK(RoleIn({Opaque({0}, {})}) == "in");
  CHECK(RoleIn({Opaque({}, {3})}) == "out");
}

TEST_CASE("a read of what was surely written before is none", "[program]") {
  Texts body = GENERATE(
      Texts{kClearAll, kReadAll}, Texts{kClearAll, Update(All(0))},
      Texts{kClearAll, Opaque({0}, {0})}, Texts{kClearAll, Point(Read(kN, kN))},
      // Piece by piece, whatever the pieces are.
      Texts{For(kI, 8, {Fill(Part(0, kI, 0, 1, 8))}), kReadAll},
      Texts{For(kI, 4, {Fill(Part(0, kI * 2, 0, 2, 8))}), kReadAll},
      Texts{For(kI, 4, {Fill(Part(0, Text(6) - kI * 2, 0, 2, 8))}), kReadAll},
      Texts{Fill(Part(0, 0, 0, 4, 8)), Fill(Part(0, 4, 0, 4, 8)), kReadAll},
      Texts{Map({{kI, 8}, {kJ, 8}}, {Clear(kI, kJ)}), kReadAll},
      Texts{Map({{kI, 2}, {kJ, 4}, {kK, 8}}, {Clear(kI + kJ * 2, kK)}), kReadAll},
      Texts{Map({{kI, 8}, {kJ, 8}}, {Clear(kI, kJ)}), Map({{kK, 8}, {kL, 8}}, {Read(kL, kK)})},
      // Elements with gaps between, and those on a diagonal.
      Texts{Map({{kI, 4}}, {Clear(kI * 2, 0)}), Map({{kJ, 4}}, {Read(kJ * 2, 0)})},
      Texts{Map({{kI, 8}}, {Clear(kI, kI)}), Map({{kJ, 8}}, {Read(kJ, kJ)})},
      // The same element in the same turn.
      Texts{For(kI, kN,
                {Fill(Part(0, kI, 0, 1, 8)), Copy(Part(0, kI, 0, 1, 8), Part(2, 0, 0, 1, 8))})},
      Texts{While(kMaybe, {kClearAll, kReadAll})},
      // Both branches.
      Texts{When(kMaybe, {kClearAll}, {Copy(All(1), All(0))}), kReadAll},
      Texts{When(Apply("lt", {1, 2}), {kClearAll}), kReadAll},
      // The first turn of a loop, as a reduction's initial value is written.
      Texts{
          Map({{kI, 8}, {kJ, 8}, {kK, 4}},
              {When(Apply("eq", {kK, 0}), {Clear(kI, kJ)}), Store(0, {kI, kJ}, Load(0, {kI, kJ}))},
              "serial")},
      Texts{For(kI, 2, {For(kJ, 2, {When(Apply("eq", {kI * 2 + kJ, 0}), {kClearAll}), kReadAll})})},
      // What is beyond the tensor is not read.
      Texts{Fill(Part(0, 0, 0, 8, 8)), Copy(Part(0, 4, 4, 8, 8), All(2))},
      Texts{For(kI, 3, {Fill(Part(0, kI * 3, 0, 3, 8))}), kReadAll},
      // Through a view.
      Texts{Fill(Region(3, {0}, {64})), kReadAll},
      Texts{Fill(Part(0, 2, 0, 4, 8)), Point(Store(1, {0, 0}, Load(3, {17})))},
      Texts{R"({"step":"opaque","op":"x","reason":"y","reads":[],"writes":[],"variables":[10]})",
            Fill(Part(0, kLet, 0, 1, 8)), Copy(Part(0, kLet, 0, 1, 8), Part(2, 0, 0, 1, 8))},
      Texts{Let(kN), Fill(Part(0, kLet, 0, 1, 8)),
            Copy(Part(0, kN, 0, 1, 8), Part(2, 0, 0, 1, 8))});
  CHECK(RoleIn(body) == "out");
}

TEST_CASE("a read of what may not have been written is one", "[program]") {
  Texts body = GENERATE(
      Texts{Fill(Part(0, 0, 0, 7, 8)), kReadAll}, Texts{Fill(Part(0, 0, 0, 8, 7)), kReadAll},
      Texts{When(kMaybe, {kClearAll}), kReadAll}, Texts{While(kMaybe, {kClearAll}), kReadAll},
      Texts{When(kMaybe, {kClearAll}, {Fill(Part(0, 0, 0, 8, 7))}), kReadAll},
      Texts{For(kI, kN, {kClearAll}), kReadAll},
      Texts{For(kI, 7, {Fill(Part(0, kI, 0, 1, 8))}), kReadAll},
      Texts{For(kI, 4, {Fill(Part(0, kI * 2, 0, 1, 8))}), kReadAll},
      Texts{For(kI, 8, {When(kMaybe, {kBreak}), Fill(Part(0, kI, 0, 1, 8))}), kReadAll},
      Texts{For(kI, 8, {Fill(Part(0, kI, 0, 1, 8)), When(kMaybe, {kBreak})}), kReadAll},
      Texts{For(kI, 8, {When(kMaybe, {kContinue}), Fill(Part(0, kI, 0, 1, 8))}), kReadAll},
      Texts{For(kI, 8, {Fill(Part(0, kI, 0, 1, 8)), Opaque({}, {})}), kReadAll},
      Texts{Map({{kI, 8}}, {Clear(kI, kI)}), kReadAll},
      Texts{Map({{kI, 8}}, {Clear(kI, kI)}), Map({{kJ, 8}}, {Read(kJ, Text(7) - kJ)})},
      Texts{Map({{kI, 4}}, {Clear(kI * 2, 0)}), Map({{kJ, 5}}, {Read(kJ * 2, 0)})},
      Texts{Opaque({}, {0}), kReadAll}, Texts{Point(Read(0, 0)), kClearAll},
      Texts{Point(Store(0, {0, 0}, Load(0, {0, 1})))},
      // A loop's first turn, but not of all that is read, or not surely executed.
      Texts{For(kK, 4, {kReadAll, When(Apply("eq", {kK, 0}), {kClearAll})})},
      Texts{For(kK, 4, {When(Apply("eq", {kK, 1}), {kClearAll}), kReadAll})},
      Texts{For(kK, 4, {When(Apply("eq", {kK, 0}), {Fill(Part(0, kK, 0, 1, 8))}), kReadAll})},
      Texts{For(kK, 4, {When(kMaybe, {When(Apply("eq", {kK, 0}), {kClearAll}), kReadAll})})},
      Texts{For(kI, 4, {For(kK, kN, {When(Apply("eq", {kI, 0}), {kClearAll})}), kReadAll})},
      // A place that is loaded may be another one the next time.
      Texts{Fill(Part(0, Apply("cast", {"\"int32\"", Load(1, {0, 0})}), 0, 1, 8)),
            Copy(Part(0, Apply("cast", {"\"int32\"", Load(1, {0, 0})}), 0, 1, 8),
                 Part(2, 0, 0, 1, 8))},
      // An index that wraps around is not what it looks like.
      Texts{Fill(Part(0, 0, 0, 4, 8)), Fill(Region(3, {kN * 8}, {32})), kReadAll},
      Texts{Fill(Region(3, {1}, {63})), kReadAll});
  CHECK(RoleIn(body) == "inout");
}

TEST_CASE("another block's write is none before its launch has ended", "[program]") {
  // Each block writes one row.
  Text row = Fill(Part(0, kBx, 0, 1, 8));
  CHECK(RoleIn({row, Copy(Part(0, kBx, 0, 1, 8), Part(2, 0, 0, 1, 8))}, {8, 1, 1}) == "out");
  CHECK(RoleIn({row, kReadAll}, {8, 1, 1}) == "inout");
  auto then_read = [&](int blocks, const Text& write) {
    return RoleOf({Launch({blocks, 1, 1}, {write}), Launch({3, 1, 1}, {kReadAll}, false)});
  };
  CHECK(then_read(8, row) == "out");
  CHECK(then_read(7, row) == "inout");
  CHECK(then_read(8, When(kMaybe, {row})) == "inout");
  CHECK(then_read(2, Fill(Part(0, kBx * 4, 0, 4, 8))) == "out");
}

}  // namespace
}  // namespace program
}  // namespace tilelang_tt
