// The z-buffer of one (pose, band of rows), and the innermost loops, written to be auto-vectorised.
#pragma once

#include <vector>

#include "cpu/clones.h"
#include "shared/coverage.h"

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

  ScreenVertex at(int i) const { return {x[i], y[i], inverse_depth[i]}; }
  ScreenTriangle triangle(const int* corners) const {
    return {at(corners[0]), at(corners[1]), at(corners[2])};
  }
};

// 1/depth of the nearest surface (0: nothing) and its face (-1: none) for the pixels of `window`. Rows are
// as long as whole groups of LANES pixels.
struct ZBuffer {
  PixelBox window;
  long long stride;
  std::vector<float> inverse_depth;
  std::vector<int> face_ids;  // left empty where nobody asks for them

  void clear(const PixelBox& new_window, bool with_ids) {
    window = new_window;
    stride = (window.right - window.left + LANES) & -LANES;
    const size_t size = static_cast<size_t>(stride) * (window.bottom - window.top + 1);
    inverse_depth.assign(size, 0.0f);
    if (with_ids) face_ids.assign(size, -1);
  }
  long long offset(int x, int y) const { return (y - window.top) * stride + (x - window.left); }
};

OBJPOSE_CLONES
static void project_vertices(const View& view, const float* OBJPOSE_RESTRICT vertices, long long count,
                             int* OBJPOSE_RESTRICT x, int* OBJPOSE_RESTRICT y,
                             float* OBJPOSE_RESTRICT inverse_depth) {
  const View local = view;
  for (long long i = 0; i < count; ++i) {
    const ScreenVertex v = to_screen(local, to_camera(local, vertices + 3 * i));
    x[i] = v.x, y[i] = v.y, inverse_depth[i] = v.inverse_depth;
  }
}

// LANES pixels of one row, from the edge values at the first of them. On equal depth the lower face id wins,
// so that the order of drawing does not matter.
template <typename Number, bool WithIds>
OBJPOSE_HD void fill_group(const Coverage<Number>& c, const Number (&lane_steps)[3][LANES], int x, int y,
                           int face, float* OBJPOSE_RESTRICT inverse_depth, int* OBJPOSE_RESTRICT face_ids) {
  const Number first0 = c.edge0.at(x, y), first1 = c.edge1.at(x, y), first2 = c.edge2.at(x, y);
  const float base = c.inverse_depth, slope1 = c.slope1, slope2 = c.slope2;
#pragma omp simd simdlen(LANES)
  for (int k = 0; k < LANES; ++k) {
    const Number e0 = first0 + lane_steps[0][k], e1 = first1 + lane_steps[1][k],
                 e2 = first2 + lane_steps[2][k];
    const float value = inverse_depth_at(base, slope1, slope2, e1, e2);
    const bool covered = (e0 >= 0) & (e1 >= 0) & (e2 >= 0);
    bool nearer = value > inverse_depth[k];
    if (WithIds) nearer |= (value == inverse_depth[k]) & (face < face_ids[k]);
    const bool visible = covered & nearer;
    inverse_depth[k] = visible ? value : inverse_depth[k];
    if (WithIds) face_ids[k] = visible ? face : face_ids[k];
  }
}

// One row of depths from 1/depth.
OBJPOSE_CLONES
static void invert_row(const float* OBJPOSE_RESTRICT inverse_depth, int width,
                       float* OBJPOSE_RESTRICT depth) {
  for (int x = 0; x < width; ++x) depth[x] = inverse_depth[x] > 0.0f ? 1.0f / inverse_depth[x] : 0.0f;
}

}  // namespace objpose
