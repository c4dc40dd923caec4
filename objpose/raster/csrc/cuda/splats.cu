// Splats on CUDA devices: projecting and shading, one thread a splat, and sorting them into tiles. Arrays as
// in cpu/splats.cpp.
#include "cuda/splat_tiles.h"
#include "shared/splat_box.h"
#include "shared/splat_harmonics.h"
#include "shared/splat_project_adjoint.h"

using namespace objpose;

namespace {

__device__ void store_screen(float* out, const ScreenSplat& s) {
  out[0] = s.x, out[1] = s.y, out[2] = s.a, out[3] = s.b, out[4] = s.c, out[5] = s.opacity, out[6] = s.depth;
}

// Adds a camera's gradient, summed over the warp, to sums (3, 4).
__device__ void add_camera(const CameraGradient& g, double* sums) {
  const float values[12] = {g.rotation.x.x, g.rotation.x.y, g.rotation.x.z, g.translation.x,
                            g.rotation.y.x, g.rotation.y.y, g.rotation.y.z, g.translation.y,
                            g.rotation.z.x, g.rotation.z.y, g.rotation.z.z, g.translation.z};
  for (int i = 0; i < 12; ++i) add_over_warp(sums + i, static_cast<double>(values[i]));
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

// One thread a splat, as the next one; grad_camera (cameras, 3, 4) starts at 0.
extern "C" __global__ void project_splats_adjoint(SplatScene scene, const float* extent,
                                                  const float* grad_screen, float* grad_means,
                                                  float* grad_wxyz, float* grad_scales, float* grad_opacities,
                                                  double* grad_camera) {
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
                          load_screen_splat(grad_screen + SCREEN_FIELDS * item), antialias, camera_gradient);
      sum.mean = sum.mean + out.mean, sum.scales = sum.scales + out.scales;
      sum.w += out.w, sum.x += out.x, sum.y += out.y, sum.z += out.z;
      sum.opacity += out.opacity;
    }
    add_camera(camera_gradient, grad_camera + 12 * n);
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

// One thread a splat; grad_sh and grad_camera start at 0.
extern "C" __global__ void shade_splats_adjoint(SplatScene scene, const float* sh, int coefficients,
                                                const float* grad_colors, float* grad_means, float* grad_sh,
                                                double* grad_camera) {
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
    add_camera(camera_gradient, grad_camera + 12 * n);
  }
  if (i < count) store3(grad_means + 3 * i, sum);
}

// One thread a (camera, splat), as the next one: how many tiles it touches.
extern "C" __global__ void count_tiles(const float* screen, const float* extent, long long items, int width,
                                       int height, long long* tiles) {
  const long long item = thread_index();
  if (item >= items) return;
  const TileBox box = tile_box(screen + SCREEN_FIELDS * item, extent + 2 * item, width, height, CUDA_TILE);
  tiles[item] = static_cast<long long>(box.right - box.left + 1) * (box.bottom - box.top + 1);
}

// ends: the running sum of `tiles`. Keys sort by camera, tile and depth (positive, so that its bits sort as
// it does).
extern "C" __global__ void fill_pairs(const float* screen, const float* extent, long long cameras,
                                      long long count, int width, int height, const long long* ends,
                                      long long* keys, int* pair_splats) {
  const long long item = thread_index();
  if (item >= cameras * count) return;
  const TileBox box = tile_box(screen + SCREEN_FIELDS * item, extent + 2 * item, width, height, CUDA_TILE);
  const long long columns = (width + CUDA_TILE - 1) / CUDA_TILE, rows = (height + CUDA_TILE - 1) / CUDA_TILE;
  const long long first_tile = item / count * columns * rows;
  const unsigned depth = __float_as_uint(screen[SCREEN_FIELDS * item + 6]);
  long long pair = item == 0 ? 0 : ends[item - 1];
  for (int row = box.top; row <= box.bottom; ++row)
    for (int column = box.left; column <= box.right; ++column, ++pair) {
      keys[pair] = (first_tile + row * columns + column) << 32 | depth;
      pair_splats[pair] = static_cast<int>(item % count);
    }
}

// One thread a pair, keys sorted; ranges (cameras * tiles, 2) start at 0.
extern "C" __global__ void find_ranges(const long long* keys, long long pairs, long long* ranges) {
  const long long pair = thread_index();
  if (pair >= pairs) return;
  const long long tile = keys[pair] >> 32;
  if (pair == 0 || keys[pair - 1] >> 32 != tile) ranges[2 * tile] = pair;
  if (pair == pairs - 1 || keys[pair + 1] >> 32 != tile) ranges[2 * tile + 1] = pair + 1;
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
