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
  SplatColors colors;
  TileSplats splats;
  GroupAlphas alphas;
  // Gradients of the loss by what a pixel takes of the depth, of the median depth, of the colours, and of
  // anything.
  TilePlane depth, median, plain;
  std::vector<TilePlane> color;
  bool with_depth;  // any of the first two is not 0
  TileRows rows;

  explicit TileAdjoint(const SplatColors& of_splats)
      : colors(of_splats), color(of_splats.channels), rows(of_splats.channels) {}

  void clear() {
    fill(depth, 0.0f), fill(median, 0.0f), fill(plain, 0.0f);
    for (size_t c = 0; c < color.size(); ++c) {
      fill(color[c], 0.0f);
      for (int k = 0; k < TILE_PIXELS; ++k) rows.set_color(k, static_cast<int>(c), 0.0f);
    }
  }
};

// Pixels outside the image get gradients of 0.
OBJPOSE_HD void load_gradients(const SplatBins& bins, int tile, const BlendImages& images,
                               const ImageGradients& gradients, TileAdjoint& work) {
  const int left = bins.left(tile), top = bins.top(tile), channels = images.colors.channels;
  const int width = std::min(TILE_WIDTH, bins.size.width - left);
  const int height = std::min(TILE_HEIGHT, bins.size.height - top);
  if (width < TILE_WIDTH || height < TILE_HEIGHT) work.clear();
  int from_depth = 0;
  for (int row = 0; row < height; ++row) {
    const int first = row * TILE_WIDTH;
    const long long pixel = static_cast<long long>(top + row) * bins.size.width + left;
    float plain[TILE_WIDTH];
    for (int x = 0; x < width; ++x) {
      plain[x] = gradients.alpha[pixel + x];
      work.depth.values[first + x] = gradients.depth_sum[pixel + x];
      work.median.values[first + x] = gradients.median_depth[pixel + x];
      from_depth |= !(gradients.depth_sum[pixel + x] == 0.0f) | !(gradients.median_depth[pixel + x] == 0.0f);
    }
    for (int c = 0; c < channels; ++c) {
      const float* const color = gradients.color + pixel * channels + c;
      float* const plane = work.color[c].values + first;
      for (int x = 0; x < width; ++x) {
        plane[x] = color[static_cast<long long>(x) * channels];
        plain[x] -= plane[x] * images.background[c];
      }
      for (int x = 0; x < width; ++x) work.rows.set_color(first + x, c, plane[x]);
    }
    std::copy_n(plain, width, work.plain.values + first);
  }
  work.with_depth = from_depth != 0;
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
    const LaneRow *const alphas = work.alphas.alpha.data(), *const befores = work.alphas.before.data();
    const TileSplat* const splats = work.splats.splats();
    const float* const colors = work.colors.values;
    PixelPairs<W> pairs(work.rows, first);
    for (int k = count - 1; k >= 0; --k) {
      const int place = places[k];
      const Lanes<W> alpha = load_lanes<W>(alphas[k].values), before = load_lanes<W>(befores[k].values);
      const Lanes<W> weight = alpha * before;
      const float* const color = colors + static_cast<long long>(channels) * splats[place].id;
      Lanes<W> value = plain;
      for (int c = 0; c < C; ++c) value = value + color[c] * grad[c];
      for (int c = C; c < channels; ++c) value = value + color[c] * load_lanes<W>(grads[c].values + first);
      if (WITH_DEPTH) {
        const Lanes<W> by_depth = load_lanes<W>(work.depth.values + first);
        const Lanes<W> by_median = load_lanes<W>(work.median.values + first);
        value = value + splats[place].depth * by_depth;
        work.rows.depth[place] += sum(weight * by_depth + is_median(alpha, before) * by_median);
      }
      const Lanes<W> change = value - seen;
      seen = seen + alpha * change;
      pairs.add(place, where_less(alpha, lanes<W>(MAX_ALPHA), weight * change, zero), weight);
    }
    pairs.finish();
  }
};

// pair_sums: rows of all pairs of splats and tiles; background: (channels) gradients of this tile.
struct BlendTileAdjoint {
  template <int W>
  OBJPOSE_HD static void run(const SplatBins& bins, int tile, const BlendImages& images,
                             const ImageGradients& gradients, TileAdjoint& work, const PairRows& pair_sums,
                             double* background) {
    const int channels = images.colors.channels;
    load_gradients(bins, tile, images, gradients, work);
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
      work.rows.centre(work.splats.splats()[place], place);
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

// Sums over the pairs of each splat, to its gradients; those of splats that are not seen stay as they are.
struct GatherGradients {
  template <int W>
  OBJPOSE_HD static void run(const SplatBins& bins, const PairRows& pair_sums, SplatRange ranks, int channels,
                             float* row, float* grad_screen, float* grad_colors) {
    const int length = pair_sums.length();
    for (long long rank = ranks.first; rank < ranks.last; ++rank) {
      const long long begin = bins.rank_first[rank], end = bins.rank_first[rank + 1];
      for (int start = 0; start < length; start += W) {
        Lanes<W> total = lanes<W>(0.0f);
        for (long long pair = begin; pair < end; ++pair)
          total = total + load_lanes<W>(pair_sums[pair] + start);
        store_lanes(row + start, total);
      }
      const TileSplat& s = bins.splats[rank];
      const float a = s.xx * (-2.0f / LOG2_E), b = s.xy * (-1.0f / LOG2_E), c = s.yy * (-2.0f / LOG2_E);
      float sums[SPLAT_SUMS];
      for (int i = 0; i < SPLAT_SUMS; ++i) sums[i] = row[2 * i];
      screen_gradient(a, b, c, s.opacity, sums, grad_screen + static_cast<long long>(SCREEN_FIELDS) * s.id);
      float* const colors = grad_colors + static_cast<long long>(channels) * s.id;
      for (int k = 0; k < channels; ++k) colors[k] = row[2 * k + 1];
    }
  }
};

}  // namespace objpose
