// A tile's pixels from the splats on it, front to back.
#pragma once

#include "cpu/splat_alpha.h"

namespace objpose {

// The images of one camera, and the colours (count, channels) of the splats.
struct BlendImages {
  const float* colors;
  int channels;
  const float* background;  // (channels)
  // (height, width), color with channels; null where nothing is drawn.
  float *color = nullptr, *alpha = nullptr, *depth_sum = nullptr, *median_depth = nullptr;

  const float* color_of(int id) const { return colors + static_cast<long long>(channels) * id; }
};

// What one thread holds of a tile.
struct TileSums {
  GroupOffsets offsets;
  TilePlane light, depth_sum, median_depth;
  std::vector<TilePlane> color;

  explicit TileSums(int channels) : color(channels) {}
};

struct BlendTile {
  template <int W>
  OBJPOSE_HD static void run(const SplatBins& bins, int tile, const BlendImages& images, TileSums& sums) {
    fill(sums.depth_sum, 0.0f), fill(sums.median_depth, 0.0f);
    for (TilePlane& plane : sums.color) fill(plane, 0.0f);
    TilePlane* const planes = sums.color.data();
    const long long last = bins.tile_first[tile + 1] - 1;
    walk_tile<W>(bins, tile, sums.offsets, sums.light,
                 [&](long long entry, const TileSplat& s, int first, const GroupAlpha<W>& alphas)
                     OBJPOSE_INLINE_LAMBDA {
                       prefetch(images.color_of(bins.entries[std::min(entry + FETCH_AHEAD, last)].id));
                       const Lanes<W> weight = alphas.alpha * alphas.before, depth = lanes<W>(s.depth);
                       add_lanes(sums.depth_sum.values + first, weight * depth);
                       add_lanes(sums.median_depth.values + first,
                                 is_median(alphas.alpha, alphas.before) * depth);
                       const float* const color = images.color_of(s.id);
                       for (int c = 0; c < images.channels; ++c)
                         add_lanes(planes[c].values + first, color[c] * weight);
                     });
  }
};

inline void write_tile(const SplatBins& bins, int tile, const TileSums& sums, const BlendImages& images) {
  const int left = tile % bins.size.columns() * TILE, top = tile / bins.size.columns() * TILE;
  const int right = std::min(left + TILE, bins.size.width), bottom = std::min(top + TILE, bins.size.height);
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x) {
      const int from = (y - top) * TILE + x - left;
      const long long pixel = static_cast<long long>(y) * bins.size.width + x;
      const float light = fabs(sums.light.values[from]);
      images.alpha[pixel] = 1.0f - light;
      images.depth_sum[pixel] = sums.depth_sum.values[from];
      images.median_depth[pixel] = sums.median_depth.values[from];
      for (int c = 0; c < images.channels; ++c)
        images.color[pixel * images.channels + c] = sums.color[c].values[from] + light * images.background[c];
    }
}

}  // namespace objpose
