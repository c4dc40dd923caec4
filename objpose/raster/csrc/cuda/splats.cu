// Splats on CUDA devices: projecting, one thread a splat. Arrays as in cpu/splats.cpp.
#include "cuda/splat_cameras.h"
#include "shared/splat_project_adjoint.h"

using namespace objpose;

namespace {

__device__ ScreenSplat load_screen(const float* screen) {
  return {screen[0], screen[1], screen[2], screen[3], screen[4], screen[5], screen[6]};
}

__device__ void store_screen(float* out, const ScreenSplat& s) {
  out[0] = s.x, out[1] = s.y, out[2] = s.a, out[3] = s.b, out[4] = s.c, out[5] = s.opacity, out[6] = s.depth;
}

}  // namespace

// One thread a (camera, splat).
extern "C" __global__ void project_splats(SplatScene scene, float* screen, float* extent) {
  const long long item = thread_index(), count = scene.splats.count;
  if (item >= scene.cameras * count) return;
  const SplatCamera camera = scene.camera(item / count);
  const Splat splat = load_splat(scene.splats, item % count);
  const Vec3f point = to_splat_camera(camera, splat.mean);
  ScreenSplat s;
  bool is_seen = point.z > camera.near_depth;
  if (is_seen) {
    const SplatGeometry g = splat_geometry(camera, splat, point);
    s = screen_splat(camera, splat, g, scene.antialias != 0);
    is_seen = splat_extent(camera, g, s, extent + 2 * item);
  }
  if (!is_seen) {
    s = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
    extent[2 * item] = extent[2 * item + 1] = 0.0f;
  }
  store_screen(screen + SCREEN_FIELDS * item, s);
}

// One thread a splat. camera_shares: (cameras, 3, 4, warps).
extern "C" __global__ void project_splats_adjoint(SplatScene scene, const float* extent,
                                                  const float* grad_screen, float* grad_means,
                                                  float* grad_wxyz, float* grad_scales, float* grad_opacities,
                                                  double* camera_shares) {
  const long long i = thread_index(), count = scene.splats.count;
  SplatGradient sum = {{0.0f, 0.0f, 0.0f}, {0.0f, 0.0f, 0.0f}, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
  for (long long n = 0; n < scene.cameras; ++n) {
    CameraGradient camera_gradient = NO_GRADIENT;
    const long long item = n * count + i;
    if (i < count && extent[2 * item] > 0.0f) {
      const SplatCamera camera = scene.camera(n);
      const Splat splat = load_splat(scene.splats, i);
      const SplatGeometry g = splat_geometry(camera, splat, to_splat_camera(camera, splat.mean));
      const bool antialias = scene.antialias != 0;
      const SplatGradient out =
          project_adjoint(camera, splat, g, screen_splat(camera, splat, g, antialias),
                          load_screen(grad_screen + SCREEN_FIELDS * item), antialias, camera_gradient);
      sum.mean = sum.mean + out.mean, sum.scales = sum.scales + out.scales;
      sum.w += out.w, sum.x += out.x, sum.y += out.y, sum.z += out.z;
      sum.opacity += out.opacity;
    }
    store_camera(camera_gradient, n, camera_shares);
  }
  if (i >= count) return;
  store3(grad_means + 3 * i, sum.mean), store3(grad_scales + 3 * i, sum.scales);
  float* const wxyz = grad_wxyz + 4 * i;
  wxyz[0] = sum.w, wxyz[1] = sum.x, wxyz[2] = sum.y, wxyz[3] = sum.z;
  grad_opacities[i] = sum.opacity;
}

// One thread a (camera, splat): slopes of the splats that are seen.
extern "C" __global__ void splat_slopes_of(SplatScene scene, const float* extent, SplatSlopes* slopes) {
  const long long item = thread_index(), count = scene.splats.count;
  if (item >= scene.cameras * count || !(extent[2 * item] > 0.0f)) return;
  const SplatCamera camera = scene.camera(item / count);
  const Splat splat = load_splat(scene.splats, item % count);
  const SplatGeometry g = splat_geometry(camera, splat, to_splat_camera(camera, splat.mean));
  const bool antialias = scene.antialias != 0;
  splat_slopes(camera, g, screen_splat(camera, splat, g, antialias), antialias, slopes[item]);
}
