// A block's tile, its splats in shared memory, and what a pixel's thread sees of them.
#pragma once

#include "cuda/structures.h"
#include "cuda/threads.h"
#include "shared/splat_pixel.h"

namespace objpose {

// A thread's place: its block's tile, and its pixel there.
struct Place {
  long long camera, first, last;  // pairs first ... last - 1
  long long pixel;                // in a stack of images
  float x, y;
  bool inside;
};

__device__ inline Place place_of(const Blending& b) {
  Place p;
  const long long item = blockIdx.x, tiles = static_cast<long long>(b.columns()) * b.rows();
  p.camera = item / tiles;
  const int tile = static_cast<int>(item % tiles);
  const int x = tile % b.columns() * CUDA_TILE + threadIdx.x % CUDA_TILE;
  const int y = tile / b.columns() * CUDA_TILE + threadIdx.x / CUDA_TILE;
  p.first = b.ranges[2 * item], p.last = b.ranges[2 * item + 1];
  p.inside = x < b.width && y < b.height;
  p.pixel = p.inside ? (p.camera * b.height + y) * b.width + x : 0;
  p.x = static_cast<float>(x), p.y = static_cast<float>(y);
  return p;
}

// A round of a tile's splats, in shared memory.
struct Batch {
  ScreenSplat splats[TILE_THREADS];
  int ids[TILE_THREADS];
};

// Pairs start ... start + TILE_THREADS - 1, as far as there are such.
__device__ inline int load_batch(const Blending& b, const Place& p, long long start, long long end,
                                 Batch& batch) {
  const int count = static_cast<int>(end - start < TILE_THREADS ? end - start : TILE_THREADS);
  if (static_cast<int>(threadIdx.x) < count) {
    const int id = b.pair_splats[start + threadIdx.x];
    batch.ids[threadIdx.x] = id;
    batch.splats[threadIdx.x] = load_screen_splat(b.screen + SCREEN_FIELDS * (p.camera * b.count + id));
  }
  __syncthreads();
  return count;
}

// Calls visit(pair, splat, id, dx, dy, alpha, light before it) front to back for what this thread's pixel
// shows; returns the light that is left.
template <typename Visit>
__device__ float walk_front_to_back(const Blending& b, const Place& p, Batch& batch, const Visit& visit) {
  float light = 1.0f;
  bool done = !p.inside;
  for (long long start = p.first; start < p.last; start += TILE_THREADS) {
    if (!__syncthreads_or(!done)) break;
    const int count = load_batch(b, p, start, p.last, batch);
    for (int i = 0; i < count && !done; ++i) {
      const ScreenSplat& s = batch.splats[i];
      const float dx = p.x - s.x, dy = p.y - s.y, alpha = splat_alpha(s, dx, dy);
      if (alpha == 0.0f) continue;
      const float after = light - light * alpha;
      done = after < MIN_TRANSMITTANCE;
      if (done) break;
      visit(start + i, s, batch.ids[i], dx, dy, alpha, light);
      light = after;
    }
  }
  return light;
}

}  // namespace objpose
