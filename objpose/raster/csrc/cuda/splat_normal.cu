// Splats on CUDA devices: normal equations of cameras, one block a tile and one thread a pixel.
#include "cuda/splat_tiles.h"
#include "shared/splat_robust.h"

using namespace objpose;

namespace {

// Derivative of alpha by one number of the camera's twist.
__device__ float alpha_slope(const SplatSlopes& s, int number, float dx, float dy, float alpha) {
  const float relative = s.constant[number] + dx * (s.x[number] + s.xx[number] * dx + s.xy[number] * dy) +
                         dy * (s.y[number] + s.yy[number] * dy);
  return alpha < MAX_ALPHA ? alpha * relative : 0.0f;
}

// Derivatives of a pixel's alpha, depth sum and colours by the camera's twist; those of the background are
// left out.
struct PixelSlopes {
  float alpha[TWIST] = {0.0f}, depth[TWIST] = {0.0f}, color[SLOPE_ROUND][TWIST] = {{0.0f}};

  __device__ void add(const SplatSlopes& slopes, float depth_of_splat, const float* colors, float dx,
                      float dy, float a, float before) {
    for (int i = 0; i < TWIST; ++i) {
      // What comes through to this splat is 1 - the weights before it.
      const float moved = alpha_slope(slopes, i, dx, dy, a) * before - a * alpha[i];
      alpha[i] += moved;
      depth[i] += depth_of_splat * moved + a * before * slopes.depth[i];
      for (int c = 0; c < SLOPE_ROUND; ++c) color[c][i] += colors[c] * moved;
    }
  }

  // turning: (channels, 3), derivatives of the colours themselves.
  __device__ void add_turning(const float* turning, int channels, float weight) {
    for (int c = 0; c < SLOPE_ROUND; ++c)
      for (int i = 0; i < 3; ++i)
        if (c < channels) color[c][i] += weight * turning[3 * c + i];
  }
};

// Adds a pixel's residuals to its sums.
__device__ void add_residuals(const Blending& b, const Place& p, const Comparison& k, int first_color,
                              float weight, PixelSlopes& slopes, float* sums) {
  const float* const color = k.color + p.pixel * b.channels;
  const float* const target = k.target + p.pixel * b.channels;
  float squared = 0.0f, share = 0.0f;
  for (int c = 0; c < b.channels; ++c) squared += (color[c] - target[c]) * (color[c] - target[c]);
  const float color_cost = robust_cost(make_loss(k.losses), squared, share);
  for (int c = 0; c < SLOPE_ROUND && first_color + c < b.channels; ++c) {
    const int channel = first_color + c;
    for (int i = 0; i < TWIST; ++i)
      slopes.color[c][i] -= b.background[p.camera * b.channels + channel] * slopes.alpha[i];
    add_row(slopes.color[c], color[channel] - target[channel], weight * share, sums);
  }
  if (first_color > 0) return;
  float& cost = sums[NORMAL_TERMS - 1];
  const float alpha = k.alpha[p.pixel];
  cost += weight * color_cost;
  if (k.target_depth != nullptr && k.target_depth[p.pixel] > 0.0f) {
    const float wanted = k.target_depth[p.pixel], difference = k.depth_sum[p.pixel] - alpha * wanted;
    cost += weight * robust_cost(make_loss(k.losses + 3), difference * difference, share);
    for (int i = 0; i < TWIST; ++i) slopes.depth[i] -= wanted * slopes.alpha[i];
    add_row(slopes.depth, difference, weight * share, sums);
  }
  if (k.target_alpha != nullptr) {
    const float difference = alpha - k.target_alpha[p.pixel];
    cost += weight * robust_cost(make_loss(k.losses + 6), difference * difference, share);
    add_row(slopes.alpha, difference, weight * share, sums);
  }
}

}  // namespace

// Residuals of colours first_color ... first_color + SLOPE_ROUND - 1; those of depth and alpha, and all
// costs, if first_color is 0. shares: (cameras, NORMAL_TERMS, warps of all tiles).
extern "C" __global__ void __launch_bounds__(TILE_THREADS, 2)
    splat_normal(Blending b, Comparison k, double* shares, int first_color) {
  __shared__ Batch<SLOPE_ROUND> batch;
  const Place p = place_of(b);
  PixelSlopes slopes;
  walk_front_to_back(
      b, p, first_color, batch, [&](int pair, int i, float dx, float dy, float a, float before) {
        const long long item = b.pair_items[pair];
        slopes.add(k.slopes[item], batch.splats[i].depth, batch.colors[i].values, dx, dy, a, before);
        if (k.color_slopes != nullptr)
          slopes.add_turning(k.color_slopes + 3 * (item * b.channels + first_color), b.channels - first_color,
                             a * before);
      });
  const float weight = !p.inside ? 0.0f : k.weights == nullptr ? 1.0f : k.weights[p.pixel];
  float sums[NORMAL_TERMS] = {0.0f};
  if (weight > 0.0f) add_residuals(b, p, k, first_color, weight, slopes, sums);
  double wide[padded(NORMAL_TERMS)] = {0.0};
  for (int i = 0; i < NORMAL_TERMS; ++i) wide[i] = sums[i];
  const long long warps = static_cast<long long>(b.columns()) * b.rows() * TILE_WARPS;
  const long long warp = p.tile * TILE_WARPS + p.warp - p.camera * warps;
  store_share(wide, NORMAL_TERMS, shares + p.camera * NORMAL_TERMS * warps + warp, warps);
}
