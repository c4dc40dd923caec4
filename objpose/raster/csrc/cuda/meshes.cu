// The CUDA backend: compiled at first use by NVRTC, one thread an item, arrays as in cpu/meshes.cpp.
#include "cuda/structures.h"
#include "cuda/threads.h"
#include "shared/barycentric.h"
#include "shared/clip.h"
#include "shared/interpolate.h"
#include "shared/normals.h"
#include "shared/texture.h"

using namespace objpose;

namespace {

// 1/depth in the upper half, the complement of the face id in the lower: the largest key is what is seen.
typedef unsigned long long Key;

// Boxes of more pixels are shared by the threads of a warp: one thread would keep the other 31 waiting.
constexpr int PIXELS_PER_THREAD = 32;

__device__ View view_of(const MeshScene& scene, long long pose) {
  return make_view(scene.cam_from_obj + 12 * pose, scene.K + 9 * pose, scene.near_depth);
}

__device__ PixelBox window_of(const MeshScene& scene, const View& view) {
  return {-view.whole_x, scene.width - 1 - view.whole_x, -view.whole_y, scene.height - 1 - view.whole_y};
}

__device__ ScreenTriangle triangle_of(const MeshScene& scene, const ScreenVertex* screen, long long pose,
                                      const int* corners) {
  const ScreenVertex* vertices = screen + pose * scene.vertex_count;
  return {vertices[corners[0]], vertices[corners[1]], vertices[corners[2]]};
}

__device__ ScreenPolygon clipped(const MeshScene& scene, const View& view, const int* corners) {
  return clipped_to_screen(view, to_camera(view, scene.vertices + 3LL * corners[0]),
                           to_camera(view, scene.vertices + 3LL * corners[1]),
                           to_camera(view, scene.vertices + 3LL * corners[2]));
}

// Every `step`-th pixel of the box from `first` on.
template <typename Number>
__device__ void fill_box(const ScreenTriangle& triangle, const PixelBox& box, const MeshScene& scene,
                         const View& view, long long pose, unsigned face, int first, int step, Key* keys) {
  Coverage<Number> c;
  if (!make_coverage(triangle, box, c)) return;
  const int columns = box.right - box.left + 1, pixels = columns * (box.bottom - box.top + 1);
  for (int i = first; i < pixels; i += step) {
    const int dx = i % columns, dy = i / columns;
    const Number e0 = c.edge0.at(dx, dy), e1 = c.edge1.at(dx, dy), e2 = c.edge2.at(dx, dy);
    if (e0 < 0 || e1 < 0 || e2 < 0) continue;
    const float inverse_depth = inverse_depth_at(c.inverse_depth, c.slope1, c.slope2, e1, e2);
    const long long pixel =
        (pose * scene.height + box.top + dy + view.whole_y) * scene.width + box.left + dx + view.whole_x;
    if (inverse_depth > 0)
      atomicMax(keys + pixel, static_cast<Key>(__float_as_uint(inverse_depth)) << 32 | ~face);
  }
}

__device__ void fill_triangle(const ScreenTriangle& triangle, const MeshScene& scene, const View& view,
                              long long pose, unsigned face, int first, int step, Key* keys) {
  const PixelBox box = pixel_box(triangle, window_of(scene, view));
  if (is_empty(box)) return;
  if (is_small(triangle))
    fill_box<int>(triangle, box, scene, view, pose, face, first, step, keys);
  else
    fill_box<double>(triangle, box, scene, view, pose, face, first, step, keys);
}

// The threads of a warp together: one triangle, clipped where it must be.
__device__ void fill_together(const MeshScene& scene, const ScreenVertex* screen, long long item, int lane,
                              Key* keys) {
  const long long pose = item / scene.face_count, face = item % scene.face_count;
  const int* corners = scene.faces + 3 * face;
  const View view = view_of(scene, pose);
  const ScreenTriangle triangle = triangle_of(scene, screen, pose, corners);
  if (!needs_clipping(triangle)) {
    fill_triangle(triangle, scene, view, pose, static_cast<unsigned>(face), lane, WARP, keys);
    return;
  }
  const ScreenPolygon polygon = clipped(scene, view, corners);
  for (int i = 2; i < polygon.count; ++i)
    fill_triangle({polygon.corners[0], polygon.corners[i - 1], polygon.corners[i]}, scene, view, pose,
                  static_cast<unsigned>(face), lane, WARP, keys);
}

}  // namespace

// One thread a (pose, vertex).
extern "C" __global__ void project_vertices(MeshScene scene, long long poses, ScreenVertex* screen) {
  const long long item = thread_index();
  if (item >= poses * scene.vertex_count) return;
  const View view = view_of(scene, item / scene.vertex_count);
  screen[item] = to_screen(view, to_camera(view, scene.vertices + 3 * (item % scene.vertex_count)));
}

// One thread a (pose, face); keys (poses, height, width) start at 0. The largest key wins whatever the order
// of the threads, so the result is always the same.
extern "C" __global__ void fill_keys(MeshScene scene, long long poses, const ScreenVertex* screen, Key* keys) {
  const long long item = thread_index();
  bool together = false;
  if (item < poses * scene.face_count) {
    const long long pose = item / scene.face_count, face = item % scene.face_count;
    const ScreenTriangle triangle = triangle_of(scene, screen, pose, scene.faces + 3 * face);
    const View view = view_of(scene, pose);
    const PixelBox box = pixel_box(triangle, window_of(scene, view));
    const long long pixels = static_cast<long long>(box.right - box.left + 1) * (box.bottom - box.top + 1);
    together = needs_clipping(triangle) || (!is_empty(box) && pixels > PIXELS_PER_THREAD);
    if (!together) fill_triangle(triangle, scene, view, pose, static_cast<unsigned>(face), 0, 1, keys);
  }
  const int lane = threadIdx.x % WARP;
  for (unsigned left = __ballot_sync(0xffffffffu, together); left != 0; left &= left - 1)
    fill_together(scene, screen, item - lane + __ffs(left) - 1, lane, keys);
}

// One thread a pixel. face_ids null: depth only.
extern "C" __global__ void resolve_keys(MeshScene scene, long long poses, const ScreenVertex* screen,
                                        const Key* keys, float* depth, int* face_ids, float* bary,
                                        float* footprint) {
  const long long pixel = thread_index(), per_pose = static_cast<long long>(scene.width) * scene.height;
  if (pixel >= poses * per_pose) return;
  const float inverse_depth = __uint_as_float(static_cast<unsigned>(keys[pixel] >> 32));
  const bool covered = keys[pixel] != 0;
  depth[pixel] = covered ? 1.0f / inverse_depth : 0.0f;
  if (face_ids == nullptr) return;
  SurfacePoint point = {0.0f, 0.0f, 0.0f};
  face_ids[pixel] = covered ? static_cast<int>(~static_cast<unsigned>(keys[pixel])) : -1;
  if (covered) {
    const long long pose = pixel / per_pose;
    const View view = view_of(scene, pose);
    const int x = static_cast<int>(pixel % scene.width) - view.whole_x;
    const int y = static_cast<int>(pixel / scene.width % scene.height) - view.whole_y;
    const int* corners = scene.faces + 3LL * face_ids[pixel];
    const ScreenTriangle triangle = triangle_of(scene, screen, pose, corners);
    point = needs_clipping(triangle)
                ? clipped_surface_point(view, to_camera(view, scene.vertices + 3LL * corners[0]),
                                        to_camera(view, scene.vertices + 3LL * corners[1]),
                                        to_camera(view, scene.vertices + 3LL * corners[2]), x, y)
                : surface_point(triangle, x, y);
  }
  bary[2 * pixel] = point.b1, bary[2 * pixel + 1] = point.b2;
  footprint[pixel] = point.footprint;
}

// One thread a pixel, as the next three.
extern "C" __global__ void interpolate(const float* attributes, int channels, const int* faces,
                                       const int* face_ids, const float* bary, long long pixels, float* out) {
  const long long i = thread_index();
  if (i >= pixels) return;
  if (face_ids[i] >= 0)
    interpolate_pixel(attributes, channels, faces + 3LL * face_ids[i], bary[2 * i], bary[2 * i + 1],
                      out + i * channels);
  else
    for (int c = 0; c < channels; ++c) out[i * channels + c] = 0.0f;
}

// grad_attributes starts at 0; its sums run in the order of the threads, so their last bits may differ
// between runs.
extern "C" __global__ void interpolate_adjoint(const float* attributes, int channels, const int* faces,
                                               const int* face_ids, const float* bary, const float* grad_out,
                                               long long pixels, float* grad_attributes, float* grad_bary) {
  const long long i = thread_index();
  if (i >= pixels) return;
  grad_bary[2 * i] = grad_bary[2 * i + 1] = 0.0f;
  if (face_ids[i] < 0) return;
  const int* corners = faces + 3LL * face_ids[i];
  interpolate_pixel_adjoint(attributes, channels, corners, grad_out + i * channels, grad_bary + 2 * i);
  const float weights[3] = {1.0f - bary[2 * i] - bary[2 * i + 1], bary[2 * i], bary[2 * i + 1]};
  for (int k = 0; k < 3; ++k)
    for (int c = 0; c < channels; ++c)
      atomicAdd(grad_attributes + static_cast<long long>(corners[k]) * channels + c,
                weights[k] * grad_out[i * channels + c]);
}

extern "C" __global__ void sample_texture(Pyramid pyramid, const float* uvs, const int* faces,
                                          const int* face_ids, const float* bary, const float* footprint,
                                          long long pixels, float* out) {
  const long long i = thread_index();
  if (i >= pixels) return;
  out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = 0.0f;
  if (face_ids[i] >= 0)
    sample_texture_pixel(pyramid, uvs, faces + 3LL * face_ids[i], bary[2 * i], bary[2 * i + 1], footprint[i],
                         out + 3 * i);
}

extern "C" __global__ void face_normals(const float* vertices, const int* faces, const double* cam_from_obj,
                                        const int* face_ids, long long pixels_per_pose, long long pixels,
                                        float* out) {
  const long long i = thread_index();
  if (i >= pixels) return;
  out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = 0.0f;
  if (face_ids[i] < 0) return;
  const int* corners = faces + 3LL * face_ids[i];
  const View view = make_view(cam_from_obj + 12 * (i / pixels_per_pose), UNIT_K, 0.0);
  facing_normal(view, vertices + 3LL * corners[0], vertices + 3LL * corners[1], vertices + 3LL * corners[2],
                out + 3 * i);
}
