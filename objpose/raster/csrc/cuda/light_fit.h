// The light between drawn and seen colours, fitted by the threads of a block.
#pragma once

#include "cuda/block_sum.h"
#include "shared/drawn_color.h"

namespace objpose {

// One step of reweighting, from the sums of each thread; totals: six numbers, shared.
__device__ inline void refit(const LightSums<float>& sums, float* totals, float* light) {
  const float values[6] = {sums.moment[0], sums.moment[1], sums.moment[2],
                           sums.total[0],  sums.total[1],  sums.total[2]};
  block_sums<6>(values, totals);
  for (int c = 0; c < 3; ++c) light[c] = fitted_light(totals[c], totals[3 + c], c);
}

}  // namespace objpose
