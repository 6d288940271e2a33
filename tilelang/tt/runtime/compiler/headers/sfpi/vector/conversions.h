// convert<To>(x): between floats, integers and magnitudes with a sign.
//
// SFPSTOCHRND rounds a float to fewer bits or to a small integer, SFPCAST makes a float of a
// magnitude with a sign. Nearest rounds ties away from zero (to even, in SFPCAST).
#pragma once

#include "functions.h"

namespace sfpi {

#ifdef ARCH_BLACKHOLE
enum class RoundMode {
  NearestAway,
  Nearest = NearestAway,
  NearestEven = NearestAway,
  NearestStochastic,
  Stochastic = NearestStochastic,
  Zero
};
#else
enum class RoundMode {
  NearestAway,
  Nearest = NearestAway,
  NearestEven = NearestAway,
  NearestStochastic,
  Stochastic = NearestStochastic
};
#endif

namespace impl_ {

// SFPSTOCHRND's number of what comes out of a float.
template <class To>
constexpr int rounded_form() {
  return std::is_same_v<To, vFloat16a>   ? 0
         : std::is_same_v<To, vFloat16b> ? 1
         : std::is_same_v<To, vUInt8>    ? 2
         : std::is_same_v<To, vSMag8>    ? 3
         : std::is_same_v<To, vUInt16>   ? 6
         : std::is_same_v<To, vSMag16>   ? 7
                                         : -1;
}

sfpi_inline vSMag int_to_smag(vInt x) {
  vSMag result = as<vSMag>(x);
  v_if(x < 0) { result = setsgn(as<vSMag>(vInt(-x)), 1); }
  v_endif;
  return result;
}

sfpi_inline vInt smag_to_int(vSMag x) {
  vInt result = as<vInt>(x);
  v_if(result < 0) { result = -as<vInt>(vSMag(setsgn(x, 0))); }
  v_endif;
  return result;
}

}  // namespace impl_

template <class To, class From, impl_::Vector<From> = nullptr>
sfpi_inline To convert(const From& x, RoundMode round = RoundMode::NearestStochastic) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (std::is_base_of_v<vFloat, From>) {
    constexpr int form = impl_::rounded_form<To>();
    static_assert(form >= 0, "no conversion from vFloat to this type");
    const unsigned how = round == RoundMode::NearestStochastic ? 1
                         : round == RoundMode::Nearest         ? 0
                                                               : 2;
    return To(impl_::Pending<To, impl_::Unary>{
        {x.lanes(), impl_::word(impl_::kStochRnd, how << 21 | unsigned(form))}});
  } else if constexpr (std::is_base_of_v<vInt, From>) {
    if constexpr (std::is_same_v<To, vSMag>) {
      return impl_::int_to_smag(x);
    } else {
      return convert<To>(impl_::int_to_smag(x), round);
    }
  } else if constexpr (std::is_same_v<To, vInt>) {
    return std::is_base_of_v<vSMag, From> ? impl_::smag_to_int(as<vSMag>(x)) : as<vInt>(x);
  } else {
    static_assert(std::is_base_of_v<vMag, From> || std::is_base_of_v<vSMag, From>,
                  "no conversion from an unsigned vector; make it a vMag");
    static_assert(std::is_base_of_v<vFloat, To>, "no conversion from an integer to this type");
    const vFloat wide =
        impl_::unary_of<vFloat>(x, impl_::kCast, 0, round == RoundMode::NearestStochastic ? 1 : 0);
    return convert<To>(wide, round);
  }
}
template <class To, class T, class Emit>
sfpi_inline To convert(const impl_::Pending<T, Emit>& x,
                       RoundMode round = RoundMode::NearestStochastic) {
  return convert<To>(T(x), round);
}

// By their older names. These take magnitudes with a sign, whatever the type says.
template <class T>
sfpi_inline vFloat int32_to_float(const T& x, RoundMode round = RoundMode::NearestStochastic) {
  return convert<vFloat>(as<vSMag>(x), round);
}
sfpi_inline vFloat float_to_fp16a(vFloat x, RoundMode round = RoundMode::NearestStochastic) {
  return convert<vFloat16a>(x, round);
}
sfpi_inline vFloat float_to_fp16b(vFloat x, RoundMode round = RoundMode::NearestStochastic) {
  return convert<vFloat16b>(x, round);
}

}  // namespace sfpi
