// Splats on CUDA devices: gradients of blending. Each tile writes what it says about each of its splats to a
// place of its own, and a second kernel sums these up splat by splat, always in the same order.
#include "cuda/splat_tiles.h"
#include "shared/splat_sums.h"

using namespace objpose;

namespace {

template <int COLORS>
constexpr int TERMS = SPLAT_SUMS + COLORS;  // of a pair

// Gradients of the loss by what a pixel takes of the colours, of anything, of the depth and the median depth.
template <int COLORS>
struct PixelGradient {
  float color[COLORS];
  float plain = 0.0f, depth = 0.0f, median = 0.0f;
};

// Pixels outside the image get gradients of 0; all but those by colours count where first_color is 0.
template <int COLORS>
__device__ PixelGradient<COLORS> pixel_gradient(const Blending& b, const Place& p, const BlendGradients& g,
                                                int first_color) {
  PixelGradient<COLORS> own;
  for (int c = 0; c < COLORS; ++c) {
    const int channel = first_color + c;
    own.color[c] = p.inside && channel < b.channels ? g.color[p.pixel * b.channels + channel] : 0.0f;
    if (channel < b.channels) own.plain -= own.color[c] * b.background[p.camera * b.channels + channel];
  }
  if (!p.inside || first_color > 0) return own;
  own.plain += g.alpha[p.pixel], own.depth = g.depth_sum[p.pixel], own.median = g.median_depth[p.pixel];
  return own;
}

// What a pixel says about a splat that it shows; light and what lies behind are brought up to date.
template <int COLORS>
__device__ void add_pair(const PackedSplat& s, const float* color, const PixelGradient<COLORS>& own, float dx,
                         float dy, float alpha, float& light, float& behind, float* sums) {
  const float through = 1.0f / (1.0f - alpha);
  light *= through;
  const float weight = alpha * light;
  float value = own.plain + s.depth * own.depth;
  for (int c = 0; c < COLORS; ++c) {
    value += color[c] * own.color[c];
    sums[SPLAT_SUMS + c] = weight * own.color[c];
  }
  const float by_alpha = light * value - behind * through;
  behind += weight * value;
  const float g = alpha < MAX_ALPHA ? by_alpha * alpha : 0.0f;
  sums[SUM_G] = g, sums[SUM_X] = g * dx, sums[SUM_Y] = g * dy;
  sums[SUM_XX] = g * dx * dx, sums[SUM_XY] = g * dx * dy, sums[SUM_YY] = g * dy * dy;
  sums[SUM_DEPTH] = weight * own.depth + (is_median(light, alpha) ? own.median : 0.0f);
}

// What the tile's warps found of the batch's pairs first ... first + WARP - 1, in the order of the warps.
template <int COLORS>
struct Found {
  float sums[TILE_WARPS][WARP][TERMS<COLORS>];
  int last[TILE_WARPS];  // the pairs that each warp shows come before

  // To parts; every thread of the block must come here. start: the pair at which the batch starts.
  __device__ void store(const Batch<COLORS>& batch, int start, int first, int count, const int* slots,
                        float* parts) const {
    __syncthreads();
    const int pairs = count - first < WARP ? count - first : WARP;
    for (int k = static_cast<int>(threadIdx.x); k < pairs * TERMS<COLORS>; k += TILE_THREADS) {
      const int bit = k / TERMS<COLORS>, term = k % TERMS<COLORS>, i = first + bit;
      float sum = 0.0f;
      for (int warp = 0; warp < TILE_WARPS; ++warp)
        if ((batch.touched[i] >> warp & 1) != 0 && start + i < last[warp]) sum += sums[warp][bit][term];
      parts[static_cast<long long>(slots[start + i]) * TERMS<COLORS> + term] = sum;
    }
    __syncthreads();
  }
};

// Back to front. g.parts start at 0: what no pixel shows is not written.
template <int COLORS>
__device__ void blend_adjoint(const Blending& b, int first_color, const BlendGradients& g) {
  __shared__ Batch<COLORS> batch;
  __shared__ Found<COLORS> found;
  const Place p = place_of(b);
  const PixelGradient<COLORS> own = pixel_gradient<COLORS>(b, p, g, first_color);
  float light = p.inside ? g.light[p.pixel] : 1.0f, behind = 0.0f;
  const int last = p.inside ? g.last[p.pixel] : 0, warp_last = warp_largest(last);
  double background[padded(COLORS)] = {0.0};
  for (int c = 0; c < COLORS; ++c) background[c] = light * own.color[c];
  const long long shares = static_cast<long long>(b.columns()) * b.rows() * TILE_WARPS;
  const long long tile = p.tile % (shares / TILE_WARPS);
  store_share(background, b.channels - first_color,
              g.background + (p.camera * b.channels + first_color) * shares + tile * TILE_WARPS + p.warp,
              shares);
  if (lane_index() == 0) found.last[p.warp] = warp_last;
  __syncthreads();
  int end = 0;
  for (int warp = 0; warp < TILE_WARPS; ++warp) end = found.last[warp] > end ? found.last[warp] : end;
  const int* const slots = g.pair_slots + p.first;
  for (int start = (end - 1) / TILE_THREADS * TILE_THREADS; end > 0 && start >= 0; start -= TILE_THREADS) {
    const int count = load_batch(b, p, first_color, p.first + start, p.first + end, batch);
    for (int first = (count - 1) / WARP * WARP; first >= 0; first -= WARP) {
      unsigned left = touching(batch, p, first, warp_last - start < count ? warp_last - start : count);
      while (left != 0) {
        const int bit = WARP - 1 - __clz(left), i = first + bit;
        left ^= 1u << bit;
        const PackedSplat& s = batch.splats[i];
        const float dx = p.x - s.x, dy = p.y - s.y;
        const float alpha = start + i < last ? splat_alpha(s, dx, dy) : 0.0f;
        float sums[padded(TERMS<COLORS>)] = {0.0f};
        if (alpha > 0.0f) add_pair(s, batch.colors[i].values, own, dx, dy, alpha, light, behind, sums);
        store_share(sums, TERMS<COLORS>, found.sums[p.warp][bit], 1);
      }
      found.store(batch, start, first, count, slots, g.parts);
    }
  }
}

// Splats of more pairs are summed by the threads of a warp together.
constexpr int PAIRS_PER_THREAD = 32;

// One thread a rank of the splats in depth; all gradients are written, those by the screen in the first
// round, and added to in the next ones.
template <int COLORS>
__device__ void gather(const Blending& b, int first_color, const float* screen, const int* rank_items,
                       const int* rank_ends, const float* parts, float* grad_screen, float* grad_colors) {
  const long long rank = thread_index(), ranks = b.cameras * b.count;
  const bool exists = rank < ranks;
  const int begin = exists && rank > 0 ? rank_ends[rank - 1] : 0, end = exists ? rank_ends[rank] : 0;
  float sums[SPLAT_SUMS + COLORS] = {0.0f};
  const bool is_large = end - begin > PAIRS_PER_THREAD;
  for (int pair = begin; pair < end && !is_large; ++pair)
    for (int k = 0; k < TERMS<COLORS>; ++k)
      sums[k] += parts[static_cast<long long>(pair) * TERMS<COLORS> + k];
  for (unsigned left = __ballot_sync(WHOLE_WARP, is_large); left != 0; left &= left - 1) {
    const int lane = lane_index(), owner = __ffs(left) - 1;
    const long long other = rank - lane + owner;
    float own[TERMS<COLORS>] = {0.0f};
    for (int pair = (other > 0 ? rank_ends[other - 1] : 0) + lane; pair < rank_ends[other]; pair += WARP)
      for (int k = 0; k < TERMS<COLORS>; ++k)
        own[k] += parts[static_cast<long long>(pair) * TERMS<COLORS> + k];
    for (int k = 0; k < TERMS<COLORS>; ++k) {
      const float total = warp_sum(own[k]);
      if (lane == owner) sums[k] = total;
    }
  }
  if (!exists) return;
  const long long item = rank_items[rank];
  const float* const s = screen + SCREEN_FIELDS * item;
  float gradient[SCREEN_FIELDS] = {0.0f};
  if (end > begin) screen_gradient(s[2], s[3], s[4], s[5], sums, gradient);
  for (int k = 0; k < SCREEN_FIELDS; ++k) {
    float* const out = grad_screen + SCREEN_FIELDS * item + k;
    *out = first_color > 0 ? *out + gradient[k] : gradient[k];
  }
  for (int c = 0; c < COLORS; ++c)
    if (first_color + c < b.channels) grad_colors[item * b.channels + first_color + c] = sums[SPLAT_SUMS + c];
}

}  // namespace

#define INSTANCE(colors)                                                                             \
  extern "C" __global__ void __launch_bounds__(TILE_THREADS, 2)                                      \
      blend_splats_adjoint_##colors(Blending b, int first_color, BlendGradients g) {                 \
    blend_adjoint<colors>(b, first_color, g);                                                        \
  }                                                                                                  \
  extern "C" __global__ void gather_gradients_##colors(                                              \
      Blending b, int first_color, const float* screen, const int* rank_items, const int* rank_ends, \
      const float* parts, float* grad_screen, float* grad_colors) {                                  \
    gather<colors>(b, first_color, screen, rank_items, rank_ends, parts, grad_screen, grad_colors);  \
  }
OBJPOSE_FOR_COLORS(INSTANCE)
#undef INSTANCE
