// A tile's pixels from the splats on it, front to back.
#pragma once

#include "cpu_splat_alpha.h"

namespace objpose {

// The images of one camera, and the colours (count, channels) of the splats.
struct BlendImages {
  const float* colors;
  int channels;
  const float* background;                        // (channels)
  float *color, *alpha, *depth_sum, *median_depth;  // (height, width), color with channels
};

// What one thread holds of a tile; planes of TILE_PIXELS.
struct TileSums {
  Transmittance light;
  float depth_sum[TILE_PIXELS], median_depth[TILE_PIXELS];
  std::vector<float> color;  // a plane for each channel
  GroupOffsets offsets;

  explicit TileSums(int channels) : color(static_cast<size_t>(channels) * TILE_PIXELS) {}

  void reset() {
    light.reset();
    std::fill_n(depth_sum, TILE_PIXELS, 0.0f);
    std::fill_n(median_depth, TILE_PIXELS, 0.0f);
    std::fill(color.begin(), color.end(), 0.0f);
  }
};

OBJPOSE_HD bool is_median(float before, float alpha) {
  return (before >= 0.5f) & (before - before * alpha < 0.5f);
}

OBJPOSE_HD void blend_group(const TileSplat& s, const float* OBJPOSE_RESTRICT splat_color, int channels, int group,
                            const float* OBJPOSE_RESTRICT alpha, const float* OBJPOSE_RESTRICT before,
                            TileSums& sums) {
  float weight[GROUP];
  float* const depth_sum = sums.depth_sum + group * GROUP;
  float* const median_depth = sums.median_depth + group * GROUP;
#pragma omp simd
  for (int k = 0; k < GROUP; ++k) {
    weight[k] = alpha[k] * before[k];
    depth_sum[k] += weight[k] * s.depth;
    median_depth[k] = is_median(before[k], alpha[k]) ? s.depth : median_depth[k];
  }
  for (int c = 0; c < channels; ++c) {
    float* OBJPOSE_RESTRICT const plane = sums.color.data() + c * TILE_PIXELS + group * GROUP;
    const float value = splat_color[c];
#pragma omp simd
    for (int k = 0; k < GROUP; ++k) plane[k] += weight[k] * value;
  }
}

OBJPOSE_CLONES
static void blend_tile(const SplatBins& bins, int tile, const float* colors, int channels, TileSums& sums) {
  const int left = tile % bins.size.columns() * TILE, top = tile / bins.size.columns() * TILE;
  sums.reset();
  for (long long entry = bins.tile_first[tile]; entry < bins.tile_first[tile + 1]; ++entry) {
    if (entry % DARK_CHECK == 0 && sums.light.is_dark()) break;
    const TileSplat& s = bins.splats[bins.ranks[entry]];
    const GroupRange range = groups_of(s, top);
    for (int group = range.first; group <= range.last; ++group) {
      float alpha[GROUP], before[GROUP];
      const float most = group_alpha(s, static_cast<float>(left), static_cast<float>(top + group * GROUP_ROWS),
                                     sums.offsets, sums.light.values + group * GROUP, alpha, before);
      if (most > 0.0f)
        blend_group(s, colors + static_cast<long long>(channels) * s.id, channels, group, alpha, before, sums);
    }
  }
}

inline void write_tile(const SplatBins& bins, int tile, const TileSums& sums, const BlendImages& images) {
  const int left = tile % bins.size.columns() * TILE, top = tile / bins.size.columns() * TILE;
  const int right = std::min(left + TILE, bins.size.width), bottom = std::min(top + TILE, bins.size.height);
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x) {
      const int from = (y - top) * TILE + x - left;
      const long long pixel = static_cast<long long>(y) * bins.size.width + x;
      images.alpha[pixel] = 1.0f - sums.light.left(from);
      images.depth_sum[pixel] = sums.depth_sum[from];
      images.median_depth[pixel] = sums.median_depth[from];
      for (int c = 0; c < images.channels; ++c)
        images.color[pixel * images.channels + c] =
            sums.color[c * TILE_PIXELS + from] + sums.light.left(from) * images.background[c];
    }
}

}  // namespace objpose
