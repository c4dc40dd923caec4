// Splats on CUDA devices: projecting and shading, one thread a splat. Arrays as in cpu/splats.cpp.
#include "cuda/structures.h"
#include "cuda/threads.h"
#include "shared/splat_harmonics.h"
#include "shared/splat_project_adjoint.h"

using namespace objpose;

namespace {

__device__ ScreenSplat load_screen(const float* screen) {
  return {screen[0], screen[1], screen[2], screen[3], screen[4], screen[5], screen[6]};
}

__device__ void store_screen(float* out, const ScreenSplat& s) {
  out[0] = s.x, out[1] = s.y, out[2] = s.a, out[3] = s.b, out[4] = s.c, out[5] = s.opacity, out[6] = s.depth;
}

constexpr int CAMERA_TERMS = 12;

// A warp's share in the gradient of camera n, to shares (cameras, 3, 4, warps).
__device__ void store_camera(const CameraGradient& g, long long n, double* shares) {
  double values[padded(CAMERA_TERMS)] = {g.rotation.x.x, g.rotation.x.y, g.rotation.x.z, g.translation.x,
                                         g.rotation.y.x, g.rotation.y.y, g.rotation.y.z, g.translation.y,
                                         g.rotation.z.x, g.rotation.z.y, g.rotation.z.z, g.translation.z};
  const long long warps = static_cast<long long>(gridDim.x) * (blockDim.x / WARP);
  store_share(values, CAMERA_TERMS, shares + n * CAMERA_TERMS * warps + thread_index() / WARP, warps);
}

constexpr CameraGradient NO_GRADIENT = {{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}, {0, 0, 0}};

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

// One thread a (camera, splat). slopes: null where nobody asks for them.
extern "C" __global__ void shade_splats(SplatScene scene, const float* sh, int coefficients, float* colors,
                                        float* slopes) {
  const long long item = thread_index(), count = scene.splats.count;
  if (item >= scene.cameras * count) return;
  const double* const cam_from_world = scene.cam_from_world + 12 * (item / count);
  const float* const own = sh + 3 * coefficients * (item % count);
  const Shading shading = shade_splat(load3(scene.splats.means + 3 * (item % count)),
                                      centre_of(cam_from_world), own, coefficients, colors + 3 * item);
  if (slopes != nullptr)
    shade_slopes(shading, own, coefficients, rotation_part(cam_from_world), slopes + 9 * item);
}

// One thread a splat; grad_sh starts at 0. camera_shares: (cameras, 3, 4, warps).
extern "C" __global__ void shade_splats_adjoint(SplatScene scene, const float* sh, int coefficients,
                                                const float* grad_colors, float* grad_means, float* grad_sh,
                                                double* camera_shares) {
  const long long i = thread_index(), count = scene.splats.count;
  Vec3f sum = {0.0f, 0.0f, 0.0f};
  for (long long n = 0; n < scene.cameras; ++n) {
    CameraGradient camera_gradient = NO_GRADIENT;
    if (i < count) {
      const double* const m = scene.cam_from_world + 12 * n;
      const float* const own = sh + 3 * coefficients * i;
      float color[3];
      const Shading shading =
          shade_splat(load3(scene.splats.means + 3 * i), centre_of(m), own, coefficients, color);
      const Vec3f by_offset = shade_adjoint(shading, own, coefficients, grad_colors + 3 * (n * count + i),
                                            grad_sh + 3 * coefficients * i);
      sum = sum + by_offset;
      // The offset is mean + rotation^T translation.
      const Vec3f t = {static_cast<float>(m[3]), static_cast<float>(m[7]), static_cast<float>(m[11])};
      camera_gradient = {outer(t, by_offset), mul(rotation_part(m), by_offset)};
    }
    store_camera(camera_gradient, n, camera_shares);
  }
  if (i < count) store3(grad_means + 3 * i, sum);
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
