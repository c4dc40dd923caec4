// Splats on CUDA devices: blending, one block a tile and one thread a pixel.
#include "cuda/splat_tiles.h"

using namespace objpose;

namespace {

// Colours first_color ... first_color + COLORS - 1; the other images if first_color is 0.
template <int COLORS>
__device__ void blend(const Blending& b, int first_color, const Blended& out) {
  __shared__ Batch<COLORS> batch;
  const Place p = place_of(b);
  float sums[COLORS] = {0.0f}, depth = 0.0f, median = 0.0f;
  const Walked walked =
      walk_front_to_back(b, p, first_color, batch, [&](int, int i, float, float, float alpha, float before) {
        const float weight = alpha * before;
        for (int c = 0; c < COLORS; ++c) sums[c] += weight * batch.colors[i].values[c];
        depth += weight * batch.splats[i].depth;
        if (is_median(before, alpha)) median = batch.splats[i].depth;
      });
  if (!p.inside) return;
  for (int c = 0; c < COLORS; ++c) {
    const int channel = first_color + c;
    if (channel < b.channels)
      out.color[p.pixel * b.channels + channel] =
          sums[c] + walked.light * b.background[p.camera * b.channels + channel];
  }
  if (first_color > 0) return;
  out.alpha[p.pixel] = 1.0f - walked.light;
  out.depth_sum[p.pixel] = depth, out.median_depth[p.pixel] = median;
  out.last[p.pixel] = walked.last, out.light[p.pixel] = walked.light;
}

}  // namespace

#define INSTANCE(colors)                                                \
  extern "C" __global__ void __launch_bounds__(TILE_THREADS, 2)         \
      blend_splats_##colors(Blending b, int first_color, Blended out) { \
    blend<colors>(b, first_color, out);                                 \
  }
OBJPOSE_FOR_COLORS(INSTANCE)
#undef INSTANCE
