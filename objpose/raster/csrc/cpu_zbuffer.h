// The z-buffer of one (pose, band of rows), and the loops that fill it. Plain loops, written to be auto-vectorised;
// where the compiler can, each is built for several instruction sets and the best is chosen at load time.
#pragma once

#include <vector>

#include "clip.h"
#include "coverage.h"

#if defined(OBJPOSE_TARGET_CLONES)
#define OBJPOSE_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define OBJPOSE_CLONES
#endif

#if defined(_MSC_VER)
#define OBJPOSE_RESTRICT __restrict
#else
#define OBJPOSE_RESTRICT __restrict__
#endif

namespace objpose {

struct MeshArrays {
  const float* vertices;  // (vertex_count, 3)
  long long vertex_count;
  const int* faces;  // (face_count, 3)
  long long face_count;
};

// The snapped vertices of one pose, as parallel arrays.
struct ScreenVertices {
  std::vector<int> x, y;
  std::vector<float> inverse_depth;
  bool any_clipped;

  ScreenVertex at(int i) const { return {x[i], y[i], inverse_depth[i]}; }
  ScreenTriangle triangle(const int* corners) const {
    return {at(corners[0]), at(corners[1]), at(corners[2])};
  }
};

// 1/depth of the nearest surface (0: nothing) and its face (-1: none) for the pixels of `window`. Rows are LANES
// longer than the window, so that a group of LANES pixels may start at any of its pixels.
struct ZBuffer {
  PixelBox window;
  long long stride;
  std::vector<float> inverse_depth;
  std::vector<int> face_ids;  // left empty where nobody asks for them

  void clear(const PixelBox& new_window, bool with_ids) {
    window = new_window;
    stride = window.right - window.left + 1 + LANES;
    const size_t size = static_cast<size_t>(stride) * (window.bottom - window.top + 1);
    inverse_depth.assign(size, 0.0f);
    if (with_ids) face_ids.assign(size, -1);
  }
  long long offset(int x, int y) const { return (y - window.top) * stride + (x - window.left); }
};

OBJPOSE_CLONES
static bool project_vertices(const View& view, const float* OBJPOSE_RESTRICT vertices, long long count,
                      int* OBJPOSE_RESTRICT x, int* OBJPOSE_RESTRICT y, float* OBJPOSE_RESTRICT inverse_depth) {
  const View local = view;
  int clipped = 0;
  for (long long i = 0; i < count; ++i) {
    const ScreenVertex v = to_screen(local, to_camera(local, vertices + 3 * i));
    x[i] = v.x, y[i] = v.y, inverse_depth[i] = v.inverse_depth;
    clipped += v.inverse_depth == 0.0f;
  }
  return clipped > 0;
}

// LANES pixels of one row, from the edge values at the first of them.
template <typename Number, bool WithIds>
OBJPOSE_HD void fill_group(const Coverage<Number>& c, const Number (&lane_steps)[3][LANES], const Number* row,
                           int face, float* OBJPOSE_RESTRICT inverse_depth, int* OBJPOSE_RESTRICT face_ids) {
  const Number first0 = row[0], first1 = row[1], first2 = row[2];
  const float base = c.inverse_depth, slope1 = c.slope1, slope2 = c.slope2;
#pragma omp simd simdlen(LANES)
  for (int k = 0; k < LANES; ++k) {
    const Number e0 = first0 + lane_steps[0][k], e1 = first1 + lane_steps[1][k], e2 = first2 + lane_steps[2][k];
    const float value = base + static_cast<float>(e1) * slope1 + static_cast<float>(e2) * slope2;
    const bool visible = (e0 >= 0) & (e1 >= 0) & (e2 >= 0) & (value > inverse_depth[k]);
    inverse_depth[k] = visible ? value : inverse_depth[k];
    if (WithIds) face_ids[k] = visible ? face : face_ids[k];
  }
}

template <typename Number, bool WithIds>
OBJPOSE_HD void fill_triangle(const ScreenTriangle& triangle, const PixelBox& box, int face, ZBuffer& buffer) {
  Coverage<Number> c;
  if (!make_coverage(triangle, box, c)) return;
  Number lane_steps[3][LANES];
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < LANES; ++k) lane_steps[i][k] = c.step_x[i] * k;
  for (int y = box.top; y <= box.bottom; ++y) {
    const long long start = buffer.offset(box.left, y);
    float* inverse_depth = buffer.inverse_depth.data() + start;
    int* face_ids = WithIds ? buffer.face_ids.data() + start : nullptr;
    const Number down = static_cast<Number>(y - box.top);
    Number row[3];
    for (int i = 0; i < 3; ++i) row[i] = c.at_corner[i] + c.step_y[i] * down;
    for (int x = box.left; x <= box.right; x += LANES) {
      fill_group<Number, WithIds>(c, lane_steps, row, face, inverse_depth, face_ids);
      for (int i = 0; i < 3; ++i) row[i] += c.step_x[i] * LANES;
      inverse_depth += LANES;
      if (WithIds) face_ids += LANES;
    }
  }
}

template <bool WithIds>
OBJPOSE_HD void fill_any_triangle(const ScreenTriangle& triangle, int face, ZBuffer& buffer) {
  const PixelBox box = pixel_box(triangle, buffer.window);
  if (is_empty(box)) return;
  if (is_small(triangle))
    fill_triangle<int, WithIds>(triangle, box, face, buffer);
  else
    fill_triangle<double, WithIds>(triangle, box, face, buffer);
}

template <bool WithIds>
OBJPOSE_HD void fill_clipped(const View& view, const MeshArrays& mesh, int face, ZBuffer& buffer) {
  const int* corners = mesh.faces + 3LL * face;
  const ScreenPolygon polygon = clipped_to_screen(view, to_camera(view, mesh.vertices + 3LL * corners[0]),
                                                  to_camera(view, mesh.vertices + 3LL * corners[1]),
                                                  to_camera(view, mesh.vertices + 3LL * corners[2]));
  for (int i = 2; i < polygon.count; ++i)
    fill_any_triangle<WithIds>({polygon.corners[0], polygon.corners[i - 1], polygon.corners[i]}, face, buffer);
}

template <bool WithIds>
OBJPOSE_HD void fill_mesh(const View& view, const MeshArrays& mesh, const ScreenVertices& screen, ZBuffer& buffer) {
  for (long long face = 0; face < mesh.face_count; ++face) {
    const ScreenTriangle triangle = screen.triangle(mesh.faces + 3 * face);
    if (screen.any_clipped && needs_clipping(triangle))
      fill_clipped<WithIds>(view, mesh, static_cast<int>(face), buffer);
    else
      fill_any_triangle<WithIds>(triangle, static_cast<int>(face), buffer);
  }
}

OBJPOSE_CLONES
static void fill_depth(const View& view, const MeshArrays& mesh, const ScreenVertices& screen, ZBuffer& buffer) {
  fill_mesh<false>(view, mesh, screen, buffer);
}

OBJPOSE_CLONES
static void fill_depth_and_ids(const View& view, const MeshArrays& mesh, const ScreenVertices& screen, ZBuffer& buffer) {
  fill_mesh<true>(view, mesh, screen, buffer);
}

// One row of depths from 1/depth.
OBJPOSE_CLONES
static void invert_row(const float* OBJPOSE_RESTRICT inverse_depth, int width, float* OBJPOSE_RESTRICT depth) {
  for (int x = 0; x < width; ++x) depth[x] = inverse_depth[x] > 0.0f ? 1.0f / inverse_depth[x] : 0.0f;
}

}  // namespace objpose
