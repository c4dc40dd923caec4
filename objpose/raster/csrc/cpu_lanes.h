// Floats worked on together, as many as an AVX-512 register holds. GCC and Clang have vectors of their own, which
// they split for narrower registers; for other compilers these are plain arrays.
#pragma once

#include <cstring>

#include "platform.h"

namespace objpose {

constexpr int LANES_WIDE = 16;

#if defined(__GNUC__)

typedef float LaneFloats __attribute__((vector_size(4 * LANES_WIDE)));
typedef int LaneInts __attribute__((vector_size(4 * LANES_WIDE)));

// GCC would align these by the instruction set, which differs between the clones of a function.
struct alignas(4 * LANES_WIDE) Lanes {
  LaneFloats v;
};

OBJPOSE_HD Lanes operator+(Lanes a, Lanes b) { return {a.v + b.v}; }
OBJPOSE_HD Lanes operator-(Lanes a, Lanes b) { return {a.v - b.v}; }
OBJPOSE_HD Lanes operator*(Lanes a, Lanes b) { return {a.v * b.v}; }
OBJPOSE_HD Lanes operator/(Lanes a, Lanes b) { return {a.v / b.v}; }
OBJPOSE_HD Lanes lanes(float x) { return {LaneFloats{} + x}; }
// yes where a < b, else no. (A comparison that is more than a condition is slow on AVX-512.)
OBJPOSE_HD Lanes where_less(Lanes a, Lanes b, Lanes yes, Lanes no) { return {a.v < b.v ? yes.v : no.v}; }
OBJPOSE_HD Lanes absolute(Lanes a) {
  return {reinterpret_cast<LaneFloats>(reinterpret_cast<LaneInts>(a.v) & 0x7fffffff)};
}
// power times 2 to the whole number in the lowest bits of `exponent`.
OBJPOSE_HD Lanes add_exponent(Lanes power, Lanes exponent) {
  const LaneInts bits = reinterpret_cast<LaneInts>(power.v) + (reinterpret_cast<LaneInts>(exponent.v) << 23);
  return {reinterpret_cast<LaneFloats>(bits)};
}

#else

struct Lanes {
  float v[LANES_WIDE];
};

template <typename Body>
Lanes each_lane(const Body& body) {
  Lanes out;
  for (int k = 0; k < LANES_WIDE; ++k) out.v[k] = body(k);
  return out;
}

OBJPOSE_HD Lanes operator+(const Lanes& a, const Lanes& b) {
  return each_lane([&](int k) { return a.v[k] + b.v[k]; });
}
OBJPOSE_HD Lanes operator-(const Lanes& a, const Lanes& b) {
  return each_lane([&](int k) { return a.v[k] - b.v[k]; });
}
OBJPOSE_HD Lanes operator*(const Lanes& a, const Lanes& b) {
  return each_lane([&](int k) { return a.v[k] * b.v[k]; });
}
OBJPOSE_HD Lanes operator/(const Lanes& a, const Lanes& b) {
  return each_lane([&](int k) { return a.v[k] / b.v[k]; });
}
OBJPOSE_HD Lanes lanes(float x) {
  return each_lane([&](int) { return x; });
}
OBJPOSE_HD Lanes where_less(const Lanes& a, const Lanes& b, const Lanes& yes, const Lanes& no) {
  return each_lane([&](int k) { return a.v[k] < b.v[k] ? yes.v[k] : no.v[k]; });
}
OBJPOSE_HD Lanes absolute(const Lanes& a) {
  return each_lane([&](int k) { return fabs(a.v[k]); });
}
OBJPOSE_HD Lanes add_exponent(const Lanes& power, const Lanes& exponent) {
  return each_lane([&](int k) {
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

OBJPOSE_HD Lanes operator+(float a, const Lanes& b) { return lanes(a) + b; }
OBJPOSE_HD Lanes operator-(float a, const Lanes& b) { return lanes(a) - b; }
OBJPOSE_HD Lanes operator*(float a, const Lanes& b) { return lanes(a) * b; }
OBJPOSE_HD Lanes& operator+=(Lanes& a, const Lanes& b) { return a = a + b; }
OBJPOSE_HD Lanes smaller(const Lanes& a, const Lanes& b) { return where_less(a, b, a, b); }
OBJPOSE_HD Lanes larger(const Lanes& a, const Lanes& b) { return where_less(a, b, b, a); }

// The largest of them, or 0.
OBJPOSE_HD float largest(const Lanes& a) {
  float parts[LANES_WIDE], most = 0.0f;
  std::memcpy(parts, &a.v, sizeof(parts));
#pragma omp simd reduction(max : most)
  for (int k = 0; k < LANES_WIDE; ++k) most = parts[k] > most ? parts[k] : most;
  return most;
}
OBJPOSE_HD float sum(const Lanes& a) {
  float parts[LANES_WIDE], total = 0.0f;
  std::memcpy(parts, &a.v, sizeof(parts));
#pragma omp simd reduction(+ : total)
  for (int k = 0; k < LANES_WIDE; ++k) total += parts[k];
  return total;
}

// 2^x for x <= 0, to 3e-7 of it: 2^(whole part) goes to the exponent, the rest to a polynomial.
OBJPOSE_HD Lanes exp2_below_1(Lanes x) {
  const Lanes rounder = lanes(12582912.0f);  // 1.5 * 2^23: sums with it hold whole numbers in their lowest bits
  x = larger(x, lanes(-100.0f));             // far below any alpha, and the product with it still a normal number
  const Lanes shifted = x + rounder, f = x - (shifted - rounder);
  Lanes power = lanes(0.0013276472f);
  power = power * f + lanes(0.0096755413f);
  power = power * f + lanes(0.055507133f);
  power = power * f + lanes(0.2402212f);
  power = power * f + lanes(0.69314697f);
  power = power * f + lanes(1.0000001f);
  return add_exponent(power, shifted);
}

}  // namespace objpose
