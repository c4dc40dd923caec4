// Which thread this is, and what the threads of a warp do together.
#pragma once

namespace objpose {

constexpr int WARP = 32;
constexpr unsigned WHOLE_WARP = 0xffffffffu;

__device__ inline long long thread_index() {
  return static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
}

__device__ inline int lane_index() { return static_cast<int>(threadIdx.x % WARP); }

// As few as n values at least, and as many as sum_over_warp() takes.
__device__ constexpr int padded(int n) {
  int power = 1;
  while (power < n) power *= 2;
  return power;
}

// The sum over the warp, the same in all its threads. Every thread of the warp must come here, and into the
// next two.
template <typename Number>
__device__ Number warp_sum(Number value) {
  for (int step = WARP / 2; step > 0; step /= 2) value += __shfl_xor_sync(WHOLE_WARP, value, step);
  return value;
}

__device__ inline int warp_largest(int value) {
  for (int step = WARP / 2; step > 0; step /= 2) {
    const int other = __shfl_xor_sync(WHOLE_WARP, value, step);
    value = other > value ? other : value;
  }
  return value;
}

// The sums over the warp of N values, N = padded(N): a thread returns that of value lane * N / WARP. In each
// step it hands half of its values to another thread, so that N sums take about N exchanges. Always in the
// same order, as all sums here. (A template a step: a loop would put the values into memory.)
template <int N, int STEP = WARP / 2, typename Number>
__device__ __forceinline__ Number sum_over_warp(Number* values) {
  if constexpr (STEP == 0) {
    return values[0];
  } else if constexpr (N == 1) {
    values[0] += __shfl_xor_sync(WHOLE_WARP, values[0], STEP);
    return sum_over_warp<1, STEP / 2>(values);
  } else {
    const bool is_upper = (threadIdx.x & STEP) != 0;
#pragma unroll
    for (int i = 0; i < N / 2; ++i) {
      const Number kept = is_upper ? values[i + N / 2] : values[i];
      const Number given = is_upper ? values[i] : values[i + N / 2];
      values[i] = kept + __shfl_xor_sync(WHOLE_WARP, given, STEP);
    }
    return sum_over_warp<N / 2, STEP / 2>(values);
  }
}

// Sums over the warp of the first `count` values, to parts[0], parts[stride] and so on: the share of one warp
// in sums that are formed of all shares later, in a fixed order.
template <int N, typename Number>
__device__ __forceinline__ void store_share(Number (&values)[N], int count, Number* parts, long long stride) {
  const Number total = sum_over_warp<N>(values);
  const int lane = lane_index(), i = lane * N / WARP;
  if (lane % (WARP / N) == 0 && i < count) parts[i * stride] = total;
}

}  // namespace objpose
