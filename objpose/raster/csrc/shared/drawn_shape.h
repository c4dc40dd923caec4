// What of a drawn shape agrees with a crop's mask and depth, pixel by pixel; as twin/judge.py has it.
#pragma once

#include "shared/number.h"

namespace objpose {

// Shapes of poses, and what is seen. Kernels take it by value.
struct ShapeCall {
  const float *depth, *measured;  // (poses, size, size), (size, size) metres, 0 = none; or null
  const unsigned char *mask, *inside, *covered;  // (size, size); covered may be null
  int size, border;                              // pixels; half the width of bands that are no patches
  float tolerance;                               // metres
};

// raster/drawn/bundles.py, ShapeCounts: this many sums over pixels, and behind them the two of patches.
constexpr int SHAPE_SUMS = 7, SHAPE_COUNTS = 9;

// A pixel's part of the sums, how surely it shows the object, and whether it speaks against the pose.
struct ShapePixel {
  float agreed = 0, outside = 0, unexplained = 0, through = 0, hidden = 0, claimed = 0, explained = 0;
  float weight = 0;
  bool empty = false, bare = false;

  OBJPOSE_HD ShapePixel(const ShapeCall& call, float drawn, long long pixel) {
    if (call.measured == nullptr)
      by_mask(call, drawn > 0, pixel);
    else
      by_depth(call, drawn, pixel);
  }

  OBJPOSE_HD void add_to(float* sums) const {
    sums[0] += agreed, sums[1] += outside, sums[2] += unexplained, sums[3] += through, sums[4] += hidden;
    sums[5] += claimed, sums[6] += explained;
  }

 private:
  OBJPOSE_HD void by_mask(const ShapeCall& call, bool is_drawn, long long pixel) {
    const bool owned = call.mask[pixel], inside = call.inside[pixel];
    const bool covered = call.covered != nullptr && call.covered[pixel];
    weight = agreed = explained = is_drawn && owned ? 1.0f : 0.0f;
    unexplained = owned && !is_drawn ? 1.0f : 0.0f;
    hidden = is_drawn && covered ? 1.0f : 0.0f;
    claimed = is_drawn && inside ? 1.0f : 0.0f;
    empty = is_drawn && !owned && inside && !covered;
    bare = owned && !is_drawn;
  }

  OBJPOSE_HD void by_depth(const ShapeCall& call, float drawn, long long pixel) {
    const float measured = call.measured[pixel], off = (measured - drawn) / call.tolerance;
    const bool is_drawn = drawn > 0, in_mask = call.mask[pixel];
    const bool known = measured > 0 && call.inside[pixel], owned = in_mask && known;
    const bool is_claimed = is_drawn && known;
    const float agreement = is_drawn && measured > 0 ? larger(1 - off * off, 0.0f) : 0.0f;
    empty = is_claimed && !in_mask && measured > drawn + call.tolerance;
    bare = owned && !is_drawn;
    weight = in_mask ? agreement : 0.0f;
    agreed = owned ? agreement : 0.0f;
    outside = in_mask ? 0.0f : agreement;
    unexplained = owned ? 1 - agreement : 0.0f;
    through = empty ? 1.0f : 0.0f;
    hidden = is_claimed && !in_mask && measured < drawn - call.tolerance ? 1.0f : 0.0f;
    claimed = is_claimed ? 1.0f : 0.0f;
    explained = owned && agreement > 0 ? 1.0f : 0.0f;
  }
};

}  // namespace objpose
