// What the kernels take by value and what they write, laid out as in cuda/structures.py. No code of the
// device is in here: the CPU core includes it too and says how large all of it is (cpu/numbers.cpp).
#pragma once

#include "shared/projection.h"
#include "shared/splat_camera.h"
#include "shared/splat_robust.h"
#include "shared/splat_slopes.h"
#include "shared/texture.h"

namespace objpose {

constexpr int CUDA_TILE = 16;  // pixels along a tile's side
constexpr int TILE_THREADS = CUDA_TILE * CUDA_TILE;

// Colours that a thread holds in registers, of which there are kernels; more of them take more rounds.
#define OBJPOSE_FOR_COLORS(instance) instance(1) instance(3) instance(4) instance(8) instance(16)
constexpr int SLOPE_ROUND = 3;
#define OBJPOSE_FOR_HARMONICS(instance) instance(1) instance(4) instance(9) instance(16)

// Keys that torch sorts, of no more bytes than their number needs: its sorts look at every bit.
struct SortKeys {
  void* values;
  int bytes;  // of a key: 2 or 4
  int first;  // what key 0 is written as: shorts count from the least

  OBJPOSE_HD void store(long long i, int key) const {
    if (bytes == 2)
      static_cast<short*>(values)[i] = static_cast<short>(first + key);
    else
      static_cast<int*>(values)[i] = first + key;
  }
};

// A mesh under all its poses.
struct MeshScene {
  const float* vertices;  // (vertex_count, 3)
  long long vertex_count;
  const int* faces;  // (face_count, 3)
  long long face_count;
  const double* cam_from_obj;  // (poses, 3, 4)
  const double* K;             // (poses, 3, 3)
  int width, height;
  double near_depth;
};

// Splats before all their cameras.
struct SplatScene {
  SplatArrays splats;
  const double *cam_from_world, *K;
  long long cameras;
  double near_depth;
  int width, height, antialias;

  OBJPOSE_HD SplatCamera camera(long long i) const {
    return make_splat_camera(cam_from_world + 12 * i, K + 9 * i, width, height, near_depth);
  }
};

// A splat as the tiles want it, in two loads of 16 bytes: alpha is opacity times 2 to the power of
// xx dx^2 + xy dx dy + yy dy^2.
struct alignas(16) PackedSplat {
  float x, y, xx, xy;
  float yy, opacity, depth, half_width;
};

// The splats of tiles: pairs of a tile and a splat, sorted by camera, tile and depth.
struct Blending {
  const PackedSplat* splats;         // (cameras * count)
  const float *colors, *background;  // (cameras or 1, count, channels); (cameras, channels)
  long long count, color_step;
  const int* tile_ends;   // (cameras * tiles,): the pair behind the last of each
  const int* pair_items;  // (pairs,): camera * count + splat
  long long cameras;
  int channels, width, height;

  OBJPOSE_HD int columns() const { return (width + CUDA_TILE - 1) / CUDA_TILE; }
  OBJPOSE_HD int rows() const { return (height + CUDA_TILE - 1) / CUDA_TILE; }
};

// What blending writes; of its walk, what the adjoint starts from.
struct Blended {
  float *color, *alpha, *depth_sum, *median_depth;
  int* last;     // of the tile's pairs, those to the last one that the pixel shows
  float* light;  // behind it
};

struct BlendGradients {
  const float *color, *alpha, *depth_sum, *median_depth;  // of the images
  const int* last;
  const float* light;
  const int* pair_slots;  // (pairs,): where a pair's gradients go, which stand splat by splat
  float* parts;           // (pairs, SPLAT_SUMS + colours of a kernel)
  double* background;     // (cameras, channels, warps of all tiles): the share of each warp
};

// What the images are compared with, and what was rendered.
struct Comparison {
  const float *color, *alpha, *depth_sum;
  const float *target, *target_depth, *target_alpha, *weights;
  const SplatSlopes* slopes;  // (cameras, count)
  const float* color_slopes;  // (cameras, count, channels, 3) or null
  double losses[9];           // kind, scale and weight of colour, depth and alpha
};

}  // namespace objpose
