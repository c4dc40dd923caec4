// Gradients of a tile's pixels, back to the splats on it.
#pragma once

#include "cpu/splat_blend.h"
#include "shared/splat_sums.h"

namespace objpose {

// Gradients of a loss by the images of one camera.
struct ImageGradients {
  const float *color, *alpha, *depth_sum, *median_depth;
};

// What one thread holds of a tile on the way back.
struct TileAdjoint {
  GroupOffsets offsets;
  TilePlane light;
  TouchedGroups touched;
  // Gradients of the loss by what a pixel takes of the depth, of the median depth, of the colours, and of
  // anything.
  TilePlane depth, median, plain;
  std::vector<TilePlane> color;
  TilePlane behind;           // weights times values, summed over what lies behind
  std::vector<LaneRow> sums;  // SPLAT_SUMS + channels, all 0 between entries

  explicit TileAdjoint(int channels) : color(channels), sums(SPLAT_SUMS + channels) {}
};

// Pixels outside the image get gradients of 0.
inline void load_gradients(const SplatBins& bins, int tile, const BlendImages& images,
                           const ImageGradients& gradients, TileAdjoint& work) {
  const int left = tile % bins.size.columns() * TILE, top = tile / bins.size.columns() * TILE;
  for (int k = 0; k < TILE_PIXELS; ++k) {
    const int x = left + k % TILE, y = top + k / TILE;
    const bool inside = (x < bins.size.width) & (y < bins.size.height);
    const long long pixel = inside ? static_cast<long long>(y) * bins.size.width + x : 0;
    const float factor = inside ? 1.0f : 0.0f;
    float plain = factor * gradients.alpha[pixel];
    for (int c = 0; c < images.channels; ++c) {
      const float grad = factor * gradients.color[pixel * images.channels + c];
      work.color[c].values[k] = grad;
      plain -= grad * images.background[c];
    }
    work.plain.values[k] = plain;
    work.depth.values[k] = factor * gradients.depth_sum[pixel];
    work.median.values[k] = factor * gradients.median_depth[pixel];
  }
}

// left, top: the tile's first pixel.
template <int W>
OBJPOSE_HD void add_group(const TileSplat& s, const float* color, int channels, int left, int top,
                          const TouchedGroup& touched, TileAdjoint& work) {
  const int first = touched.first;
  const Lanes<W> alpha = load_lanes<W>(touched.alpha), before = load_lanes<W>(touched.before);
  const Lanes<W> zero = lanes<W>(0.0f), weight = alpha * before;
  const Lanes<W> by_depth = load_lanes<W>(work.depth.values + first);
  LaneRow* const sums = work.sums.data();
  float* const behind = work.behind.values + first;
  Lanes<W> value = load_lanes<W>(work.plain.values + first) + s.depth * by_depth;
  for (int c = 0; c < channels; ++c) {
    const Lanes<W> grad = load_lanes<W>(work.color[c].values + first);
    value = value + color[c] * grad;
    add_lanes(sums[SPLAT_SUMS + c].values, weight * grad);
  }
  const Lanes<W> by_alpha = before * value - load_lanes<W>(behind) / (lanes<W>(1.0f) - alpha);
  add_lanes(behind, weight * value);
  const Lanes<W> g = where_less(alpha, lanes<W>(MAX_ALPHA), by_alpha * alpha, zero);
  const Lanes<W> dx = offset_x<W>(s, work.offsets, static_cast<float>(left + first % TILE));
  const Lanes<W> dy = offset_y<W>(s, work.offsets, static_cast<float>(top + first / TILE));
  const Lanes<W> gx = g * dx, gy = g * dy;
  add_lanes(sums[SUM_G].values, g);
  add_lanes(sums[SUM_X].values, gx);
  add_lanes(sums[SUM_Y].values, gy);
  add_lanes(sums[SUM_XX].values, gx * dx);
  add_lanes(sums[SUM_XY].values, gx * dy);
  add_lanes(sums[SUM_YY].values, gy * dy);
  const Lanes<W> median = load_lanes<W>(work.median.values + first);
  add_lanes(sums[SUM_DEPTH].values, weight * by_depth + is_median(alpha, before) * median);
}

// entry_sums: (entries, SPLAT_SUMS + channels), zero at the start; background: (channels) gradients of this
// tile.
struct BlendTileAdjoint {
  template <int W>
  OBJPOSE_HD static void run(const SplatBins& bins, int tile, const BlendImages& images, TileAdjoint& work,
                             float* entry_sums, double* background) {
    const int left = tile % bins.size.columns() * TILE, top = tile / bins.size.columns() * TILE;
    const int terms = SPLAT_SUMS + images.channels;
    work.touched.find<W>(bins, tile, work.offsets, work.light);
    fill(work.behind, 0.0f);
    for (long long i = work.touched.count() - 1; i >= 0; --i) {
      prefetch(images.color_of(bins.entries[work.touched[std::max(i - FETCH_AHEAD, 0LL)].entry].id));
      const TouchedGroup& touched = work.touched[i];
      const TileSplat& s = bins.splats[bins.entries[touched.entry].rank];
      add_group<W>(s, images.color_of(s.id), images.channels, left, top, touched, work);
      if (i > 0 && work.touched[i - 1].entry == touched.entry) continue;
      for (int term = 0; term < terms; ++term) {
        float* const lane_sums = work.sums[term].values;
        entry_sums[touched.entry * terms + term] = sum(load_lanes<W>(lane_sums));
        store_lanes(lane_sums, lanes<W>(0.0f));
      }
    }
    for (int c = 0; c < images.channels; ++c) {
      background[c] = 0.0;
      for (int k = 0; k < TILE_PIXELS; ++k)
        background[c] += fabs(work.light.values[k]) * work.color[c].values[k];
    }
  }
};

}  // namespace objpose
