// Gradients of a tile's pixels, back to the splats on it.
#pragma once

#include "cpu_splat_blend.h"

namespace objpose {

// Gradients of a loss by the images of one camera.
struct ImageGradients {
  const float *color, *alpha, *depth_sum, *median_depth;
};

// Sums over a group's pixels, by which a splat's gradients go: of g = alpha times the gradient by alpha, g times
// powers of the offset from the centre, and the gradient by depth; then those by the colours.
enum SplatSum { SUM_G, SUM_X, SUM_Y, SUM_XX, SUM_XY, SUM_YY, SUM_DEPTH, SPLAT_SUMS };

// What one thread holds of a tile on the way back.
struct TileAdjoint {
  // A splat's alphas at a group, and the light before it.
  struct Touched {
    long long entry;
    int group;
    float alpha[GROUP], before[GROUP];
  };

  Transmittance light;
  GroupOffsets offsets;
  std::vector<Touched> touched;
  // By weight: the gradient of the loss by what a pixel takes of a colour (planes), of the depth, of the median
  // depth, and of nothing in particular.
  std::vector<float> color;
  float depth[TILE_PIXELS], median[TILE_PIXELS], plain[TILE_PIXELS];
  float behind[TILE_PIXELS];  // weights times values, summed over what lies behind
  std::vector<float> sums;    // (SPLAT_SUMS + channels, GROUP)

  explicit TileAdjoint(int channels)
      : color(static_cast<size_t>(channels) * TILE_PIXELS),
        sums(static_cast<size_t>(SPLAT_SUMS + channels) * GROUP) {}
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
    work.plain[k] = factor * gradients.alpha[pixel];
    work.depth[k] = factor * gradients.depth_sum[pixel];
    work.median[k] = factor * gradients.median_depth[pixel];
    for (int c = 0; c < images.channels; ++c) {
      const float grad = factor * gradients.color[pixel * images.channels + c];
      work.color[c * TILE_PIXELS + k] = grad;
      work.plain[k] -= grad * images.background[c];
    }
  }
}

OBJPOSE_HD void walk_front_to_back(const SplatBins& bins, int tile, int left, int top, TileAdjoint& work) {
  work.touched.clear();
  work.light.reset();
  for (long long entry = bins.tile_first[tile]; entry < bins.tile_first[tile + 1]; ++entry) {
    if (entry % DARK_CHECK == 0 && work.light.is_dark()) break;
    const TileSplat& s = bins.splats[bins.ranks[entry]];
    const GroupRange range = groups_of(s, top);
    for (int group = range.first; group <= range.last; ++group) {
      work.touched.emplace_back();
      TileAdjoint::Touched& touched = work.touched.back();
      touched.entry = entry, touched.group = group;
      const float most = group_alpha(s, static_cast<float>(left), static_cast<float>(top + group * GROUP_ROWS),
                                     work.offsets, work.light.values + group * GROUP, touched.alpha,
                                     touched.before);
      if (!(most > 0.0f)) work.touched.pop_back();
    }
  }
}

OBJPOSE_HD void add_group(const TileSplat& s, const float* OBJPOSE_RESTRICT splat_color, int channels, float x,
                          float y, const TileAdjoint::Touched& touched, TileAdjoint& work) {
  const int first = touched.group * GROUP;
  float weight[GROUP], value[GROUP];
#pragma omp simd
  for (int k = 0; k < GROUP; ++k) {
    weight[k] = touched.alpha[k] * touched.before[k];
    value[k] = work.plain[first + k] + s.depth * work.depth[first + k];
  }
  for (int c = 0; c < channels; ++c) {
    const float* OBJPOSE_RESTRICT const grad = work.color.data() + c * TILE_PIXELS + first;
    float* OBJPOSE_RESTRICT const sum = work.sums.data() + (SPLAT_SUMS + c) * GROUP;
    const float color = splat_color[c];
#pragma omp simd
    for (int k = 0; k < GROUP; ++k) {
      value[k] += color * grad[k];
      sum[k] += weight[k] * grad[k];
    }
  }
  float* OBJPOSE_RESTRICT const sums = work.sums.data();
  const float left = x - s.x, top = y - s.y;
#pragma omp simd
  for (int k = 0; k < GROUP; ++k) {
    const float alpha = touched.alpha[k], before = touched.before[k];
    const float dx = left + work.offsets.column[k], dy = top + work.offsets.row[k];
    const float by_alpha = before * value[k] - work.behind[first + k] / (1.0f - alpha);
    const float g = alpha < MAX_ALPHA ? by_alpha * alpha : 0.0f;
    work.behind[first + k] += weight[k] * value[k];
    sums[SUM_G * GROUP + k] += g;
    sums[SUM_X * GROUP + k] += g * dx;
    sums[SUM_Y * GROUP + k] += g * dy;
    sums[SUM_XX * GROUP + k] += g * dx * dx;
    sums[SUM_XY * GROUP + k] += g * dx * dy;
    sums[SUM_YY * GROUP + k] += g * dy * dy;
    sums[SUM_DEPTH * GROUP + k] +=
        weight[k] * work.depth[first + k] + (is_median(before, alpha) ? work.median[first + k] : 0.0f);
  }
}

// Sums over the group's pixels to `out` (SPLAT_SUMS + channels).
OBJPOSE_HD void finish_entry(TileAdjoint& work, int terms, float* OBJPOSE_RESTRICT out) {
  for (int term = 0; term < terms; ++term) {
    float* OBJPOSE_RESTRICT const row = work.sums.data() + term * GROUP;
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < GROUP; ++k) sum += row[k];
    out[term] = sum;
    for (int k = 0; k < GROUP; ++k) row[k] = 0.0f;
  }
}

// entry_sums: (entries, SPLAT_SUMS + channels), zero at the start; background: (channels) gradients of this tile.
OBJPOSE_CLONES
static void blend_tile_adjoint(const SplatBins& bins, int tile, const float* colors, int channels,
                               TileAdjoint& work, float* entry_sums, double* background) {
  const int left = tile % bins.size.columns() * TILE, top = tile / bins.size.columns() * TILE;
  const int terms = SPLAT_SUMS + channels;
  walk_front_to_back(bins, tile, left, top, work);
  std::fill_n(work.behind, TILE_PIXELS, 0.0f);
  for (size_t i = work.touched.size(); i-- > 0;) {
    const TileAdjoint::Touched& touched = work.touched[i];
    const TileSplat& s = bins.splats[bins.ranks[touched.entry]];
    add_group(s, colors + static_cast<long long>(channels) * s.id, channels, static_cast<float>(left),
              static_cast<float>(top + touched.group * GROUP_ROWS), touched, work);
    if (i == 0 || work.touched[i - 1].entry != touched.entry)
      finish_entry(work, terms, entry_sums + touched.entry * terms);
  }
  for (int c = 0; c < channels; ++c) {
    background[c] = 0.0;
    for (int k = 0; k < TILE_PIXELS; ++k) background[c] += work.light.left(k) * work.color[c * TILE_PIXELS + k];
  }
}

// A splat's gradients on the screen (SCREEN_FIELDS) and by its colours, from sums over all its entries.
inline void screen_gradient(const TileSplat& s, const float* sums, int channels, float* screen, float* color) {
  const float a = s.xx * (-2.0f / LOG2_E), b = s.xy * (-1.0f / LOG2_E), c = s.yy * (-2.0f / LOG2_E);
  screen[0] = a * sums[SUM_X] + b * sums[SUM_Y];
  screen[1] = b * sums[SUM_X] + c * sums[SUM_Y];
  screen[2] = -0.5f * sums[SUM_XX];
  screen[3] = -sums[SUM_XY];
  screen[4] = -0.5f * sums[SUM_YY];
  screen[5] = sums[SUM_G] / s.opacity;
  screen[6] = sums[SUM_DEPTH];
  for (int k = 0; k < channels; ++k) color[k] = sums[SPLAT_SUMS + k];
}

}  // namespace objpose
