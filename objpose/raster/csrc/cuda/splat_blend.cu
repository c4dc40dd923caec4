// Splats on CUDA devices: blending, its adjoint and the normal equations, one block a tile and one thread a
// pixel.
#include "cuda/splat_tiles.h"
#include "shared/splat_robust.h"

using namespace objpose;

namespace {

__device__ bool is_median(float before, float alpha) {
  return before >= 0.5f && before - before * alpha < 0.5f;
}

__device__ const float* colors_of(const Blending& b, const Place& p, int id) {
  return b.colors + b.color_step * p.camera + static_cast<long long>(b.channels) * id;
}

// Where a pixel's splats end: the last pair it shows, and the light behind it.
struct End {
  long long pair;
  float light;
};

__device__ End find_end(const Blending& b, const Place& p, Batch& batch) {
  End end = {-1, 1.0f};
  end.light = walk_front_to_back(
      b, p, batch,
      [&](long long pair, const ScreenSplat&, int, float, float, float, float) { end.pair = pair; });
  return end;
}

// By what a pixel takes of anything: the gradients by alpha and, through the background, by colour.
__device__ float plain_gradient(const Blending& b, const Place& p, const BlendGradients& g) {
  float plain = g.alpha[p.pixel];
  for (int c = 0; c < b.channels; ++c)
    plain -= g.color[p.pixel * b.channels + c] * b.background[p.camera * b.channels + c];
  return plain;
}

// The gradients of one splat at one pixel, to those of the splat; every thread of a warp comes here.
__device__ void add_gradients(const Blending& b, const Place& p, const BlendGradients& g, int id, float weight,
                              const ScreenSplat& own) {
  const long long item = p.camera * b.count + id;
  float* const screen = g.screen + SCREEN_FIELDS * item;
  const float values[SCREEN_FIELDS] = {own.x, own.y, own.a, own.b, own.c, own.opacity, own.depth};
  for (int i = 0; i < SCREEN_FIELDS; ++i) add_over_warp(screen + i, values[i]);
  for (int c = 0; c < b.channels; ++c)
    add_over_warp(g.colors + item * b.channels + c, weight * g.color[p.pixel * b.channels + c]);
}

// The loss's derivative by alpha and by depth of a splat, `behind` brought up to date.
__device__ ScreenSplat pixel_adjoint(const Blending& b, const Place& p, const BlendGradients& g,
                                     const ScreenSplat& s, int id, float alpha, float before, float plain,
                                     float& behind) {
  const float dx = p.x - s.x, dy = p.y - s.y, by_depth = g.depth_sum[p.pixel];
  float value = plain + s.depth * by_depth;
  for (int c = 0; c < b.channels; ++c) value += colors_of(b, p, id)[c] * g.color[p.pixel * b.channels + c];
  ScreenSplat own = alpha_adjoint(s, dx, dy, alpha, before * value - behind / (1.0f - alpha));
  own.depth = alpha * before * by_depth + (is_median(before, alpha) ? g.median_depth[p.pixel] : 0.0f);
  behind += alpha * before * value;
  return own;
}

}  // namespace

// Colours first_color ... first_color + COLOR_ROUND - 1; the other images if first_color is 0.
extern "C" __global__ void blend_splats(Blending b, int first_color, float* color, float* alpha,
                                        float* depth_sum, float* median_depth) {
  __shared__ Batch batch;
  const Place p = place_of(b);
  float sums[COLOR_ROUND] = {0.0f}, depth = 0.0f, median = 0.0f;
  const float light = walk_front_to_back(
      b, p, batch, [&](long long, const ScreenSplat& s, int id, float, float, float a, float before) {
        const float* const own = colors_of(b, p, id) + first_color;
        for (int c = 0; c < COLOR_ROUND; ++c)
          if (first_color + c < b.channels) sums[c] += a * before * own[c];
        depth += a * before * s.depth;
        if (is_median(before, a)) median = s.depth;
      });
  if (!p.inside) return;
  for (int c = 0; c < COLOR_ROUND; ++c) {
    const int channel = first_color + c;
    if (channel < b.channels)
      color[p.pixel * b.channels + channel] = sums[c] + light * b.background[p.camera * b.channels + channel];
  }
  if (first_color > 0) return;
  alpha[p.pixel] = 1.0f - light, depth_sum[p.pixel] = depth, median_depth[p.pixel] = median;
}

// Front to back to find the light at the end, then back to front. BlendGradients start at 0.
extern "C" __global__ void blend_splats_adjoint(Blending b, BlendGradients g) {
  __shared__ Batch batch;
  __shared__ int last_pair;  // of the block, counted from the tile's first
  const Place p = place_of(b);
  const End end = find_end(b, p, batch);
  if (threadIdx.x == 0) last_pair = -1;
  __syncthreads();
  if (end.pair >= 0) atomicMax(&last_pair, static_cast<int>(end.pair - p.first));
  __syncthreads();
  const float plain = p.inside ? plain_gradient(b, p, g) : 0.0f;
  float light = end.light, behind = 0.0f;
  for (int c = 0; c < b.channels; ++c)
    add_over_warp(g.background + p.camera * b.channels + c,
                  p.inside ? light * g.color[p.pixel * b.channels + c] : 0.0f);
  const int pairs = last_pair + 1;
  for (int start = (pairs - 1) / TILE_THREADS * TILE_THREADS; pairs > 0 && start >= 0;
       start -= TILE_THREADS) {
    __syncthreads();
    const int count = load_batch(b, p, p.first + start, p.first + pairs, batch);
    for (int i = count - 1; i >= 0; --i) {
      const ScreenSplat& s = batch.splats[i];
      const bool reached = p.first + start + i <= end.pair;
      const float alpha = reached ? splat_alpha(s, p.x - s.x, p.y - s.y) : 0.0f;
      if (__ballot_sync(WHOLE_WARP, alpha > 0.0f) == 0) continue;
      ScreenSplat own = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
      float weight = 0.0f;
      if (alpha > 0.0f) {
        light /= 1.0f - alpha;
        weight = alpha * light;
        own = pixel_adjoint(b, p, g, s, batch.ids[i], alpha, light, plain, behind);
      }
      add_gradients(b, p, g, batch.ids[i], weight, own);
    }
  }
}

// Residuals of colours first_color ... first_color + SLOPE_ROUND - 1; those of depth and alpha, and all
// costs, if first_color is 0. sums_of (cameras, NORMAL_TERMS) start at 0.
extern "C" __global__ void splat_normal(Blending b, Comparison k, double* sums_of, int first_color) {
  __shared__ Batch batch;
  const Place p = place_of(b);
  float alpha_row[TWIST] = {0.0f}, depth_row[TWIST] = {0.0f}, color_rows[SLOPE_ROUND][TWIST] = {{0.0f}};
  walk_front_to_back(b, p, batch,
                     [&](long long, const ScreenSplat& s, int id, float dx, float dy, float a, float before) {
                       const SplatSlopes& slopes = k.slopes[p.camera * b.count + id];
                       const float* const own = colors_of(b, p, id) + first_color;
                       for (int i = 0; i < TWIST; ++i) {
                         // What comes through to this splat is 1 - the weights before it.
                         const float moved = alpha_slope(slopes, i, dx, dy, a) * before - a * alpha_row[i];
                         alpha_row[i] += moved;
                         depth_row[i] += s.depth * moved + a * before * slopes.depth[i];
                         for (int c = 0; c < SLOPE_ROUND; ++c)
                           if (first_color + c < b.channels) color_rows[c][i] += own[c] * moved;
                       }
                       if (k.color_slopes == nullptr) return;
                       const float* const turning =
                           k.color_slopes + 3 * ((p.camera * b.count + id) * b.channels + first_color);
                       for (int c = 0; c < SLOPE_ROUND; ++c)
                         for (int i = 0; i < 3; ++i)
                           if (first_color + c < b.channels)
                             color_rows[c][i] += a * before * turning[3 * c + i];
                     });
  const float weight = !p.inside ? 0.0f : k.weights == nullptr ? 1.0f : k.weights[p.pixel];
  float sums[NORMAL_TERMS] = {0.0f}, share = 0.0f, squared = 0.0f;
  if (weight > 0.0f) {
    const float *const color = k.color + p.pixel * b.channels, *const target =
                                                                   k.target + p.pixel * b.channels;
    for (int c = 0; c < b.channels; ++c) squared += (color[c] - target[c]) * (color[c] - target[c]);
    const float color_cost = robust_cost(make_loss(k.losses), squared, share);
    for (int c = 0; c < SLOPE_ROUND && first_color + c < b.channels; ++c) {
      const int channel = first_color + c;
      for (int i = 0; i < TWIST; ++i)
        color_rows[c][i] -= b.background[p.camera * b.channels + channel] * alpha_row[i];
      add_row(color_rows[c], color[channel] - target[channel], weight * share, sums);
    }
    const float alpha = k.alpha[p.pixel];
    if (first_color == 0) sums[NORMAL_TERMS - 1] += weight * color_cost;
    if (first_color == 0 && k.target_depth != nullptr && k.target_depth[p.pixel] > 0.0f) {
      const float wanted = k.target_depth[p.pixel], difference = k.depth_sum[p.pixel] - alpha * wanted;
      sums[NORMAL_TERMS - 1] += weight * robust_cost(make_loss(k.losses + 3), difference * difference, share);
      for (int i = 0; i < TWIST; ++i) depth_row[i] -= wanted * alpha_row[i];
      add_row(depth_row, difference, weight * share, sums);
    }
    if (first_color == 0 && k.target_alpha != nullptr) {
      const float difference = alpha - k.target_alpha[p.pixel];
      sums[NORMAL_TERMS - 1] += weight * robust_cost(make_loss(k.losses + 6), difference * difference, share);
      add_row(alpha_row, difference, weight * share, sums);
    }
  }
  for (int i = 0; i < NORMAL_TERMS; ++i)
    add_over_warp(sums_of + p.camera * NORMAL_TERMS + i, static_cast<double>(sums[i]));
}
