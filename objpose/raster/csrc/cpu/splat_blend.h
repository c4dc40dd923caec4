// A tile's pixels from the splats on it, front to back.
#pragma once

#include "cpu/splat_alpha.h"

namespace objpose {

// The images of one camera, and the colours of the splats.
struct BlendImages {
  SplatColors colors;
  const float* background;  // (channels)
  // (height, width), color with channels; null where nothing is drawn.
  float *color = nullptr, *alpha = nullptr, *depth_sum = nullptr, *median_depth = nullptr;
};

// What one thread holds of a tile.
struct TileSums {
  TileOffsets offsets;
  SplatColors colors;
  TileSplats splats;
  TilePlane light, depth_sum, median_depth;
  std::vector<TilePlane> color;
  std::vector<LaneRow> weights;  // of a group, where they are needed again

  explicit TileSums(const SplatColors& of_splats) : colors(of_splats), color(of_splats.channels) {}
};

// Channels whose sums stay in registers together.
constexpr int CHANNELS_AT_ONCE = 4;

// Calls Work::run<W, C>(arguments...) for C channels, 0 to CHANNELS_AT_ONCE of them.
template <typename Work, int W, typename... Arguments>
OBJPOSE_HD void run_with_channels(int channels, Arguments&... arguments) {
  static_assert(CHANNELS_AT_ONCE == 4, "as many as there are cases");
  switch (channels) {
    case 0:
      return Work::template run<W, 0>(arguments...);
    case 1:
      return Work::template run<W, 1>(arguments...);
    case 2:
      return Work::template run<W, 2>(arguments...);
    case 3:
      return Work::template run<W, 3>(arguments...);
    default:
      return Work::template run<W, 4>(arguments...);
  }
}

// Light, depths and the first C channels of a group; the weights are kept where there may be more.
struct BlendGroup {
  template <int W, int C>
  OBJPOSE_HD static void run(TileSums& sums, int first, int& count) {
    const Lanes<W> zero = lanes<W>(0.0f), half = lanes<W>(0.5f);
    Lanes<W> depth = zero, median = zero, color[C + 1];
    for (int c = 0; c < C; ++c) color[c] = zero;
    LaneRow* const weights = sums.weights.data();
    const TileSplat* const splats = sums.splats.splats();
    const float* const colors = sums.colors.values;
    const int channels = C < CHANNELS_AT_ONCE ? C : sums.colors.channels;
    const GroupEnd<W> end = walk_group<W>(
        sums.splats, first, sums.offsets,
        [&](int place, int k, const GroupAlpha<W>& found) OBJPOSE_INLINE_LAMBDA {
          const Lanes<W> weight = found.alpha * found.before, own = lanes<W>(splats[place].depth);
          const float* const of_splat = colors + static_cast<long long>(channels) * splats[place].id;
          depth = depth + own * weight;
          for (int c = 0; c < C; ++c) color[c] = color[c] + of_splat[c] * weight;
          // The last to which half of the light comes through: from there on, less does.
          median = where_less(found.before, half, median, own);
          if (C == CHANNELS_AT_ONCE) store_lanes(weights[k].values, weight);
        });
    store_lanes(sums.light.values + first, end.light);
    store_lanes(sums.depth_sum.values + first, depth);
    store_lanes(sums.median_depth.values + first, where_less(end.light, half, median, zero));
    for (int c = 0; c < C; ++c) store_lanes(sums.color[c].values + first, color[c]);
    count = end.count;
  }
};

// C more channels of a group, from `channel` on.
struct AddChannels {
  template <int W, int C>
  OBJPOSE_HD static void run(TileSums& sums, int first, int count, int channel) {
    const int* const places = sums.splats.group(first / W).places;
    const TileSplat* const splats = sums.splats.splats();
    Lanes<W> color[C + 1];
    for (int c = 0; c < C; ++c) color[c] = lanes<W>(0.0f);
    for (int k = 0; k < count; ++k) {
      const float* const own = sums.colors.of(splats[places[k]].id) + channel;
      const Lanes<W> weight = load_lanes<W>(sums.weights[k].values);
      for (int c = 0; c < C; ++c) color[c] = color[c] + own[c] * weight;
    }
    for (int c = 0; c < C; ++c) store_lanes(sums.color[channel + c].values + first, color[c]);
  }
};

OBJPOSE_HD void write_tile(const SplatBins& bins, int tile, const TileSums& sums, const BlendImages& images) {
  const int left = bins.left(tile), top = bins.top(tile), channels = images.colors.channels;
  const int right = std::min(left + TILE_WIDTH, bins.size.width);
  const int bottom = std::min(top + TILE_HEIGHT, bins.size.height);
  for (int y = top; y < bottom; ++y) {
    const int from = (y - top) * TILE_WIDTH, width = right - left;
    const long long pixel = static_cast<long long>(y) * bins.size.width + left;
    for (int x = 0; x < width; ++x) images.alpha[pixel + x] = 1.0f - sums.light.values[from + x];
    std::copy_n(sums.depth_sum.values + from, width, images.depth_sum + pixel);
    std::copy_n(sums.median_depth.values + from, width, images.median_depth + pixel);
    for (int c = 0; c < channels; ++c)
      for (int x = 0; x < width; ++x)
        images.color[(pixel + x) * channels + c] =
            sums.color[c].values[from + x] + sums.light.values[from + x] * images.background[c];
  }
}

struct BlendTile {
  template <int W>
  OBJPOSE_HD static void run(const SplatBins& bins, int tile, const BlendImages& images, TileSums& sums) {
    const int channels = images.colors.channels;
    sums.splats.gather<W>(bins, tile, images.colors);
    const size_t count = sums.splats.count();
    if (sums.weights.size() < count) sums.weights.resize(count);
    for (int first = 0; first < TILE_PIXELS; first += W) {
      int visits;
      run_with_channels<BlendGroup, W>(channels, sums, first, visits);
      for (int c = CHANNELS_AT_ONCE; c < channels; c += CHANNELS_AT_ONCE)
        run_with_channels<AddChannels, W>(channels - c, sums, first, visits, c);
    }
    write_tile(bins, tile, sums, images);
  }
};

}  // namespace objpose
