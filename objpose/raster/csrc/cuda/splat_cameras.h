// What the threads of splats say about their cameras.
#pragma once

#include "cuda/structures.h"
#include "cuda/threads.h"
#include "shared/splat_project_adjoint.h"

namespace objpose {

constexpr int CAMERA_TERMS = 12;

// A warp's share in the gradient of camera n, to shares (cameras, 3, 4, warps).
__device__ inline void store_camera(const CameraGradient& g, long long n, double* shares) {
  double values[padded(CAMERA_TERMS)] = {g.rotation.x.x, g.rotation.x.y, g.rotation.x.z, g.translation.x,
                                         g.rotation.y.x, g.rotation.y.y, g.rotation.y.z, g.translation.y,
                                         g.rotation.z.x, g.rotation.z.y, g.rotation.z.z, g.translation.z};
  const long long warps = static_cast<long long>(gridDim.x) * (blockDim.x / WARP);
  store_share(values, CAMERA_TERMS, shares + n * CAMERA_TERMS * warps + thread_index() / WARP, warps);
}

constexpr CameraGradient NO_GRADIENT = {{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}, {0, 0, 0}};

}  // namespace objpose
