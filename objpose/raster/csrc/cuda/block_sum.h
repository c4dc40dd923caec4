// Sums over the threads of a block, always in the same order.
#pragma once

#include "cuda/threads.h"
#include "shared/normal_sums.h"

namespace objpose {

constexpr int MOST_WARPS = 32;  // of a block

// totals (shared): of COUNT numbers of each thread. Every thread must come here, and may read them
// afterwards; a block has whole warps, and no fewer threads than COUNT.
template <int COUNT>
__device__ void block_sums(const float* values, float* totals) {
  __shared__ float parts[MOST_WARPS][COUNT];
  const int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, warps = blockDim.x / WARP;
  for (int i = 0; i < COUNT; ++i) {
    const float sum = warp_sum(values[i]);
    if (lane == 0) parts[warp][i] = sum;
  }
  __syncthreads();
  if (threadIdx.x < COUNT) {
    float total = 0;
    for (int i = 0; i < warps; ++i) total += parts[i][threadIdx.x];
    totals[threadIdx.x] = total;
  }
  __syncthreads();
}

// Normal equations added up over the block, and one number more of each thread; right in every thread.
__device__ inline NormalSums<float> block_sums(const NormalSums<float>& sums, float& more) {
  __shared__ float totals[29];
  float values[29];
  for (int i = 0; i < 21; ++i) values[i] = sums.normal[i];
  for (int i = 0; i < 6; ++i) values[21 + i] = sums.gradient[i];
  values[27] = sums.cost, values[28] = more;
  block_sums<29>(values, totals);
  NormalSums<float> out;
  for (int i = 0; i < 21; ++i) out.normal[i] = totals[i];
  for (int i = 0; i < 6; ++i) out.gradient[i] = totals[21 + i];
  out.cost = totals[27], more = totals[28];
  return out;
}

}  // namespace objpose
