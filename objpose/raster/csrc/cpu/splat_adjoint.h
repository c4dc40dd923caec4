// Gradients of a tile's pixels, back to the splats on it.
#pragma once

#include "cpu/splat_blend.h"
#include "cpu/splat_pairs.h"

namespace objpose {

// Gradients of a loss by the images of one camera.
struct ImageGradients {
  const float *color, *alpha, *depth_sum, *median_depth;
};

// What one thread holds of a tile on the way back.
struct TileAdjoint {
  TileOffsets offsets;
  TileSplats splats;
  GroupAlphas alphas;
  // Gradients of the loss by what a pixel takes of the depth, of the median depth, of the colours, and of
  // anything.
  TilePlane depth, median, plain;
  std::vector<TilePlane> color;
  bool with_depth;  // any of the first two is not 0
  TileRows rows;

  explicit TileAdjoint(int channels) : color(channels), rows(channels) {}
};

// Pixels outside the image get gradients of 0.
inline void load_gradients(const SplatBins& bins, int tile, const BlendImages& images,
                           const ImageGradients& gradients, TileAdjoint& work) {
  const int left = bins.left(tile), top = bins.top(tile), channels = images.colors.channels;
  work.with_depth = false;
  for (int k = 0; k < TILE_PIXELS; ++k) {
    const int x = left + k % TILE_WIDTH, y = top + k / TILE_WIDTH;
    const bool inside = (x < bins.size.width) & (y < bins.size.height);
    const long long pixel = inside ? static_cast<long long>(y) * bins.size.width + x : 0;
    const float factor = inside ? 1.0f : 0.0f;
    float plain = factor * gradients.alpha[pixel];
    for (int c = 0; c < channels; ++c) {
      const float grad = factor * gradients.color[pixel * channels + c];
      work.color[c].values[k] = grad;
      work.rows.set_color(k, c, grad);
      plain -= grad * images.background[c];
    }
    work.plain.values[k] = plain;
    work.depth.values[k] = factor * gradients.depth_sum[pixel];
    work.median.values[k] = factor * gradients.median_depth[pixel];
    work.with_depth |= !(work.depth.values[k] == 0.0f) | !(work.median.values[k] == 0.0f);
  }
}

// A group's splats back to front, of C channels, or more if C is CHANNELS_AT_ONCE. `seen` is what is seen
// behind a splat: what lies there over the light that comes to it.
template <bool WITH_DEPTH>
struct GroupAdjoint {
  template <int W, int C>
  OBJPOSE_HD static void run(TileAdjoint& work, int first, int count) {
    const Lanes<W> plain = load_lanes<W>(work.plain.values + first), zero = lanes<W>(0.0f);
    const int* const places = work.splats.group(first / W).places;
    const TilePlane* const grads = work.color.data();
    const int channels = C < CHANNELS_AT_ONCE ? C : static_cast<int>(work.color.size());
    Lanes<W> grad[C + 1], seen = zero;
    for (int c = 0; c < C; ++c) grad[c] = load_lanes<W>(grads[c].values + first);
    PixelPairs<W> pairs(work.rows, first);
    for (int k = count - 1; k >= 0; --k) {
      const Lanes<W> alpha = load_lanes<W>(work.alphas.alpha[k].values);
      const Lanes<W> before = load_lanes<W>(work.alphas.before[k].values), weight = alpha * before;
      const float* const color = work.splats.color(places[k]);
      Lanes<W> value = plain;
      for (int c = 0; c < C; ++c) value = value + color[c] * grad[c];
      for (int c = C; c < channels; ++c) value = value + color[c] * load_lanes<W>(grads[c].values + first);
      if (WITH_DEPTH) {
        const Lanes<W> by_depth = load_lanes<W>(work.depth.values + first);
        const Lanes<W> by_median = load_lanes<W>(work.median.values + first);
        value = value + work.splats[places[k]].depth * by_depth;
        work.rows.depth[places[k]] += sum(weight * by_depth + is_median(alpha, before) * by_median);
      }
      const Lanes<W> change = value - seen;
      seen = seen + alpha * change;
      pairs.add(places[k], where_less(alpha, lanes<W>(MAX_ALPHA), weight * change, zero), weight);
    }
    pairs.finish();
  }
};

// pair_sums: rows of all pairs of splats and tiles; background: (channels) gradients of this tile.
struct BlendTileAdjoint {
  template <int W>
  OBJPOSE_HD static void run(const SplatBins& bins, int tile, const BlendImages& images, TileAdjoint& work,
                             const PairRows& pair_sums, double* background) {
    const int channels = images.colors.channels;
    work.splats.gather<W>(bins, tile, images.colors);
    work.rows.clear(work.splats.count());
    for (int first = 0; first < TILE_PIXELS; first += W) {
      const int count = work.alphas.find<W>(work.splats, first, work.offsets);
      if (work.with_depth)
        run_with_channels<GroupAdjoint<true>, W>(channels, work, first, count);
      else
        run_with_channels<GroupAdjoint<false>, W>(channels, work, first, count);
    }
    for (int place = 0; place < work.splats.count(); ++place) {
      work.rows.centre(work.splats[place], place);
      const float* const row = work.rows.sums[place];
      std::copy_n(row, pair_sums.length(), pair_sums[bins.entries[bins.tile_first[tile] + place].pair]);
    }
    for (int c = 0; c < channels; ++c) {
      background[c] = 0.0;
      for (int k = 0; k < TILE_PIXELS; ++k)
        background[c] += work.alphas.light.values[k] * work.color[c].values[k];
    }
  }
};

}  // namespace objpose
