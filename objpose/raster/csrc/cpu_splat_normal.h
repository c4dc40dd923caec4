// Normal equations of a tile's residuals in the camera's twist: colours and their slopes go front to back
// together.
#pragma once

#include "cpu_splat_blend.h"
#include "cpu_splat_project.h"
#include "splat_robust.h"
#include "splat_slopes.h"

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

// What one thread holds of a tile; planes of TILE_PIXELS. Slopes have TWIST planes.
struct TileNormal {
  Transmittance light;
  GroupOffsets offsets;
  std::vector<float> color, color_slopes;
  float depth[TILE_PIXELS], depth_slopes[TWIST][TILE_PIXELS], alpha_slopes[TWIST][TILE_PIXELS];

  explicit TileNormal(int channels)
      : color(static_cast<size_t>(channels) * TILE_PIXELS),
        color_slopes(static_cast<size_t>(channels) * TWIST * TILE_PIXELS) {}

  void reset() {
    light.reset();
    std::fill(color.begin(), color.end(), 0.0f);
    std::fill(color_slopes.begin(), color_slopes.end(), 0.0f);
    std::fill_n(depth, TILE_PIXELS, 0.0f);
    std::fill_n(depth_slopes[0], TWIST * TILE_PIXELS, 0.0f);
    std::fill_n(alpha_slopes[0], TWIST * TILE_PIXELS, 0.0f);
  }
};

// How a splat's weight at each pixel of a group changes by one number of the twist; sums of alpha are brought up
// to date.
OBJPOSE_HD void weight_slopes(const SplatSlopes& slopes, int number, float left, float top,
                              const float* OBJPOSE_RESTRICT alpha, const float* OBJPOSE_RESTRICT before,
                              const GroupOffsets& offsets, float* OBJPOSE_RESTRICT alpha_slopes,
                              float* OBJPOSE_RESTRICT out) {
  const float xx = slopes.xx[number], xy = slopes.xy[number], yy = slopes.yy[number];
  const float x = slopes.x[number], y = slopes.y[number], constant = slopes.constant[number];
#pragma omp simd
  for (int k = 0; k < GROUP; ++k) {
    const float dx = left + offsets.column[k], dy = top + offsets.row[k];
    const float relative = constant + dx * (x + xx * dx + xy * dy) + dy * (y + yy * dy);
    const float moves = alpha[k] < MAX_ALPHA ? relative * before[k] : 0.0f;
    // What comes through to this splat is 1 - the alphas before it.
    out[k] = alpha[k] * (moves - alpha_slopes[k]);
    alpha_slopes[k] += out[k];
  }
}

OBJPOSE_HD void add_to_plane(float* OBJPOSE_RESTRICT plane, const float* OBJPOSE_RESTRICT values, float factor) {
#pragma omp simd
  for (int k = 0; k < GROUP; ++k) plane[k] += factor * values[k];
}

OBJPOSE_HD void add_slopes(const TileSplat& s, const SplatSlopes& slopes, const float* splat_color,
                           const float* color_slopes, int channels, float x, float y, int first,
                           const float* alpha, const float* before, TileNormal& work) {
  float weight[GROUP], moved[GROUP];
#pragma omp simd
  for (int k = 0; k < GROUP; ++k) weight[k] = alpha[k] * before[k];
  for (int c = 0; c < channels; ++c)
    add_to_plane(work.color.data() + c * TILE_PIXELS + first, weight, splat_color[c]);
  add_to_plane(work.depth + first, weight, s.depth);
  for (int number = 0; number < TWIST; ++number) {
    weight_slopes(slopes, number, x - s.x, y - s.y, alpha, before, work.offsets,
                  work.alpha_slopes[number] + first, moved);
    add_to_plane(work.depth_slopes[number] + first, moved, s.depth);
    add_to_plane(work.depth_slopes[number] + first, weight, slopes.depth[number]);
    for (int c = 0; c < channels; ++c) {
      float* const plane = work.color_slopes.data() + (c * TWIST + number) * TILE_PIXELS + first;
      add_to_plane(plane, moved, splat_color[c]);
      if (color_slopes != nullptr && number < 3) add_to_plane(plane, weight, color_slopes[3 * c + number]);
    }
  }
}

OBJPOSE_HD void blend_slopes(const SplatBins& bins, int tile, int left, int top, const SlopeArrays& slopes,
                             const float* colors, int channels, TileNormal& work) {
  work.reset();
  for (long long entry = bins.tile_first[tile]; entry < bins.tile_first[tile + 1]; ++entry) {
    if (entry % DARK_CHECK == 0 && work.light.is_dark()) break;
    const int rank = bins.ranks[entry];
    const TileSplat& s = bins.splats[rank];
    const GroupRange range = groups_of(s, top);
    const float* const color_slopes =
        slopes.colors == nullptr ? nullptr : slopes.colors + 3LL * channels * s.id;
    for (int group = range.first; group <= range.last; ++group) {
      float alpha[GROUP], before[GROUP];
      const float x = static_cast<float>(left), y = static_cast<float>(top + group * GROUP_ROWS);
      const float most =
          group_alpha(s, x, y, work.offsets, work.light.values + group * GROUP, alpha, before);
      if (most > 0.0f)
        add_slopes(s, slopes.splats[rank], colors + static_cast<long long>(channels) * s.id, color_slopes,
                   channels, x, y, group * GROUP, alpha, before, work);
    }
  }
}

// A pixel's residuals; `from` is its place in the tile, `pixel` in the images.
OBJPOSE_HD void add_pixel(const TileNormal& work, int from, long long pixel, const float* background, int channels,
                          const Targets& targets, float* sums) {
  const float weight = targets.weights == nullptr ? 1.0f : targets.weights[pixel];
  if (!(weight > 0.0f)) return;
  const float light = work.light.left(from), alpha = 1.0f - light;
  float alpha_row[TWIST], row[TWIST], share, squared = 0.0f;
  for (int i = 0; i < TWIST; ++i) alpha_row[i] = work.alpha_slopes[i][from];
  const auto residual = [&](int c) {
    return work.color[c * TILE_PIXELS + from] + light * background[c] - targets.color[pixel * channels + c];
  };
  for (int c = 0; c < channels; ++c) squared += residual(c) * residual(c);
  sums[NORMAL_TERMS - 1] += weight * robust_cost(targets.color_loss, squared, share);
  for (int c = 0; c < channels; ++c) {
    for (int i = 0; i < TWIST; ++i)
      row[i] = work.color_slopes[(c * TWIST + i) * TILE_PIXELS + from] - background[c] * alpha_row[i];
    add_row(row, residual(c), weight * share, sums);
  }
  if (targets.depth != nullptr && targets.depth[pixel] > 0.0f) {
    const float wanted = targets.depth[pixel], difference = work.depth[from] - alpha * wanted;
    sums[NORMAL_TERMS - 1] += weight * robust_cost(targets.depth_loss, difference * difference, share);
    for (int i = 0; i < TWIST; ++i) row[i] = work.depth_slopes[i][from] - wanted * alpha_row[i];
    add_row(row, difference, weight * share, sums);
  }
  if (targets.alpha != nullptr) {
    const float difference = alpha - targets.alpha[pixel];
    sums[NORMAL_TERMS - 1] += weight * robust_cost(targets.alpha_loss, difference * difference, share);
    add_row(alpha_row, difference, weight * share, sums);
  }
}

// sums: NORMAL_TERMS of this tile.
OBJPOSE_CLONES
static void normal_tile(const SplatBins& bins, int tile, const SlopeArrays& slopes, const float* colors,
                        int channels, const float* background, const Targets& targets, TileNormal& work,
                        double* sums) {
  const int left = tile % bins.size.columns() * TILE, top = tile / bins.size.columns() * TILE;
  blend_slopes(bins, tile, left, top, slopes, colors, channels, work);
  const int right = std::min(left + TILE, bins.size.width), bottom = std::min(top + TILE, bins.size.height);
  std::fill_n(sums, NORMAL_TERMS, 0.0);
  for (int y = top; y < bottom; ++y) {
    float row_sums[NORMAL_TERMS] = {0.0f};
    for (int x = left; x < right; ++x)
      add_pixel(work, (y - top) * TILE + x - left, static_cast<long long>(y) * bins.size.width + x, background,
                channels, targets, row_sums);
    for (int i = 0; i < NORMAL_TERMS; ++i) sums[i] += row_sums[i];
  }
}

}  // namespace objpose
