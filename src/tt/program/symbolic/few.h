/*!
 * \file program/symbolic/few.h
 * \brief A list that is short almost always, and then needs no memory of its own.
 */
#ifndef TILELANG_TT_PROGRAM_SYMBOLIC_FEW_H_
#define TILELANG_TT_PROGRAM_SYMBOLIC_FEW_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <vector>

namespace tilelang_tt {
namespace program {

/*! \brief A list of plain values, of which the first N are in the object itself. */
template <typename T, size_t N>
class Few {
 public:
  Few() = default;
  Few(std::initializer_list<T> items) {
    for (const T& item : items) push_back(item);
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* begin() const { return size_ <= N ? few_.data() : many_.data(); }
  const T* end() const { return begin() + size_; }
  const T& operator[](size_t index) const { return begin()[index]; }
  bool operator==(const Few& other) const {
    return size_ == other.size_ && std::equal(begin(), end(), other.begin());
  }

  void push_back(const T& item) {
    if (size_ < N) {
      few_[size_] = item;
    } else {
      if (size_ == N) many_.assign(few_.begin(), few_.end());
      many_.push_back(item);
    }
    ++size_;
  }

 private:
  size_t size_ = 0;
  std::array<T, N> few_;
  /*! All of them, where they are more than N. */
  std::vector<T> many_;
};

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_SYMBOLIC_FEW_H_
