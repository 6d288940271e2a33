/*!
 * \file schedule/check_boxes.cc
 * \brief Faults of boxes; see check_boxes.h.
 */
#include "check_boxes.h"

#include <algorithm>
#include <sstream>

namespace tilelang_tt {
namespace schedule {
namespace {

using Fault = std::optional<std::string>;

std::ostream& operator<<(std::ostream& out, const Box& box) {
  return out << "[" << box.x << ", " << box.y << ", " << box.z << ", " << box.across << ", "
             << box.down << ", " << box.deep << "]";
}

class BoxChecker {
 public:
  BoxChecker(const std::vector<Box>& boxes, int64_t cores_x, const std::array<int64_t, 3>& grid,
             Placement* placement)
      : boxes_(boxes), cores_x_(cores_x), grid_(grid), place_(*placement) {}

  Fault Run() {
    for (const auto& check : {&BoxChecker::Each, &BoxChecker::Rectangle, &BoxChecker::Columns,
                              &BoxChecker::Rows, &BoxChecker::Product}) {
      if (Fault fault = (this->*check)()) return fault;
    }
    return std::nullopt;
  }

 private:
  const Box& At(int64_t column, int64_t row) const {
    return boxes_[(place_.y0 + row) * cores_x_ + place_.x0 + column];
  }

  /*! "core (1, 0) has the blocks [...]; expected " and what is expected. */
  Fault Expected(int64_t x, int64_t y, const std::string& expected) const {
    std::ostringstream fault;
    fault << "core (" << x << ", " << y << ") has the blocks " << boxes_[y * cores_x_ + x]
          << "; expected " << expected;
    return fault.str();
  }

  /*! Each box is inside the grid, and not in part empty. */
  Fault Each() {
    for (size_t core = 0; core < boxes_.size(); ++core) {
      const Box& box = boxes_[core];
      if (box == Box()) continue;
      const int64_t first[] = {box.x, box.y, box.z}, extent[] = {box.across, box.down, box.deep};
      for (int axis = 0; axis < 3; ++axis) {
        if (first[axis] >= 0 && first[axis] < grid_[axis] && extent[axis] >= 1 &&
            extent[axis] <= grid_[axis] - first[axis]) {
          continue;
        }
        std::ostringstream expected;
        expected << "six zeros, or at least one block of the grid of " << grid_[0] << "x"
                 << grid_[1] << "x" << grid_[2] << " along each axis, and none beyond it";
        return Expected(core % cores_x_, core / cores_x_, expected.str());
      }
    }
    return std::nullopt;
  }

  /*! The cores that have blocks are a rectangle. */
  Fault Rectangle() {
    int64_t cores_y = static_cast<int64_t>(boxes_.size()) / cores_x_;
    int64_t x0 = cores_x_, y0 = cores_y, x1 = -1, y1 = -1;
    for (int64_t y = 0; y < cores_y; ++y) {
      for (int64_t x = 0; x < cores_x_; ++x) {
        if (boxes_[y * cores_x_ + x] == Box()) continue;
        x0 = std::min(x0, x), x1 = std::max(x1, x), y0 = std::min(y0, y), y1 = y;
      }
    }
    if (x1 < 0) return "no core has blocks; expected all of the grid's";
    for (int64_t y = y0; y <= y1; ++y) {
      for (int64_t x = x0; x <= x1; ++x) {
        if (!(boxes_[y * cores_x_ + x] == Box())) continue;
        std::ostringstream expected;
        expected << "some, since the cores with blocks are a rectangle, here (" << x0 << ", " << y0
                 << ")-(" << x1 << ", " << y1 << ")";
        return Expected(x, y, expected.str());
      }
    }
    place_.x0 = x0, place_.y0 = y0, place_.columns = x1 - x0 + 1;
    lines_ = y1 - y0 + 1;
    return std::nullopt;
  }

  /*! The columns share x, from left to right. */
  Fault Columns() {
    int64_t next = 0;
    for (int64_t column = 0; column < place_.columns; ++column) {
      const Box& box = At(column, 0);
      if (box.x != next) {
        return Expected(place_.x0 + column, place_.y0,
                        "them to begin at x = " + std::to_string(next) +
                            (column == 0 ? ", the first" : ", where the column before it ends"));
      }
      next += box.across;
    }
    if (next == grid_[0]) return std::nullopt;
    return Expected(place_.x0 + place_.columns - 1, place_.y0,
                    "them to end at x = " + std::to_string(grid_[0]) + ", since it is the last");
  }

  /*! The rows share y from above to below, once for each layer of z, all in the same parts. */
  Fault Rows() {
    int64_t y = 0, z = 0;
    place_.rows = place_.layers = 0;
    for (int64_t row = 0; row < lines_; ++row) {
      const Box& box = At(0, row);
      auto expected = [&](const std::string& what) {
        return Expected(place_.x0, place_.y0 + row, what);
      };
      if (box.y != y || box.z != z) {
        return expected("them to begin at y = " + std::to_string(y) + ", z = " + std::to_string(z) +
                        ", where the row before it ends");
      }
      if (y != 0 && box.deep != At(0, row - 1).deep) {
        return expected("the z of the row before it, since they share y");
      }
      if (place_.layers > 0 && box.down != At(0, row - place_.rows).down) {
        return expected("the y of the row " + std::to_string(place_.rows) +
                        " before it, as in each part of z");
      }
      y += box.down;
      if (y < grid_[1]) continue;
      if (place_.layers++ == 0) place_.rows = row + 1;
      y = 0;
      z += box.deep;
    }
    if (y == 0 && z == grid_[2]) return std::nullopt;
    return Expected(place_.x0, place_.y0 + lines_ - 1,
                    "them to end at y = " + std::to_string(grid_[1]) +
                        ", z = " + std::to_string(grid_[2]) + ", since it is the last");
  }

  /*! Each core has its column's x and its row's y and z. */
  Fault Product() {
    for (int64_t row = 0; row < lines_; ++row) {
      for (int64_t column = 0; column < place_.columns; ++column) {
        const Box &x = At(column, 0), &yz = At(0, row);
        Box box{x.x, yz.y, yz.z, x.across, yz.down, yz.deep};
        if (At(column, row) == box) continue;
        std::ostringstream expected;
        expected << box << ", which is its column's x, and its row's y and z";
        return Expected(place_.x0 + column, place_.y0 + row, expected.str());
      }
    }
    return std::nullopt;
  }

  const std::vector<Box>& boxes_;
  int64_t cores_x_;
  const std::array<int64_t, 3>& grid_;
  Placement& place_;
  int64_t lines_ = 0;  // rows of cores, of all layers
};

}  // namespace

std::optional<std::string> FindBoxFault(const std::vector<Box>& boxes, int64_t cores_x,
                                        const std::array<int64_t, 3>& grid, Placement* placement) {
  return BoxChecker(boxes, cores_x, grid, placement).Run();
}

}  // namespace schedule
}  // namespace tilelang_tt
