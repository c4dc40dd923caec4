// Meshes on CUDA devices: which surface each pixel shows, of a group of poses at a time whose keys stay in
// the cache. Compiled at first use by NVRTC; arrays as in cpu/meshes.cpp.
#include "cuda/structures.h"
#include "cuda/threads.h"
#include "shared/barycentric.h"
#include "shared/clip.h"

using namespace objpose;

namespace {

// 1/depth in the upper half, the complement of the face id in the lower: the largest key is what is seen.
typedef unsigned long long Key;

// Boxes of more pixels are shared by the threads of a warp: one thread would keep the other 31 waiting. Those
// of more than a warp should take go to a list, as triangles that must be clipped do.
constexpr int PIXELS_PER_THREAD = 32, PIXELS_PER_WARP = 1024;

// Where one face of one pose is drawn.
struct Drawing {
  View view;
  PixelBox window;
  ScreenTriangle triangle;
  const int* corners;
  unsigned face;
  Key* keys;  // of the pose: that of the pixel that holds the principal point
};

__device__ Drawing drawing_of(const MeshScene& scene, const ScreenVertex* screen, unsigned item, Key* keys) {
  const unsigned faces = static_cast<unsigned>(scene.face_count), pose = item / faces;
  Drawing d;
  d.view = make_view(scene.cam_from_obj + 12 * pose, scene.K + 9 * pose, scene.near_depth);
  d.window = {-d.view.whole_x, scene.width - 1 - d.view.whole_x, -d.view.whole_y,
              scene.height - 1 - d.view.whole_y};
  d.face = item % faces, d.corners = scene.faces + 3LL * d.face;
  const ScreenVertex* const vertices = screen + pose * scene.vertex_count;
  d.triangle = {vertices[d.corners[0]], vertices[d.corners[1]], vertices[d.corners[2]]};
  d.keys =
      keys + (static_cast<long long>(pose) * scene.height + d.view.whole_y) * scene.width + d.view.whole_x;
  return d;
}

// Every `step`-th pixel of the box from `first` on.
template <typename Number>
__device__ void fill_box(const ScreenTriangle& triangle, const PixelBox& box, const Drawing& d, int width,
                         int first, int step) {
  Coverage<Number> c;
  if (!make_coverage(triangle, box, c)) return;
  const int columns = box.right - box.left + 1, rows = box.bottom - box.top + 1;
  Key* const corner = d.keys + static_cast<long long>(box.top) * width + box.left;
  int dx = first % columns, dy = first / columns;
  for (const int step_x = step % columns, step_y = step / columns; dy < rows;) {
    const Number e0 = c.edge0.at(dx, dy), e1 = c.edge1.at(dx, dy), e2 = c.edge2.at(dx, dy);
    if (e0 >= 0 && e1 >= 0 && e2 >= 0) {
      const float inverse_depth = inverse_depth_at(c.inverse_depth, c.slope1, c.slope2, e1, e2);
      const Key key = static_cast<Key>(__float_as_uint(inverse_depth)) << 32 | ~d.face;
      Key* const pixel = corner + static_cast<long long>(dy) * width + dx;
      // Looking first is cheaper than an exchange that changes nothing; a look that comes too early, too.
      if (inverse_depth > 0 && key > __ldcg(pixel)) atomicMax(pixel, key);
    }
    dx += step_x, dy += step_y;
    if (dx >= columns) dx -= columns, ++dy;
  }
}

__device__ void fill_triangle(const ScreenTriangle& triangle, const Drawing& d, int width, int first,
                              int step) {
  const PixelBox box = pixel_box(triangle, d.window);
  if (is_empty(box)) return;
  if (is_small(triangle))
    fill_box<int>(triangle, box, d, width, first, step);
  else
    fill_box<double>(triangle, box, d, width, first, step);
}

}  // namespace

// One thread a (pose, vertex).
extern "C" __global__ void project_vertices(MeshScene scene, long long poses, ScreenVertex* screen) {
  const long long item = thread_index();
  if (item >= poses * scene.vertex_count) return;
  const long long pose = item / scene.vertex_count;
  const View view = make_view(scene.cam_from_obj + 12 * pose, scene.K + 9 * pose, scene.near_depth);
  screen[item] = to_screen(view, to_camera(view, scene.vertices + 3 * (item % scene.vertex_count)));
}

// One thread a (pose, face), of which 32 bits count all; keys (poses, height, width) and `listed` start at 0.
// The largest key wins whatever the order of the threads, so the result is always the same. `list` has room
// for all faces of all poses.
extern "C" __global__ void fill_keys(MeshScene scene, long long poses, const ScreenVertex* screen, Key* keys,
                                     int* list, int* listed) {
  const unsigned item = static_cast<unsigned>(thread_index());
  bool together = false;
  if (item < poses * scene.face_count) {
    const Drawing d = drawing_of(scene, screen, item, keys);
    const PixelBox box = pixel_box(d.triangle, d.window);
    const long long pixels =
        is_empty(box) ? 0 : static_cast<long long>(box.right - box.left + 1) * (box.bottom - box.top + 1);
    if (needs_clipping(d.triangle) || pixels > PIXELS_PER_WARP)
      list[atomicAdd(listed, 1)] = static_cast<int>(item);
    else if (pixels <= PIXELS_PER_THREAD)
      fill_triangle(d.triangle, d, scene.width, 0, 1);
    else
      together = true;
  }
  const int lane = lane_index();
  for (unsigned left = __ballot_sync(WHOLE_WARP, together); left != 0; left &= left - 1) {
    const Drawing d = drawing_of(scene, screen, item - lane + __ffs(left) - 1, keys);
    fill_triangle(d.triangle, d, scene.width, lane, WARP);
  }
}

// Any number of warps: one a listed face, or several where there are fewer faces than warps.
extern "C" __global__ void fill_listed(MeshScene scene, const ScreenVertex* screen, Key* keys,
                                       const int* list, const int* listed) {
  const unsigned warps = gridDim.x * (blockDim.x / WARP), faces = static_cast<unsigned>(*listed);
  const unsigned sharing = faces == 0 || faces > warps ? 1 : warps / faces;
  for (unsigned unit = static_cast<unsigned>(thread_index() / WARP); unit < faces * sharing; unit += warps) {
    const Drawing d = drawing_of(scene, screen, static_cast<unsigned>(list[unit / sharing]), keys);
    const int first = static_cast<int>(unit % sharing) * WARP + lane_index();
    const int step = static_cast<int>(sharing) * WARP;
    if (!needs_clipping(d.triangle)) {
      fill_triangle(d.triangle, d, scene.width, first, step);
      continue;
    }
    const ScreenPolygon polygon =
        clipped_to_screen(d.view, to_camera(d.view, scene.vertices + 3LL * d.corners[0]),
                          to_camera(d.view, scene.vertices + 3LL * d.corners[1]),
                          to_camera(d.view, scene.vertices + 3LL * d.corners[2]));
    for (int i = 2; i < polygon.count; ++i)
      fill_triangle({polygon.corners[0], polygon.corners[i - 1], polygon.corners[i]}, d, scene.width, first,
                    step);
  }
}

// One thread a pixel; leaves keys and `listed` at 0 for the next group. face_ids null: depth only.
extern "C" __global__ void resolve_keys(MeshScene scene, long long poses, const ScreenVertex* screen,
                                        Key* keys, int* listed, float* depth, int* face_ids, float* bary,
                                        float* footprint) {
  const long long pixel = thread_index(), per_pose = static_cast<long long>(scene.width) * scene.height;
  if (pixel == 0) *listed = 0;
  if (pixel >= poses * per_pose) return;
  const Key key = keys[pixel];
  const bool covered = key != 0;
  keys[pixel] = 0;
  depth[pixel] = covered ? 1.0f / __uint_as_float(static_cast<unsigned>(key >> 32)) : 0.0f;
  if (face_ids == nullptr) return;
  SurfacePoint point = {0.0f, 0.0f, 0.0f};
  const unsigned face = ~static_cast<unsigned>(key);
  face_ids[pixel] = covered ? static_cast<int>(face) : -1;
  if (covered) {
    const unsigned pose = static_cast<unsigned>(pixel / per_pose);
    const Drawing d = drawing_of(scene, screen, pose * static_cast<unsigned>(scene.face_count) + face, keys);
    const int x = static_cast<int>(pixel % scene.width) - d.view.whole_x;
    const int y = static_cast<int>(pixel / scene.width % scene.height) - d.view.whole_y;
    point = needs_clipping(d.triangle)
                ? clipped_surface_point(d.view, to_camera(d.view, scene.vertices + 3LL * d.corners[0]),
                                        to_camera(d.view, scene.vertices + 3LL * d.corners[1]),
                                        to_camera(d.view, scene.vertices + 3LL * d.corners[2]), x, y)
                : surface_point(d.triangle, x, y);
  }
  bary[2 * pixel] = point.b1, bary[2 * pixel + 1] = point.b2;
  footprint[pixel] = point.footprint;
}
