// Splats on CUDA devices: shading by 1, 4, 9 or 16 harmonics, which are kept in registers: a kernel for each.
#include "cuda/splat_cameras.h"
#include "shared/splat_harmonics.h"

using namespace objpose;

namespace {

// One thread a (camera, splat). slopes: null where nobody asks for them.
template <int COUNT>
__device__ void shade(const SplatScene& scene, const float* sh, float* colors, float* slopes) {
  const long long item = thread_index(), count = scene.splats.count;
  if (item >= scene.cameras * count) return;
  const double* const cam_from_world = scene.cam_from_world + 12 * (item / count);
  const float* const own = sh + 3 * COUNT * (item % count);
  const Shading shading = shade_splat(load3(scene.splats.means + 3 * (item % count)),
                                      centre_of(cam_from_world), own, COUNT, colors + 3 * item);
  if (slopes != nullptr) shade_slopes(shading, own, COUNT, rotation_part(cam_from_world), slopes + 9 * item);
}

// One thread a splat. camera_shares: (cameras, 3, 4, warps).
template <int COUNT>
__device__ void shade_back(const SplatScene& scene, const float* sh, const float* grad_colors,
                           float* grad_means, float* grad_sh, double* camera_shares) {
  const long long i = thread_index(), count = scene.splats.count;
  const float* const own = sh + 3 * COUNT * i;
  float sums[3 * COUNT] = {0.0f};
  Vec3f sum = {0.0f, 0.0f, 0.0f};
  for (long long n = 0; n < scene.cameras; ++n) {
    CameraGradient camera_gradient = NO_GRADIENT;
    if (i < count) {
      const double* const m = scene.cam_from_world + 12 * n;
      float color[3];
      const Shading shading = shade_splat(load3(scene.splats.means + 3 * i), centre_of(m), own, COUNT, color);
      const Vec3f by_offset = shade_adjoint(shading, own, COUNT, grad_colors + 3 * (n * count + i), sums);
      sum = sum + by_offset;
      // The offset is mean + rotation^T translation.
      const Vec3f t = {static_cast<float>(m[3]), static_cast<float>(m[7]), static_cast<float>(m[11])};
      camera_gradient = {outer(t, by_offset), mul(rotation_part(m), by_offset)};
    }
    store_camera(camera_gradient, n, camera_shares);
  }
  if (i >= count) return;
  store3(grad_means + 3 * i, sum);
  for (int k = 0; k < 3 * COUNT; ++k) grad_sh[3 * COUNT * i + k] = sums[k];
}

}  // namespace

#define INSTANCE(count)                                                                                \
  extern "C" __global__ void shade_splats_##count(SplatScene scene, const float* sh, float* colors,    \
                                                  float* slopes) {                                     \
    shade<count>(scene, sh, colors, slopes);                                                           \
  }                                                                                                    \
  extern "C" __global__ void shade_splats_adjoint_##count(SplatScene scene, const float* sh,           \
                                                          const float* grad_colors, float* grad_means, \
                                                          float* grad_sh, double* camera_shares) {     \
    shade_back<count>(scene, sh, grad_colors, grad_means, grad_sh, camera_shares);                     \
  }
OBJPOSE_FOR_HARMONICS(INSTANCE)
#undef INSTANCE
