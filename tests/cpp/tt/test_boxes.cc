/*!
 * \file test_boxes.cc
 * \brief Rectangular schedules: the cores that they take, the boxes, and what is wrong with boxes.
 */
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>

#include "schedule/check_boxes.h"
#include "schedule/cores.h"
#include "schedule/shared_reads.h"

namespace tilelang_tt {
namespace schedule {
namespace {

using Grid = std::array<int64_t, 3>;

/*! Cores a row of text, '#' for one that may be used. */
std::vector<bool> Usable(const std::vector<std::string>& rows) {
  std::vector<bool> usable;
  for (const std::string& row : rows) {
    for (char core : row) usable.push_back(core == '#');
  }
  return usable;
}

TEST_CASE("blocks are placed on the rectangle that most cores of have some", "[boxes]") {
  struct Case {
    std::vector<std::string> cores;
    Grid grid;
    Placement expected;
  };
  const std::vector<std::string> whole(4, "####");
  const std::vector<Case> table = {
      {whole, {8, 8, 1}, {0, 0, 4, 4, 1}},
      {whole, {2, 3, 1}, {0, 0, 2, 3, 1}},
      {whole, {8, 1, 1}, {0, 0, 4, 1, 1}},
      {whole, {1, 8, 1}, {0, 0, 1, 4, 1}},
      {whole, {1, 1, 8}, {0, 0, 1, 1, 4}},
      {whole, {8, 2, 3}, {0, 0, 4, 2, 2}},
      {whole, {8, 3, 3}, {0, 0, 4, 3, 1}},
      // A hole leaves rectangles of eight, four wide above it and two wide beside it.
      {{"####", "####", "##.#", "####"}, {8, 8, 1}, {0, 0, 4, 2, 1}},
      {{"##..", "##..", "##..", "####"}, {8, 8, 1}, {0, 0, 2, 4, 1}},
      // Four wide, of which two would have blocks.
      {{"####", "####", "##..", "...."}, {2, 8, 1}, {0, 0, 2, 3, 1}},
      // Of two of the same size the wider, then the upper, then the left one.
      {{".#..", "##..", ".#..", "...."}, {8, 8, 1}, {1, 0, 1, 3, 1}},
      {{".#..", "##..", "....", "...."}, {8, 8, 1}, {0, 1, 2, 1, 1}},
      {{"....", ".##.", "....", "##.."}, {8, 8, 1}, {1, 1, 2, 1, 1}},
      {{"#.##", "#.##", "....", "...."}, {1, 2, 1}, {2, 0, 1, 2, 1}},
      {{"....", "....", "....", "...#"}, {8, 8, 8}, {3, 3, 1, 1, 1}},
  };
  for (const Case& entry : table) {
    Placement found = PlaceBlocks(Usable(entry.cores), 4, entry.grid);
    INFO(entry.grid[0] << "x" << entry.grid[1] << "x" << entry.grid[2]);
    CHECK(found.x0 == entry.expected.x0);
    CHECK(found.y0 == entry.expected.y0);
    CHECK(found.columns == entry.expected.columns);
    CHECK(found.rows == entry.expected.rows);
    CHECK(found.layers == entry.expected.layers);
  }
}

/*! Whether each block of a small grid is in one box. */
bool RunsEachBlockOnce(const std::vector<Box>& boxes, const Grid& grid) {
  std::multiset<int64_t> seen;
  for (const Box& box : boxes) {
    for (int64_t z = box.z; z < box.z + box.deep; ++z) {
      for (int64_t y = box.y; y < box.y + box.down; ++y) {
        for (int64_t x = box.x; x < box.x + box.across; ++x) {
          if (x < 0 || y < 0 || z < 0 || x >= grid[0] || y >= grid[1] || z >= grid[2]) return false;
          seen.insert((z * grid[1] + y) * grid[0] + x);
        }
      }
    }
  }
  return static_cast<int64_t>(seen.size()) == grid[0] * grid[1] * grid[2] &&
         std::set<int64_t>(seen.begin(), seen.end()).size() == seen.size();
}

TEST_CASE("boxes run each block once on usable cores, rows and columns alike, nearly even",
          "[boxes]") {
  std::mt19937 numbers(7);
  auto below = [&](int64_t most) { return static_cast<int64_t>(numbers() % most); };
  for (int trial = 0; trial < 2000; ++trial) {
    int64_t cores_x = 1 + below(6), cores_y = 1 + below(6);
    std::vector<bool> usable(cores_x * cores_y);
    for (size_t core = 0; core < usable.size(); ++core) usable[core] = below(5) > 0;
    usable[below(static_cast<int64_t>(usable.size()))] = true;
    Grid grid{1 + below(9), 1 + below(7), 1 + below(5)};
    Placement place = PlaceBlocks(usable, cores_x, grid);
    std::vector<Box> boxes = SplitBoxes(place, grid, cores_x, cores_x * cores_y);
    REQUIRE(RunsEachBlockOnce(boxes, grid));
    int64_t least = grid[0] * grid[1] * grid[2], most = 0;
    for (size_t core = 0; core < boxes.size(); ++core) {
      if (boxes[core] == Box()) continue;
      REQUIRE(usable[core]);
      least = std::min(least, boxes[core].across), most = std::max(most, boxes[core].across);
    }
    REQUIRE(most - least <= 1);
    Placement found{};
    REQUIRE(FindBoxFault(boxes, cores_x, grid, &found) == std::nullopt);
    REQUIRE((found.x0 == place.x0 && found.y0 == place.y0 && found.columns == place.columns &&
             found.rows == place.rows && found.layers == place.layers));
  }
}

TEST_CASE("any box changed in one number is a fault", "[boxes]") {
  const Grid grid{5, 4, 3};
  const std::vector<Box> right = SplitBoxes({1, 0, 2, 2, 2}, grid, 4, 20);
  int changed = 0;
  for (size_t core = 0; core < right.size(); ++core) {
    for (int64_t Box::* field : {&Box::x, &Box::y, &Box::z, &Box::across, &Box::down, &Box::deep}) {
      for (int64_t change : {-1, 1, 4}) {
        std::vector<Box> boxes = right;
        boxes[core].*field += change;
        Placement found{};
        INFO("core " << core << " by " << change);
        REQUIRE(FindBoxFault(boxes, 4, grid, &found).has_value());
        ++changed;
      }
    }
  }
  CHECK(changed == 360);
}

TEST_CASE("a fault of boxes names the core, its blocks and what is expected", "[boxes]") {
  struct Case {
    std::vector<Box> boxes;  // of 2 x 2 cores and 4 x 4 blocks
    std::string says;
  };
  const Box none;
  const std::vector<Case> table = {
      {{none, none, none, none}, "no core has blocks; expected all of the grid's"},
      {{{0, 0, 0, 4, 0, 1}, none, none, none},
       "core (0, 0) has the blocks [0, 0, 0, 4, 0, 1]; expected six zeros, or at least one block "
       "of the grid of 4x4x1 along each axis, and none beyond it"},
      {{{-1, 0, 0, 4, 4, 1}, none, none, none},
       "core (0, 0) has the blocks [-1, 0, 0, 4, 4, 1]; expected six zeros, or at least one block "
       "of the grid of 4x4x1 along each axis, and none beyond it"},
      {{{0, 0, 0, 2, 4, 1}, {2, 0, 0, 3, 4, 1}, none, none},
       "core (1, 0) has the blocks [2, 0, 0, 3, 4, 1]; expected six zeros, or at least one block "
       "of the grid of 4x4x1 along each axis, and none beyond it"},
      {{{0, 0, 0, 4, 2, 1}, none, none, {0, 2, 0, 4, 2, 1}},
       "core (1, 0) has the blocks [0, 0, 0, 0, 0, 0]; expected some, since the cores with blocks "
       "are a rectangle, here (0, 0)-(1, 1)"},
      {{{0, 0, 0, 2, 4, 1}, {1, 0, 0, 3, 4, 1}, none, none},
       "core (1, 0) has the blocks [1, 0, 0, 3, 4, 1]; expected them to begin at x = 2, where the "
       "column before it ends"},
      {{{1, 0, 0, 3, 4, 1}, none, none, none},
       "core (0, 0) has the blocks [1, 0, 0, 3, 4, 1]; expected them to begin at x = 0, the first"},
      {{{0, 0, 0, 2, 4, 1}, {2, 0, 0, 1, 4, 1}, none, none},
       "core (1, 0) has the blocks [2, 0, 0, 1, 4, 1]; expected them to end at x = 4, since it is "
       "the last"},
      {{{0, 0, 0, 4, 2, 1}, none, {0, 1, 0, 4, 3, 1}, none},
       "core (0, 1) has the blocks [0, 1, 0, 4, 3, 1]; expected them to begin at y = 2, z = 0, "
       "where the row before it ends"},
      {{{0, 0, 0, 4, 2, 1}, none, {0, 2, 0, 4, 1, 1}, none},
       "core (0, 1) has the blocks [0, 2, 0, 4, 1, 1]; expected them to end at y = 4, z = 1, since "
       "it is the last"},
      {{{0, 0, 0, 2, 2, 1}, {2, 0, 0, 2, 3, 1}, {0, 2, 0, 2, 2, 1}, {2, 3, 0, 2, 1, 1}},
       "core (1, 0) has the blocks [2, 0, 0, 2, 3, 1]; expected [2, 0, 0, 2, 2, 1], which is its "
       "column's x, and its row's y and z"},
  };
  for (const Case& entry : table) {
    Placement found{};
    CHECK(FindBoxFault(entry.boxes, 2, {4, 4, 1}, &found) == entry.says);
  }
}

TEST_CASE("layers of z have the same parts of y", "[boxes]") {
  auto fault = [](const std::vector<Box>& column) {
    Placement found{};
    return FindBoxFault(column, 1, {1, 4, 4}, &found);
  };
  CHECK(fault({{0, 0, 0, 1, 3, 2}, {0, 3, 0, 1, 1, 2}, {0, 0, 2, 1, 3, 2}, {0, 3, 2, 1, 1, 2}}) ==
        std::nullopt);
  CHECK(fault({{0, 0, 0, 1, 3, 2}, {0, 3, 0, 1, 1, 2}, {0, 0, 2, 1, 2, 2}, {0, 2, 2, 1, 2, 2}}) ==
        "core (0, 2) has the blocks [0, 0, 2, 1, 2, 2]; expected the y of the row 2 before it, as "
        "in each part of z");
  CHECK(fault({{0, 0, 0, 1, 4, 2}, {0, 0, 1, 1, 4, 2}}) ==
        "core (0, 1) has the blocks [0, 0, 1, 1, 4, 2]; expected them to begin at y = 0, z = 2, "
        "where the row before it ends");
  CHECK(fault({{0, 0, 0, 1, 3, 2}, {0, 3, 0, 1, 1, 3}, {0, 0, 2, 1, 3, 2}, {0, 3, 3, 1, 1, 1}}) ==
        "core (0, 1) has the blocks [0, 3, 0, 1, 1, 3]; expected the z of the row before it, since "
        "they share y");
}

TEST_CASE("cores that may be used are disjoint rectangles of the grid", "[cores]") {
  struct Case {
    std::vector<CoreRectangle> cores;
    std::optional<std::string> says;
  };
  const std::vector<Case> table = {
      {{{0, 0, 3, 1}}, std::nullopt},
      {{{0, 0, 0, 1}, {2, 0, 3, 0}}, std::nullopt},
      {{}, "no core is found; expected at least one rectangle of cores"},
      {{{0, 0, 4, 1}},
       "the rectangle (0, 0)-(4, 1) is found; expected one inside the grid of 4x2, as [x0, y0, x1, "
       "y1] with corners inclusive"},
      {{{-1, 0, 1, 0}},
       "the rectangle (-1, 0)-(1, 0) is found; expected one inside the grid of 4x2, as [x0, y0, "
       "x1, "
       "y1] with corners inclusive"},
      {{{1, 0, 0, 1}},
       "the rectangle (1, 0)-(0, 1) is found; expected one inside the grid of 4x2, as [x0, y0, x1, "
       "y1] with corners inclusive"},
      {{{0, 0, 1, 1}, {1, 1, 2, 1}},
       "core (1, 1) is in (1, 1)-(2, 1) and in a rectangle before it; expected it in one only"},
  };
  for (const Case& entry : table) CHECK(FindCoresFault(entry.cores, 4, 2) == entry.says);
  CHECK(CoresIn({{0, 0, 0, 1}, {2, 0, 3, 0}}, 4, 2) == Usable({"#.##", "#..."}));
}

TEST_CASE("what is read alike is shared along the axis with more cores, over both NoCs",
          "[shared_reads]") {
  const Alike none{}, x{true}, y{false, true}, both{true, true};
  const Alike z{false, false, true}, yz{false, true, true}, all{true, true, true};
  struct Case {
    std::vector<Alike> tensors;
    int64_t columns, rows;
    std::string expected;
    int64_t layers = 2;
  };
  const std::vector<Case> table = {
      {{x, y, none}, 4, 4, "0x1 1y0 "},
      {{y, x}, 4, 4, "0y0 1x1 "},
      {{x, y}, 4, 1, "0x1 "},
      {{x, y}, 1, 4, "1y1 "},
      {{x, y}, 1, 1, ""},
      {{none, both}, 4, 4, "1x1 "},
      {{both}, 2, 3, "0y1 "},
      {{none, x, x, none, x}, 2, 2, "1x1 2x0 4x1 "},
      {{y, y}, 2, 2, "0y1 1y0 "},
      {{both, y, x}, 3, 2, "0x1 1y0 2x1 "},
      {{none, none}, 4, 4, ""},
      // What all of several layers read alike goes down whole columns.
      {{x, yz}, 4, 4, "0x1 1yz0 "},
      {{yz}, 4, 1, "0yz1 "},
      {{all}, 3, 2, "0yz1 "},
      {{all}, 4, 2, "0x1 "},
      {{z, x}, 4, 1, "1x1 "},
      {{y, yz}, 2, 2, "0y1 1yz0 "},
      {{x, yz}, 4, 4, "0x1 1y0 ", 1},
  };
  for (const Case& entry : table) {
    std::string found;
    for (const SharedRead& read :
         FindSharedReads(entry.tensors, {0, 0, entry.columns, entry.rows, entry.layers})) {
      const char* along[] = {"x", "y", "yz"};
      found += std::to_string(read.tensor) + along[static_cast<int>(read.along)] +
               std::to_string(read.noc) + " ";
    }
    CHECK(found == entry.expected);
  }
}

}  // namespace
}  // namespace schedule
}  // namespace tilelang_tt
