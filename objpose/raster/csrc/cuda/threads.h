// Which thread this is, and what the threads of a warp do together.
#pragma once

namespace objpose {

constexpr int WARP = 32;
constexpr unsigned WHOLE_WARP = 0xffffffffu;

__device__ inline long long thread_index() {
  return static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
}

// The sum over the warp, right in its first thread.
template <typename Number>
__device__ Number warp_sum(Number value) {
  for (int step = WARP / 2; step > 0; step /= 2) value += __shfl_down_sync(WHOLE_WARP, value, step);
  return value;
}

// Adds the sum over the warp to *sum; every thread of the warp must come here.
template <typename Number>
__device__ void add_over_warp(Number* sum, Number value) {
  const Number total = warp_sum(value);
  if (threadIdx.x % WARP == 0) atomicAdd(sum, total);
}

}  // namespace objpose
