// What the kernels take by value and what they write, laid out as in cuda/structures.py. No code of the device
// is in here: the CPU core includes it too and says how large all of it is (cpu/numbers.cpp).
#pragma once

#include "shared/projection.h"
#include "shared/splat_camera.h"
#include "shared/splat_robust.h"
#include "shared/splat_slopes.h"
#include "shared/texture.h"

namespace objpose {

constexpr int CUDA_TILE = 16;  // pixels along a tile's side
constexpr int TILE_THREADS = CUDA_TILE * CUDA_TILE;

// Colours that a thread holds in registers; more of them take more rounds.
constexpr int COLOR_ROUND = 4;
constexpr int SLOPE_ROUND = 3;

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

// The splats of tiles: pairs of a tile and a splat, sorted by camera, tile and depth.
struct Blending {
  const float *screen, *colors, *background;  // (cameras, count, ...); (cameras, channels)
  long long count, color_step;
  const int* pair_splats;   // (pairs,)
  const long long* ranges;  // (cameras * tiles, 2): first pair, and the one behind the last
  long long cameras;
  int channels, width, height;

  OBJPOSE_HD int columns() const { return (width + CUDA_TILE - 1) / CUDA_TILE; }
  OBJPOSE_HD int rows() const { return (height + CUDA_TILE - 1) / CUDA_TILE; }
};

struct BlendGradients {
  const float *color, *alpha, *depth_sum, *median_depth;  // of the images
  float *screen, *colors, *background;                    // to be added to
};

// What the images are compared with, and what was rendered.
struct Comparison {
  const float *color, *alpha, *depth_sum;
  const float *target, *target_depth, *target_alpha, *weights;
  const SplatSlopes* slopes;  // (cameras, count)
  const float* color_slopes;  // (cameras, count, channels, 3) or null
  const double* losses;       // kind, scale and weight of colour, depth and alpha
};

}  // namespace objpose
