/*!
 * \file test_program_reduction.cc
 * \brief FindReductionTiles: kt_tiles where the program says it beyond doubt, else none.
 *
 * Buffers: A [64, K], B [K, 64], C [64, 64], scratch a [32, 512], b [512, 32] and c [32, 32].
 */
#include <catch2/catch.hpp>

#include "program/analysis/reduction.h"
#include "program_text.h"

namespace tilelang_tt {
namespace program {
namespace {

constexpr int64_t kNone = -1;

/*! kt_tiles of one launch of 2 x 2 x 2 blocks; kNone if it is left out. */
int64_t Tiles(int64_t k, const Texts& body) {
  Program program = FromJson(
      ProgramText({Tensor(0, {64, k}), Tensor(1, {k, 64}), Tensor(2, {64, 64}), Scratch({32, 512}),
                   Scratch({512, 32}), Scratch({32, 32}), Scratch({32, 512}), View(0, 0, {64 * k})},
                  {Launch({2, 2, 2}, body)}));
  return FindReductionTiles(program, program.launches[0], 32).value_or(kNone);
}

const std::string kC = Region(5, {0, 0}, {32, 32});
const Text kClear = Fill(kC);
const Text kOut = Copy(kC, Region(2, {kBy * 32, kBx * 32}, {32, 32}));
const Text kMaybe = Apply("lt", {kN, 3});

std::string A(const Text& at, int step, int buffer = 0) {
  return Region(buffer, {buffer == 0 ? kBy * 32 : Text(0), at}, {32, step});
}
std::string B(const Text& at, int step, int buffer = 1) {
  return Region(buffer, {at, buffer == 1 ? kBx * 32 : Text(0)}, {step, 32});
}
Text LoadA(const Text& at, int step) { return Copy(A(at, step), A(0, step, 3)); }
Text LoadB(const Text& at, int step) { return Copy(B(at, step), B(0, step, 4)); }
Text Product(int step, const std::string& more = "") {
  return Gemm(A(0, step, 3), B(0, step, 4), kC, more);
}
/*! One turn: both operands from a place along K, and their product. */
Texts Turn(const Text& at, int step) { return {LoadA(at, step), LoadB(at, step), Product(step)}; }
Texts operator+(Texts first, const Texts& then) {
  first.insert(first.end(), then.begin(), then.end());
  return first;
}

struct Sizes {
  int64_t k;
  int step, turns;
  int64_t tiles;
};

TEST_CASE("K is the tensors', whatever the steps are", "[program]") {
  Sizes s = GENERATE(Sizes{96, 32, 3, 3}, Sizes{96, 64, 2, 3}, Sizes{72, 64, 2, 3},
                     Sizes{160, 128, 2, 5}, Sizes{512, 16, 32, 16}, Sizes{512, 32, 16, 16},
                     Sizes{100, 16, 7, 4}, Sizes{512, 512, 1, 16}, Sizes{64, 48, 2, 2},
                     // Less than all of it.
                     Sizes{512, 32, 4, 4}, Sizes{512, 48, 3, 5});
  CHECK(Tiles(s.k, {kClear, For(kK, s.turns, Turn(kK * s.step, s.step)), kOut}) == s.tiles);
}

TEST_CASE("several gemms into one accumulator add up", "[program]") {
  Texts halves = Turn(kK * 64, 32) + Turn(kK * 64 + 32, 32);
  CHECK(Tiles(512, {kClear, For(kK, 8, halves), kOut}) == 16);
  CHECK(Tiles(480, {kClear, For(kK, 8, halves), kOut}) == 15);
  CHECK(Tiles(512, Texts{kClear} + Turn(0, 64) + Turn(64, 448) + Texts{kOut}) == 16);
  CHECK(Tiles(512, {kClear, For(kK, 4, Turn(kK * 64, 64)), For(kL, 4, Turn(kL * 64 + 256, 64)),
                    kOut}) == 16);
}

TEST_CASE("a part of K from block to block counts if it is the same everywhere", "[program]") {
  auto split = [](int64_t k, int part, int step) {
    return Tiles(k, {kClear, For(kK, part / step, Turn(kBz * part + kK * step, step)), kOut});
  };
  CHECK(split(512, 256, 64) == 8);
  CHECK(split(480, 256, 64) == kNone);  // the last block has less
  CHECK(split(512, 240, 16) == kNone);  // the last block begins within a tile
}

TEST_CASE("where and how the sum begins", "[program]") {
  Texts turn = Turn(kK * 64, 64);
  CHECK(Tiles(512, {For(kI, kN, {kClear, For(kK, 8, turn), kOut})}) == 16);
  CHECK(Tiles(512, {For(kI, 4, {kClear, For(kK, 8, turn), kOut})}) == 16);
  Text by_element = Map({{kI, 32}, {kJ, 32}}, {Store(5, {kI, kJ})});
  CHECK(Tiles(512, {by_element, For(kK, 8, turn), kOut}) == 16);
  CHECK(Tiles(512, {LoadA(0, 512), LoadB(0, 512), Product(512, ",\"clear\":true"), kOut}) == 16);
  // In each turn, so that the last one is left.
  CHECK(Tiles(512, {For(kK, 8,
                        {LoadA(kK * 64, 64), LoadB(kK * 64, 64),
                         Product(64, ",\"clear\":true")})}) == 2);
}

TEST_CASE("operands that go through other scratch, or none", "[program]") {
  auto all = [](const Texts& turn) { return Tiles(512, {kClear, For(kK, 8, turn), kOut}); };
  CHECK(all({Gemm(A(kK * 64, 64), B(kK * 64, 64), kC)}) == 16);
  CHECK(all({Copy(A(kK * 64, 64), A(0, 64, 6)), Copy(A(0, 64, 6), A(0, 64, 3)), LoadB(kK * 64, 64),
             Product(64)}) == 16);
  // What is copied on is what was there then.
  CHECK(all({LoadA(kK * 64, 64), Copy(A(0, 64, 3), A(0, 64, 6)), LoadA(0, 64), LoadB(kK * 64, 64),
             Gemm(A(0, 64, 6), B(0, 64, 4), kC)}) == 16);
  CHECK(all({LoadA(kK * 64, 64), LoadB(kK * 64, 64),
             For(kL, 4, {Gemm(A(kL * 16, 16, 3), B(kL * 16, 16, 4), kC)})}) == 16);
  // All of it at once, before the loop.
  CHECK(Tiles(512, {kClear, LoadA(0, 512), LoadB(0, 512),
                    For(kK, 8, {Gemm(A(kK * 64, 64, 3), B(kK * 64, 64, 4), kC)})}) == 16);
  std::string transposed = Region(1, {kK * 64, kBx * 32}, {64, 32});
  CHECK(all({Gemm(transposed, transposed, kC, ",\"transpose_a\":true")}) == 16);
  CHECK(all({Gemm(A(kK * 64, 64), A(kK * 64, 64), kC, ",\"transpose_b\":true")}) == 16);
}

TEST_CASE("what is not certain, or no one number, is left out", "[program]") {
  Texts turn = Turn(kK * 64, 64);
  Text loop = For(kK, 8, turn);
  Text scale = Map({{kI, 32}, {kJ, 32}}, {Store(5, {kI, kJ}, Load(5, {kI, kJ}))});
  Texts body = GENERATE_COPY(
      Texts{}, Texts{kClear, kOut}, Texts{loop, kOut}, Texts{kClear, When(kMaybe, {loop})},
      Texts{kClear, For(kK, 8, {When(kMaybe, turn)})}, Texts{When(kMaybe, {kClear}), loop},
      Texts{kClear, While(kMaybe, Turn(0, 64))}, Texts{kClear, For(kK, kN, turn)},
      Texts{kClear, For(kK, kBx + 1, turn)},
      Texts{kClear, For(kK, 8, turn + Texts{When(kMaybe, {kBreak})})},
      Texts{kClear, For(kK, 8, turn + Texts{When(kMaybe, {kContinue})})},
      Texts{kClear, For(kK, 8, turn + Texts{Opaque({}, {})})},
      // A loop that goes nowhere, and one that takes elements in twice.
      Texts{kClear, For(kI, 2, {loop})}, Texts{kClear, For(kK, 8, Turn(kK * 32, 64))},
      Texts{kClear, For(kK, 8, Turn(kK * 32 + 16, 16))},
      // Operands that disagree.
      Texts{kClear, For(kK, 8, {LoadA(kK * 64, 64), LoadB(kK * 32, 64), Product(64)})},
      Texts{kClear, LoadB(0, 64), For(kK, 8, {LoadA(kK * 64, 64), Product(64)})},
      // Operands that something else has written.
      Texts{kClear,
            For(kK, 8, {LoadA(kK * 64, 64), LoadB(kK * 64, 64), Opaque({}, {3}), Product(64)})},
      Texts{kClear,
            For(kK, 8, {When(kMaybe, {LoadA(kK * 64, 64)}), LoadB(kK * 64, 64), Product(64)})},
      Texts{kClear, LoadA(0, 64), LoadB(0, 64),
            For(kK, 8, {Product(64), LoadA(kK * 64, 64), LoadB(kK * 64, 64)})},
      Texts{kClear, For(kK, 8, {LoadA(kK * 64, 32), LoadB(kK * 64, 64), Product(64)})},
      Texts{kClear, For(kK, 8,
                        {Copy(Region(7, {kK * 64}, {64}), Region(3, {0, 0}, {1, 64})),
                         LoadB(kK * 64, 64), Product(64)})},
      // An accumulator that is written in between, and a second one.
      Texts{kClear, For(kK, 8, turn + Texts{scale})},
      Texts{kClear, For(kK, 8, Texts{scale} + turn)},
      Texts{kClear, For(kK, 8, turn + Texts{Opaque({}, {5})})},
      Texts{kClear, loop, kOut, kClear, For(kL, 8, Turn(kL * 64, 64)), kOut},
      Texts{kClear,
            For(kK, 8, turn + Texts{Gemm(A(0, 64, 3), B(0, 64, 4), Region(6, {0, 0}, {32, 32}))})},
      Texts{kClear,
            For(kK, 8,
                {LoadA(kK * 64, 64), LoadB(kK * 64, 64),
                 Gemm(Region(3, {0, 0}, {16, 64}), B(0, 64, 4), Region(5, {0, 0}, {16, 32})),
                 Gemm(Region(3, {16, 0}, {16, 64}), B(0, 64, 4), Region(5, {16, 0}, {16, 32}))})});
  CHECK(Tiles(512, body) == kNone);
}

TEST_CASE("the result may be worked on after the sum is complete", "[program]") {
  Text scale = Map({{kI, 32}, {kJ, 32}}, {Store(5, {kI, kJ}, Load(5, {kI, kJ}))});
  CHECK(Tiles(512, {kClear, For(kK, 8, Turn(kK * 64, 64)), scale, kOut}) == 16);
}

TEST_CASE("a product that is stored to a tensor", "[program]") {
  const Text element = Load(2, {kI, kJ}), a = Load(0, {kI, kK}), b = Load(1, {kK, kJ});
  auto tiles = [](int64_t k, const Text& value, int64_t turns, const Text& at = kI) {
    return Tiles(k,
                 {Map({{kI, 64}, {kJ, 64}, {kK, turns}}, {Store(2, {at, kJ}, value)}, "serial")});
  };
  CHECK(tiles(64, element + a * b, 64) == 2);
  CHECK(tiles(65, a * b + element, 65) == 3);
  CHECK(tiles(64, element + a * b, 70) == 2);
  auto wide = [](const Text& e) { return Apply("cast", {"\"float32\"", e}); };
  CHECK(tiles(64, element + wide(wide(a) * wide(b)), 64) == 2);
  CHECK(tiles(64, element - a * b, 64) == kNone);
  CHECK(tiles(64, Apply("max", {element, a * b}), 64) == kNone);
  CHECK(tiles(64, element + a * a, 64) == 2);
  CHECK(tiles(64, element + a * Load(1, {0, kJ}), 64) == kNone);
  CHECK(tiles(64, element + a * b, 64, kI * 1 + 1) == kNone);
  // The same elements again in each turn of a loop.
  Text update = Store(2, {kI, kJ}, element + a * b);
  CHECK(Tiles(64, {For(kL, 4, {Map({{kI, 64}, {kJ, 64}, {kK, 64}}, {update}, "serial")})}) ==
        kNone);
  CHECK(Tiles(64, {Map({{kI, 64}, {kJ, 64}, {kK, 64}}, {update, update}, "serial")}) == kNone);
  CHECK(Tiles(64, {Map({{kI, 64}, {kJ, 64}, {kK, 64}}, {When(kMaybe, {update})}, "serial")}) ==
        kNone);
}

}  // namespace
}  // namespace program
}  // namespace tilelang_tt
