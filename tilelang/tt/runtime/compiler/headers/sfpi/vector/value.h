// A vector variable, and an operation that waits to be told where its result goes.
//
// Under v_if an assignment changes the enabled lanes alone. `x = a * b + c` is therefore one
// instruction that writes over x, if the operation knows x when it is emitted: what an operator
// returns is Pending, which is emitted where it is assigned, or where a variable is made of it.
// A Pending holds its operands as values, so it gives the same whenever that is. Instructions that
// change their own destination gain nothing by waiting, and are emitted at once: operands that
// wait take registers.
#pragma once

#include <type_traits>
#include <utility>

#include "instruction.h"

namespace sfpi {

namespace impl_ {

// What a variable's get() gives, and every vector type is made of: a register's value.
struct sfpu_t {
  Lanes v;
};

// The result of an operation, of the vector type T. emit(d, over) writes it, as SFPU_WRITE does.
template <class T, class Emit>
struct Pending {
  Emit emit;

  sfpi_inline Lanes lanes() const {
    Lanes d;
    emit(d, false);
    return d;
  }
  sfpi_inline sfpu_t get() const { return {lanes()}; }
};

template <class T, class Emit>
sfpi_inline Pending<T, Emit> pending(Emit emit) {
  return {emit};
}

#define SFPU_EMIT [=](::sfpi::impl_::Lanes& d, bool over) __attribute__((always_inline))

// The base of every vector type.
class vVal {
 public:
  sfpi_inline vVal() {}
  sfpi_inline vVal(const vVal&) = default;
  sfpi_inline explicit vVal(sfpu_t value) : lanes_(value.v), assigned_(true) {}

  sfpi_inline sfpu_t get() const { return {lanes_}; }
  sfpi_inline Lanes lanes() const { return lanes_; }

 protected:
  template <class Emit>
  sfpi_inline void assign(const Emit& emit) {
    emit(lanes_, assigned_);
    assigned_ = true;
  }
  sfpi_inline void assign(const vVal& value) {
    if (assigned_) {
      copy(lanes_, value.lanes_);
    } else {
      *this = value;
    }
  }
  // x op= y, for instructions that change their own destination.
  sfpi_inline void combine(Lanes c, unsigned bits) { in_place(lanes_, c, bits); }
  sfpi_inline Lanes& changed() { return lanes_; }

 private:
  sfpi_inline vVal& operator=(const vVal&) = default;

  Lanes lanes_;
  // Whether there is a value whose disabled lanes an assignment has to keep. A constant to the
  // optimiser, but for variables that loops carry.
  bool assigned_ = false;
};

template <class T>
constexpr bool is_vector = std::is_base_of_v<vVal, T>;

// What each vector type has, besides what makes it different.
#define SFPU_VECTOR(Type, Base)                                                           \
  sfpi_inline Type() {}                                                                   \
  sfpi_inline Type(const Type&) = default;                                                \
  template <class T, class Emit, std::enable_if_t<std::is_base_of_v<Type, T>>* = nullptr> \
  sfpi_inline Type(const impl_::Pending<T, Emit>& p) : Base(p.get()) {}                   \
  sfpi_inline Type& operator=(const Type& value) {                                        \
    this->assign(static_cast<const impl_::vVal&>(value));                                 \
    return *this;                                                                         \
  }                                                                                       \
  template <class T, class Emit, std::enable_if_t<std::is_base_of_v<Type, T>>* = nullptr> \
  sfpi_inline Type& operator=(const impl_::Pending<T, Emit>& p) {                         \
    this->assign(p.emit);                                                                 \
    return *this;                                                                         \
  }

}  // namespace impl_
}  // namespace sfpi
