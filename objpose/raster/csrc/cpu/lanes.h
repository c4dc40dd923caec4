// Floats worked on together: as many as a register of the instruction set holds. GCC and Clang have vectors
// of their own; for other compilers these are plain arrays.
#pragma once

#include <cstring>

#include "shared/platform.h"

namespace objpose {

// Of AVX-512. Memory is laid out for it whatever the register holds.
constexpr int MOST_LANES = 16;

template <int W>
struct Lanes {
#if defined(__GNUC__)
  typedef float Floats __attribute__((vector_size(4 * W)));
  typedef int Ints __attribute__((vector_size(4 * W)));
  typedef unsigned Bits __attribute__((vector_size(4 * W)));
  typedef unsigned long long Pairs __attribute__((vector_size(4 * W)));
  Floats v;
#else
  float v[W];
#endif
};

#if defined(__GNUC__)

template <int W>
OBJPOSE_HD Lanes<W> lanes(float x) {
  // By its bits: adding a float to 0 takes an addition, as -0 would change.
  int bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return {reinterpret_cast<typename Lanes<W>::Floats>(typename Lanes<W>::Ints{} + bits)};
}
template <int W>
OBJPOSE_HD Lanes<W> operator+(Lanes<W> a, Lanes<W> b) {
  return {a.v + b.v};
}
template <int W>
OBJPOSE_HD Lanes<W> operator-(Lanes<W> a, Lanes<W> b) {
  return {a.v - b.v};
}
template <int W>
OBJPOSE_HD Lanes<W> operator*(Lanes<W> a, Lanes<W> b) {
  return {a.v * b.v};
}
template <int W>
OBJPOSE_HD Lanes<W> operator/(Lanes<W> a, Lanes<W> b) {
  return {a.v / b.v};
}
// yes where a < b, else no. (A comparison that is more than a condition is slow on AVX-512.)
template <int W>
OBJPOSE_HD Lanes<W> where_less(Lanes<W> a, Lanes<W> b, Lanes<W> yes, Lanes<W> no) {
  return {a.v < b.v ? yes.v : no.v};
}
// Limits by the order of bits, which is that of numbers of one sign: one instruction each, where a comparison
// of floats takes two. a from 0 up, at most b; NaN becomes b, and what is negative stays so.
template <int W>
OBJPOSE_HD Lanes<W> at_most(Lanes<W> a, Lanes<W> b) {
  typedef typename Lanes<W>::Ints Ints;
  const Ints x = reinterpret_cast<Ints>(a.v), y = reinterpret_cast<Ints>(b.v);
  return {reinterpret_cast<typename Lanes<W>::Floats>(x < y ? x : y)};
}
// a within a negative number `low` and 0; NaN becomes one of them.
template <int W>
OBJPOSE_HD Lanes<W> from_low_to_0(Lanes<W> a, Lanes<W> low) {
  typedef typename Lanes<W>::Bits Bits;
  const Bits x = reinterpret_cast<Bits>(a.v), y = reinterpret_cast<Bits>(low.v), zero = Bits{} + 0x80000000u;
  const Bits high = x < y ? x : y;
  return {reinterpret_cast<typename Lanes<W>::Floats>(high > zero ? high : zero)};
}
// -|a|
template <int W>
OBJPOSE_HD Lanes<W> negative(Lanes<W> a) {
  typedef typename Lanes<W>::Ints Ints;
  const Ints sign = Ints{} + static_cast<int>(0x80000000u);
  return {reinterpret_cast<typename Lanes<W>::Floats>(reinterpret_cast<Ints>(a.v) | sign)};
}
// (a, b) of the even lanes, then of the odd ones: 2 W floats.
template <int W>
OBJPOSE_HD void store_pairs(float* values, Lanes<W> a, Lanes<W> b) {
  typedef typename Lanes<W>::Pairs Pairs;
  const Pairs of_a = reinterpret_cast<Pairs>(a.v), of_b = reinterpret_cast<Pairs>(b.v);
  const Pairs even = (of_a & 0xffffffffULL) | (of_b << 32), odd = (of_a >> 32) | (of_b & ~0xffffffffULL);
  std::memcpy(values, &even, sizeof(even));
  std::memcpy(values + W, &odd, sizeof(odd));
}
// The pair in all pairs of lanes.
template <int W>
OBJPOSE_HD Lanes<W> load_pair(const float* pair) {
  unsigned long long bits;
  std::memcpy(&bits, pair, sizeof(bits));
  return {reinterpret_cast<typename Lanes<W>::Floats>(typename Lanes<W>::Pairs{} + bits)};
}
// power times 2 to the whole number in the lowest bits of `exponent`.
template <int W>
OBJPOSE_HD Lanes<W> add_exponent(Lanes<W> power, Lanes<W> exponent) {
  typedef typename Lanes<W>::Ints Ints;
  const Ints bits = reinterpret_cast<Ints>(power.v) + (reinterpret_cast<Ints>(exponent.v) << 23);
  return {reinterpret_cast<typename Lanes<W>::Floats>(bits)};
}

#else

template <int W, typename Body>
Lanes<W> each_lane(const Body& body) {
  Lanes<W> out;
  for (int k = 0; k < W; ++k) out.v[k] = body(k);
  return out;
}

template <int W>
OBJPOSE_HD Lanes<W> lanes(float x) {
  return each_lane<W>([&](int) { return x; });
}
template <int W>
OBJPOSE_HD Lanes<W> operator+(const Lanes<W>& a, const Lanes<W>& b) {
  return each_lane<W>([&](int k) { return a.v[k] + b.v[k]; });
}
template <int W>
OBJPOSE_HD Lanes<W> operator-(const Lanes<W>& a, const Lanes<W>& b) {
  return each_lane<W>([&](int k) { return a.v[k] - b.v[k]; });
}
template <int W>
OBJPOSE_HD Lanes<W> operator*(const Lanes<W>& a, const Lanes<W>& b) {
  return each_lane<W>([&](int k) { return a.v[k] * b.v[k]; });
}
template <int W>
OBJPOSE_HD Lanes<W> operator/(const Lanes<W>& a, const Lanes<W>& b) {
  return each_lane<W>([&](int k) { return a.v[k] / b.v[k]; });
}
template <int W>
OBJPOSE_HD Lanes<W> where_less(const Lanes<W>& a, const Lanes<W>& b, const Lanes<W>& yes,
                               const Lanes<W>& no) {
  return each_lane<W>([&](int k) { return a.v[k] < b.v[k] ? yes.v[k] : no.v[k]; });
}
template <int W>
OBJPOSE_HD Lanes<W> at_most(const Lanes<W>& a, const Lanes<W>& b) {
  return each_lane<W>([&](int k) { return a.v[k] < b.v[k] ? a.v[k] : b.v[k]; });
}
template <int W>
OBJPOSE_HD Lanes<W> from_low_to_0(const Lanes<W>& a, const Lanes<W>& low) {
  return each_lane<W>([&](int k) { return a.v[k] > low.v[k] ? (a.v[k] < 0.0f ? a.v[k] : 0.0f) : low.v[k]; });
}
template <int W>
OBJPOSE_HD Lanes<W> negative(const Lanes<W>& a) {
  return each_lane<W>([&](int k) { return -fabs(a.v[k]); });
}
template <int W>
OBJPOSE_HD void store_pairs(float* values, const Lanes<W>& a, const Lanes<W>& b) {
  for (int k = 0; k < W; ++k) {
    float* const pair = values + (k % 2 * W + k / 2 * 2);
    pair[0] = a.v[k], pair[1] = b.v[k];
  }
}
template <int W>
OBJPOSE_HD Lanes<W> load_pair(const float* pair) {
  return each_lane<W>([&](int k) { return pair[k % 2]; });
}
template <int W>
OBJPOSE_HD Lanes<W> add_exponent(const Lanes<W>& power, const Lanes<W>& exponent) {
  return each_lane<W>([&](int k) {
    unsigned bits, shift;
    float out;
    std::memcpy(&bits, &power.v[k], sizeof(bits));
    std::memcpy(&shift, &exponent.v[k], sizeof(shift));
    bits += shift << 23;
    std::memcpy(&out, &bits, sizeof(out));
    return out;
  });
}

#endif

template <int W>
OBJPOSE_HD Lanes<W> load_lanes(const float* values) {
  Lanes<W> out;
  std::memcpy(&out.v, values, sizeof(out.v));
  return out;
}
template <int W>
OBJPOSE_HD void store_lanes(float* values, Lanes<W> a) {
  std::memcpy(values, &a.v, sizeof(a.v));
}
template <int W>
OBJPOSE_HD void add_lanes(float* values, Lanes<W> a) {
  store_lanes(values, load_lanes<W>(values) + a);
}
template <int W>
OBJPOSE_HD Lanes<W> operator*(float a, Lanes<W> b) {
  return lanes<W>(a) * b;
}
template <int W>
OBJPOSE_HD Lanes<W> operator+(float a, Lanes<W> b) {
  return lanes<W>(a) + b;
}
template <int W>
OBJPOSE_HD Lanes<W> smaller(Lanes<W> a, Lanes<W> b) {
  return where_less(a, b, a, b);
}
template <int W>
OBJPOSE_HD Lanes<W> larger(Lanes<W> a, Lanes<W> b) {
  return where_less(a, b, b, a);
}

// The largest of them, or 0.
template <int W>
OBJPOSE_HD float largest(Lanes<W> a) {
  float parts[W], most = 0.0f;
  store_lanes(parts, a);
#pragma omp simd reduction(max : most)
  for (int k = 0; k < W; ++k) most = parts[k] > most ? parts[k] : most;
  return most;
}
// The upper half of them onto the lower.
template <int W>
OBJPOSE_HD Lanes<W / 2> halved(Lanes<W> a) {
  Lanes<W / 2> low, high;
  std::memcpy(&low.v, &a.v, sizeof(low.v));
  std::memcpy(&high.v, reinterpret_cast<const char*>(&a.v) + sizeof(low.v), sizeof(high.v));
  return low + high;
}
template <int W>
OBJPOSE_HD float sum(Lanes<W> a) {
  if constexpr (W > 4) {
    return sum(halved(a));
  } else {
    return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]);
  }
}

// 2^x for x <= 0, and 1 above, to 3e-7 of it: 2^(whole part) goes to the exponent, the rest to a polynomial.
template <int W>
OBJPOSE_HD Lanes<W> exp2_below_1(Lanes<W> x) {
  const Lanes<W> rounder =
      lanes<W>(12582912.0f);         // 1.5 * 2^23: sums with it hold whole numbers in their lowest bits
  x = from_low_to_0(x, lanes<W>(-100.0f));  // far below any alpha, and products with it are normal numbers
  const Lanes<W> shifted = x + rounder, f = x - (shifted - rounder);
  Lanes<W> power = lanes<W>(0.0013276472f);
  power = power * f + lanes<W>(0.0096755413f);
  power = power * f + lanes<W>(0.055507133f);
  power = power * f + lanes<W>(0.2402212f);
  power = power * f + lanes<W>(0.69314697f);
  power = power * f + lanes<W>(1.0000001f);
  return add_exponent(power, shifted);
}

}  // namespace objpose
