// A block's tile, its splats in shared memory, and what a pixel's thread sees of them.
#pragma once

#include "cuda/structures.h"
#include "cuda/threads.h"
#include "shared/splat_ellipse.h"

namespace objpose {

// The pixels of a warp: a square is touched by fewer splats than two rows of the tile would be.
constexpr int WARP_COLUMNS = 8, WARP_ROWS = 4;
constexpr int TILE_WARPS = TILE_THREADS / WARP;

// A thread's place: its block's tile, and its pixel there.
struct Place {
  long long tile;  // of all cameras
  long long camera;
  int first, last;  // pairs first ... last - 1
  int warp;         // of the tile
  float left, top;  // of the tile
  long long pixel;  // in a stack of images
  float x, y;
  bool inside;
};

__device__ inline Place place_of(const Blending& b) {
  Place p;
  p.tile = blockIdx.x, p.warp = static_cast<int>(threadIdx.x) / WARP;
  const long long tiles = static_cast<long long>(b.columns()) * b.rows();
  p.camera = p.tile / tiles;
  p.first = p.tile == 0 ? 0 : b.tile_ends[p.tile - 1], p.last = b.tile_ends[p.tile];
  const int tile = static_cast<int>(p.tile % tiles), lane = lane_index();
  const int left = tile % b.columns() * CUDA_TILE, top = tile / b.columns() * CUDA_TILE;
  const int x = left + p.warp % (CUDA_TILE / WARP_COLUMNS) * WARP_COLUMNS + lane % WARP_COLUMNS;
  const int y = top + p.warp / (CUDA_TILE / WARP_COLUMNS) * WARP_ROWS + lane / WARP_COLUMNS;
  p.left = static_cast<float>(left), p.top = static_cast<float>(top);
  p.inside = x < b.width && y < b.height;
  p.pixel = p.inside ? (p.camera * b.height + y) * b.width + x : 0;
  p.x = static_cast<float>(x), p.y = static_cast<float>(y);
  return p;
}

// Alpha at (dx, dy) from the centre; 0 where the splat is left out.
__device__ inline float splat_alpha(const PackedSplat& s, float dx, float dy) {
  const float power = s.xx * dx * dx + (s.xy * dx + s.yy * dy) * dy;
  const float full = s.opacity * exp2(power < 0.0f ? power : 0.0f);
  const float alpha = full < MAX_ALPHA ? full : MAX_ALPHA;
  return alpha < MIN_ALPHA ? 0.0f : alpha;
}

__device__ inline bool is_median(float before, float alpha) {
  return before >= 0.5f && before - before * alpha < 0.5f;
}

// One bit for each warp of the tile whose pixels a splat may touch.
__device__ inline unsigned touched_warps(const PackedSplat& s, float left, float top) {
  // The ratio of the half sizes is that of the standard deviations.
  const float half_height = s.half_width * sqrt(s.xx / s.yy);
  const EllipseBand band({s.x - left, s.y - top, s.xx, s.xy, s.yy, s.half_width, half_height});
  unsigned touched = 0;
  for (int warp = 0; warp < CUDA_TILE / WARP_COLUMNS; ++warp) {
    const float first = static_cast<float>(warp * WARP_COLUMNS), last = first + (WARP_COLUMNS - 1);
    if (s.x - left + s.half_width < first || s.x - left - s.half_width > last) continue;
    float low, high;
    band.rows(first, last, low, high);
    for (int row = 0; row < CUDA_TILE; row += WARP_ROWS)
      if (low <= static_cast<float>(row + WARP_ROWS - 1) && high >= static_cast<float>(row))
        touched |= 1u << (row / WARP_ROWS * (CUDA_TILE / WARP_COLUMNS) + warp);
  }
  return touched;
}

// A round of a tile's splats in shared memory, with COLORS of their colours.
template <int COLORS>
struct Batch {
  struct alignas(COLORS % 4 == 0 ? 16 : 4) Row {
    float values[COLORS];
  };
  PackedSplat splats[TILE_THREADS];
  Row colors[TILE_THREADS];
  unsigned char touched[TILE_THREADS];
};

// Pairs start ... start + TILE_THREADS - 1, as far as there are such before `end`, and their colours from
// first_color on, 0 behind the last channel.
template <int COLORS>
__device__ int load_batch(const Blending& b, const Place& p, int first_color, int start, int end,
                          Batch<COLORS>& batch) {
  const int count = end - start < TILE_THREADS ? end - start : TILE_THREADS;
  const int i = static_cast<int>(threadIdx.x);
  if (i < count) {
    const long long item = b.pair_items[start + i], id = item - p.camera * b.count;
    batch.splats[i] = b.splats[item];
    const float* const own = b.colors + b.color_step * p.camera + b.channels * id + first_color;
    for (int c = 0; c < COLORS; ++c) batch.colors[i].values[c] = first_color + c < b.channels ? own[c] : 0.0f;
    batch.touched[i] = static_cast<unsigned char>(touched_warps(batch.splats[i], p.left, p.top));
  }
  __syncthreads();
  return count;
}

// One bit for each of the batch's pairs first ... first + WARP - 1 that this warp's pixels may show, and that
// comes before `end`.
template <int COLORS>
__device__ unsigned touching(const Batch<COLORS>& batch, const Place& p, int first, int end) {
  const int i = first + lane_index();
  return __ballot_sync(WHOLE_WARP, i < end && (batch.touched[i] >> p.warp & 1) != 0);
}

struct Walked {
  int last;
  float light;
};

// Calls visit(pair, its place in the batch, dx, dy, alpha, light before it) front to back for what this
// thread's pixel shows.
template <int COLORS, typename Visit>
__device__ Walked walk_front_to_back(const Blending& b, const Place& p, int first_color, Batch<COLORS>& batch,
                                     const Visit& visit) {
  Walked walked = {0, 1.0f};
  bool done = !p.inside;
  for (int start = p.first; start < p.last; start += TILE_THREADS) {
    if (!__syncthreads_or(!done)) break;
    const int count = load_batch(b, p, first_color, start, p.last, batch);
    for (int first = 0; first < count; first += WARP) {
      for (unsigned left = touching(batch, p, first, count); left != 0 && !done; left &= left - 1) {
        const int i = first + __ffs(left) - 1;
        const PackedSplat& s = batch.splats[i];
        const float dx = p.x - s.x, dy = p.y - s.y, alpha = splat_alpha(s, dx, dy);
        if (alpha == 0.0f) continue;
        const float after = walked.light - walked.light * alpha;
        done = after < MIN_TRANSMITTANCE;
        if (done) break;
        visit(start + i, i, dx, dy, alpha, walked.light);
        walked = {start + i + 1 - p.first, after};
      }
    }
  }
  return walked;
}

}  // namespace objpose
