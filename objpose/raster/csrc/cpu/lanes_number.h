// Lanes where shared/ has a number: constants, logarithms, and the last few of an array.
#pragma once

#include "cpu/lanes.h"
#include "shared/normal_sums.h"
#include "shared/number.h"

namespace objpose {

template <int W>
struct Same<Lanes<W>> {
  OBJPOSE_HD static Lanes<W> as(float x) { return lanes<W>(x); }
};

#if defined(__GNUC__)

// x = 2^whole m with m in [sqrt(1/2), sqrt(2)): the logarithm of m by a polynomial, to 1e-7, x normal and >
// 0.
template <int W>
OBJPOSE_HD Lanes<W> natural_log(Lanes<W> x) {
  typedef typename Lanes<W>::Floats Floats;
  typedef typename Lanes<W>::Ints Ints;
  typedef unsigned Words __attribute__((vector_size(sizeof(Floats))));
  const int root_half = 0x3f3504f3;  // the bits of sqrt(1/2)
  // Without sign: of a number that is none, or below 0, the difference is beyond what an int holds.
  const Ints bits = reinterpret_cast<Ints>(reinterpret_cast<Words>(x.v) - static_cast<unsigned>(root_half));
  const Ints whole = bits >> 23;
  const Floats f = reinterpret_cast<Floats>((bits & 0x7fffff) + root_half) - 1.0f;
  // Added to the bits of 1.5 * 2^23 a whole number is one in the lowest bits of a float.
  const Floats exponent = reinterpret_cast<Floats>(whole + 0x4b400000) - 12582912.0f;
  Floats p = 0.08736589f * f - 0.14307591f;
  p = p * f + 0.14917359f;
  p = p * f - 0.16570471f;
  p = p * f + 0.19962132f;
  p = p * f - 0.25001758f;
  p = p * f + 0.33333948f;
  p = p * f - 0.5f;
  return {exponent * 0.69314718f + (p * f * f + f)};
}

#else

template <int W>
OBJPOSE_HD Lanes<W> natural_log(const Lanes<W>& x) {
  return each_lane<W>([&](int k) { return log(x.v[k]); });
}

#endif

template <int W>
OBJPOSE_HD Lanes<W> square_root(Lanes<W> x) {
  float values[W];
  store_lanes(values, x);
#pragma omp simd
  for (int k = 0; k < W; ++k) values[k] = sqrt(values[k]);
  return load_lanes<W>(values);
}

// Of an array that ends `left` numbers from here; 0 beyond.
template <int W>
OBJPOSE_HD Lanes<W> load_lanes_of(const float* values, long long left) {
  if (left >= W) return load_lanes<W>(values);
  float padded[W] = {};
  for (long long k = 0; k < left; ++k) padded[k] = values[k];
  return load_lanes<W>(padded);
}

template <int W>
OBJPOSE_HD NormalSums<float> sum(const NormalSums<Lanes<W>>& sums) {
  NormalSums<float> out;
  for (int i = 0; i < 21; ++i) out.normal[i] = sum(sums.normal[i]);
  for (int i = 0; i < 6; ++i) out.gradient[i] = sum(sums.gradient[i]);
  out.cost = sum(sums.cost);
  return out;
}

}  // namespace objpose
