// Normal equations of a tile's residuals in the camera's twist: colours and their slopes go front to back
// together.
#pragma once

#include "cpu/splat_blend.h"
#include "cpu/splat_project.h"
#include "shared/splat_robust.h"
#include "shared/splat_slopes.h"

namespace objpose {

// What one camera's images are compared with; null: not compared.
struct Targets {
  const float *color, *depth, *alpha;  // (height, width), color with channels
  const float* weights;
  RobustLoss color_loss, depth_loss, alpha_loss;
};

// By rank.
struct SlopeArrays {
  const SplatSlopes* splats;
  const float* colors;  // (count, channels, 3) by the twist's translation, by splat; null where all are 0
};

// By rank, of splats that the camera sees.
OBJPOSE_CLONES
static void find_range_slopes(const SplatCamera& camera, const SplatArrays& splats, const TileSplat* ranked,
                              SplatRange range, bool antialias, SplatSlopes* slopes) {
  for (long long rank = range.first; rank < range.last; ++rank) {
    const Splat splat = load_splat(splats, ranked[rank].id);
    const SplatGeometry g = splat_geometry(camera, splat, to_splat_camera(camera, splat.mean));
    splat_slopes(camera, g, screen_splat(camera, splat, g, antialias), antialias, slopes[rank]);
  }
}

// What one thread holds of a tile. Slopes are by the numbers of the twist.
struct TileNormal {
  TileOffsets offsets;
  SplatColors colors;
  TileSplats splats;
  GroupAlphas alphas;
  TilePlane depth, depth_slopes[TWIST], alpha_slopes[TWIST];
  std::vector<TilePlane> color, color_slopes;  // channels, channels * TWIST

  explicit TileNormal(const SplatColors& of_splats)
      : colors(of_splats), color(of_splats.channels), color_slopes(of_splats.channels * TWIST) {}
};

OBJPOSE_HD void reset(TileNormal& work) {
  fill(work.depth, 0.0f);
  for (TilePlane& plane : work.depth_slopes) fill(plane, 0.0f);
  for (TilePlane& plane : work.alpha_slopes) fill(plane, 0.0f);
  for (TilePlane& plane : work.color) fill(plane, 0.0f);
  for (TilePlane& plane : work.color_slopes) fill(plane, 0.0f);
}

// A splat's derivative of log alpha by one number of the twist, at the pixels of a group.
template <int W>
OBJPOSE_HD Lanes<W> relative_slope(const SplatSlopes& s, int number, Lanes<W> dx, Lanes<W> dy) {
  const Lanes<W> across = lanes<W>(s.x[number]) + s.xx[number] * dx + s.xy[number] * dy;
  const Lanes<W> down = lanes<W>(s.y[number]) + s.yy[number] * dy;
  return lanes<W>(s.constant[number]) + dx * across + dy * down;
}

// color_slopes: (channels, 3) or null; first: the group's first pixel. Depths are summed if `with_depth`.
template <int W>
OBJPOSE_HD void add_slopes(const TileSplat& s, const SplatSlopes& slopes, const float* color,
                           const float* color_slopes, int channels, bool with_depth, int first,
                           Lanes<W> alpha, Lanes<W> before, TileNormal& work) {
  const Lanes<W> dx = load_lanes<W>(work.offsets.column.values + first) - lanes<W>(s.x);
  const Lanes<W> dy = load_lanes<W>(work.offsets.row.values + first) - lanes<W>(s.y);
  const Lanes<W> weight = alpha * before;
  const Lanes<W> moving = where_less(alpha, lanes<W>(MAX_ALPHA), before, lanes<W>(0.0f));
  TilePlane *const planes = work.color.data(), *const slope_planes = work.color_slopes.data();
  if (with_depth) add_lanes(work.depth.values + first, s.depth * weight);
  for (int c = 0; c < channels; ++c) add_lanes(planes[c].values + first, color[c] * weight);
  for (int number = 0; number < TWIST; ++number) {
    // What comes through to this splat is 1 - the weights before it.
    float* const alpha_slope = work.alpha_slopes[number].values + first;
    const Lanes<W> relative = relative_slope<W>(slopes, number, dx, dy);
    const Lanes<W> moved = alpha * (relative * moving - load_lanes<W>(alpha_slope));
    add_lanes(alpha_slope, moved);
    if (with_depth)
      add_lanes(work.depth_slopes[number].values + first, s.depth * moved + slopes.depth[number] * weight);
    for (int c = 0; c < channels; ++c)
      add_lanes(slope_planes[c * TWIST + number].values + first, color[c] * moved);
  }
  if (color_slopes == nullptr) return;
  for (int c = 0; c < channels; ++c)
    for (int number = 0; number < 3; ++number)
      add_lanes(slope_planes[c * TWIST + number].values + first, color_slopes[3 * c + number] * weight);
}

// A pixel's residuals, whose slopes are all 0 where no splat is; `from` is its place in the tile, `pixel` in
// the images.
OBJPOSE_HD void add_pixel(const TileNormal& work, int from, long long pixel, const float* background,
                          int channels, const Targets& targets, float* sums) {
  const float weight = targets.weights == nullptr ? 1.0f : targets.weights[pixel];
  if (!(weight > 0.0f)) return;
  const float light = work.alphas.light.values[from], alpha = 1.0f - light;
  float alpha_row[TWIST], row[TWIST], share, squared = 0.0f;
  for (int i = 0; i < TWIST; ++i) alpha_row[i] = work.alpha_slopes[i].values[from];
  const auto residual = [&](int c) {
    return work.color[c].values[from] + light * background[c] - targets.color[pixel * channels + c];
  };
  for (int c = 0; c < channels; ++c) squared += residual(c) * residual(c);
  sums[NORMAL_TERMS - 1] += weight * robust_cost(targets.color_loss, squared, share);
  const bool is_empty = light == 1.0f;
  for (int c = 0; c < channels && !is_empty; ++c) {
    for (int i = 0; i < TWIST; ++i)
      row[i] = work.color_slopes[c * TWIST + i].values[from] - background[c] * alpha_row[i];
    add_row(row, residual(c), weight * share, sums);
  }
  if (targets.depth != nullptr && targets.depth[pixel] > 0.0f) {
    const float wanted = targets.depth[pixel], difference = work.depth.values[from] - alpha * wanted;
    sums[NORMAL_TERMS - 1] += weight * robust_cost(targets.depth_loss, difference * difference, share);
    for (int i = 0; i < TWIST; ++i) row[i] = work.depth_slopes[i].values[from] - wanted * alpha_row[i];
    add_row(row, difference, weight * share, sums);
  }
  if (targets.alpha != nullptr) {
    const float difference = alpha - targets.alpha[pixel];
    sums[NORMAL_TERMS - 1] += weight * robust_cost(targets.alpha_loss, difference * difference, share);
    add_row(alpha_row, difference, weight * share, sums);
  }
}

// entries: those of the tile.
template <int W>
OBJPOSE_HD void add_group(const BinEntry* entries, const SlopeArrays& slopes, int channels, bool with_depth,
                          int first, int count, TileNormal& work) {
  const int* const places = work.splats.group(first / W).places;
  for (int k = 0; k < count; ++k) {
    const SplatSlopes& of_splat = slopes.splats[entries[places[k]].rank];
    const int ahead = places[std::min(k + FETCH_AHEAD, count - 1)];
    const char* const soon = reinterpret_cast<const char*>(slopes.splats + entries[ahead].rank);
    for (size_t line = 0; line < sizeof(SplatSlopes); line += CACHE_LINE) prefetch(soon + line);
    const TileSplat& s = work.splats.splats()[places[k]];
    const float* const color_slopes =
        slopes.colors == nullptr ? nullptr : slopes.colors + 3LL * channels * s.id;
    const Lanes<W> alpha = load_lanes<W>(work.alphas.alpha[k].values);
    const Lanes<W> before = load_lanes<W>(work.alphas.before[k].values);
    add_slopes<W>(s, of_splat, work.colors.of(s.id), color_slopes, channels,
                  with_depth, first, alpha, before, work);
  }
}

// sums: NORMAL_TERMS of this tile.
struct NormalTile {
  template <int W>
  OBJPOSE_HD static void run(const SplatBins& bins, int tile, const SlopeArrays& slopes,
                             const BlendImages& images, const Targets& targets, TileNormal& work,
                             double* sums) {
    reset(work);
    const int channels = images.colors.channels;
    const int left = bins.left(tile), top = bins.top(tile);
    work.splats.gather<W>(bins, tile, images.colors);
    for (int first = 0; first < TILE_PIXELS; first += W) {
      const int count = work.alphas.find<W>(work.splats, first, work.offsets);
      add_group<W>(bins.entries.data() + bins.tile_first[tile], slopes, channels, targets.depth != nullptr,
                   first, count, work);
    }
    const int right = std::min(left + TILE_WIDTH, bins.size.width);
    const int bottom = std::min(top + TILE_HEIGHT, bins.size.height);
    std::fill_n(sums, NORMAL_TERMS, 0.0);
    for (int y = top; y < bottom; ++y) {
      float row_sums[NORMAL_TERMS] = {0.0f};
      for (int x = left; x < right; ++x)
        add_pixel(work, (y - top) * TILE_WIDTH + x - left, static_cast<long long>(y) * bins.size.width + x,
                  images.background, channels, targets, row_sums);
      for (int i = 0; i < NORMAL_TERMS; ++i) sums[i] += row_sums[i];
    }
  }
};

}  // namespace objpose
