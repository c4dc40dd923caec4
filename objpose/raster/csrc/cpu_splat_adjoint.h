// Gradients of a tile's pixels, back to the splats on it.
#pragma once

#include "cpu_splat_blend.h"

namespace objpose {

// Gradients of a loss by the images of one camera.
struct ImageGradients {
  const float *color, *alpha, *depth_sum, *median_depth;
};

// Sums over pixels, by which a splat's gradients go: of g = alpha times the gradient by alpha, g times powers of the
// offset from the centre, and the gradient by depth; then those by the colours.
enum SplatSum { SUM_G, SUM_X, SUM_Y, SUM_XX, SUM_XY, SUM_YY, SUM_DEPTH, SPLAT_SUMS };

// What one thread holds of a tile on the way back.
struct TileAdjoint {
  struct Touched {
    GroupAlpha alphas;
    long long entry;
    int group;
    float x, y;
  };

  GroupOffsets offsets;
  TilePlane light;
  std::vector<Touched> touched;
  // Gradients of the loss by what a pixel takes of the depth, of the median depth, of the colours, and of anything.
  TilePlane depth, median, plain;
  std::vector<TilePlane> color;
  TilePlane behind;         // weights times values, summed over what lies behind
  std::vector<Lanes> sums;  // SPLAT_SUMS + channels

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
      work.color[c].set(k, grad);
      plain -= grad * images.background[c];
    }
    work.plain.set(k, plain);
    work.depth.set(k, factor * gradients.depth_sum[pixel]);
    work.median.set(k, factor * gradients.median_depth[pixel]);
  }
}

OBJPOSE_HD void add_group(const TileSplat& s, const float* color, int channels, const TileAdjoint::Touched& touched,
                          TileAdjoint& work) {
  const int group = touched.group;
  const Lanes alpha = touched.alphas.alpha, before = touched.alphas.before, zero = lanes(0.0f);
  const Lanes weight = alpha * before;
  Lanes* const sums = work.sums.data();
  Lanes value = work.plain.groups[group] + s.depth * work.depth.groups[group];
  for (int c = 0; c < channels; ++c) {
    const Lanes grad = work.color[c].groups[group];
    value += color[c] * grad;
    sums[SPLAT_SUMS + c] += weight * grad;
  }
  const Lanes by_alpha = before * value - work.behind.groups[group] / (1.0f - alpha);
  work.behind.groups[group] += weight * value;
  const Lanes g = where_less(alpha, lanes(MAX_ALPHA), by_alpha * alpha, zero);
  const Lanes dx = offset_x(s, work.offsets, touched.x), dy = offset_y(s, work.offsets, touched.y);
  const Lanes gx = g * dx, gy = g * dy;
  sums[SUM_G] += g, sums[SUM_X] += gx, sums[SUM_Y] += gy;
  sums[SUM_XX] += gx * dx, sums[SUM_XY] += gx * dy, sums[SUM_YY] += gy * dy;
  sums[SUM_DEPTH] += weight * work.depth.groups[group] +
                     where_median(touched.alphas, work.median.groups[group], zero);
}

// entry_sums: (entries, SPLAT_SUMS + channels), zero at the start; background: (channels) gradients of this tile.
OBJPOSE_CLONES
static void blend_tile_adjoint(const SplatBins& bins, int tile, const BlendImages& images, TileAdjoint& work,
                               float* entry_sums, double* background) {
  const int terms = SPLAT_SUMS + images.channels;
  work.touched.clear();
  walk_tile(bins, tile, work.offsets, work.light,
            [&](long long entry, const TileSplat&, int group, float x, float y, const GroupAlpha& alphas)
                OBJPOSE_INLINE_LAMBDA { work.touched.push_back({alphas, entry, group, x, y}); });
  fill(work.behind, 0.0f);
  for (Lanes& lane_sums : work.sums) lane_sums = lanes(0.0f);
  for (size_t i = work.touched.size(); i-- > 0;) {
    const TileAdjoint::Touched& touched = work.touched[i];
    const TileSplat& s = bins.splats[bins.ranks[touched.entry]];
    add_group(s, images.color_of(s), images.channels, touched, work);
    if (i > 0 && work.touched[i - 1].entry == touched.entry) continue;
    for (int term = 0; term < terms; ++term) {
      entry_sums[touched.entry * terms + term] = sum(work.sums[term]);
      work.sums[term] = lanes(0.0f);
    }
  }
  for (int c = 0; c < images.channels; ++c) {
    background[c] = 0.0;
    for (int group = 0; group < TILE_GROUPS; ++group)
      background[c] += sum(absolute(work.light.groups[group]) * work.color[c].groups[group]);
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
