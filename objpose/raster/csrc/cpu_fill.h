// Fills a z-buffer with a mesh, a block of faces at a time: sort out those that touch no pixel centre,
// prepare the small ones side by side (both loops vectorise over faces), then draw one after the other.
#pragma once

#include <algorithm>

#include "barycentric.h"
#include "cpu_zbuffer.h"

namespace objpose {

constexpr int BLOCK = 240;  // faces: what is prepared for them fits the first-level cache

enum FaceKind { NOT_SEEN, SMALL, GENERAL };

// Coverage<int> of the small faces of a block, as parallel arrays.
struct SmallFaces {
  int face[BLOCK], corner0[BLOCK], corner1[BLOCK], corner2[BLOCK];
  int left[BLOCK], right[BLOCK], top[BLOCK], bottom[BLOCK];
  int at_corner[3][BLOCK], step_x[3][BLOCK], step_y[3][BLOCK];
  float inverse_depth[BLOCK], slope1[BLOCK], slope2[BLOCK];

  Coverage<int> coverage(int i) const {
    return {{at_corner[0][i], step_x[0][i], step_y[0][i]},
            {at_corner[1][i], step_x[1][i], step_y[1][i]},
            {at_corner[2][i], step_x[2][i], step_y[2][i]},
            inverse_depth[i],
            slope1[i],
            slope2[i]};
  }
};

struct VertexPointers {
  const int* x;
  const int* y;
  const float* inverse_depth;

  OBJPOSE_HD ScreenTriangle triangle(int corner0, int corner1, int corner2) const {
    return {{x[corner0], y[corner0], inverse_depth[corner0]},
            {x[corner1], y[corner1], inverse_depth[corner1]},
            {x[corner2], y[corner2], inverse_depth[corner2]}};
  }
};

OBJPOSE_HD int kind_of(const VertexPointers& vertices, const int* corners, const PixelBox& window) {
  const ScreenTriangle triangle = vertices.triangle(corners[0], corners[1], corners[2]);
  const int kind = is_empty(pixel_box(triangle, window)) ? NOT_SEEN : is_small(triangle) ? SMALL : GENERAL;
  return needs_clipping(triangle) ? GENERAL : kind;
}

OBJPOSE_HD void classify_faces(const VertexPointers& vertices, const int* OBJPOSE_RESTRICT faces, int count,
                               const PixelBox& window, int* OBJPOSE_RESTRICT kinds) {
#pragma omp simd
  for (int i = 0; i < count; ++i) kinds[i] = kind_of(vertices, faces + 3 * i, window);
}

OBJPOSE_HD void prepare_small_face(const VertexPointers& vertices, const PixelBox& window, SmallFaces& small,
                                   int i) {
  const ScreenTriangle triangle = vertices.triangle(small.corner0[i], small.corner1[i], small.corner2[i]);
  const PixelBox box = pixel_box(triangle, window);
  Coverage<int> c;
  make_coverage(triangle, box, c);
  small.left[i] = box.left, small.right[i] = box.right, small.top[i] = box.top, small.bottom[i] = box.bottom;
  small.at_corner[0][i] = c.edge0.at_corner, small.at_corner[1][i] = c.edge1.at_corner;
  small.at_corner[2][i] = c.edge2.at_corner;
  small.step_x[0][i] = c.edge0.step_x, small.step_x[1][i] = c.edge1.step_x,
  small.step_x[2][i] = c.edge2.step_x;
  small.step_y[0][i] = c.edge0.step_y, small.step_y[1][i] = c.edge1.step_y,
  small.step_y[2][i] = c.edge2.step_y;
  small.inverse_depth[i] = c.inverse_depth, small.slope1[i] = c.slope1, small.slope2[i] = c.slope2;
}

OBJPOSE_HD void prepare_small_faces(const VertexPointers& vertices, int count, const PixelBox& window,
                                    SmallFaces& small) {
#pragma omp simd
  for (int i = 0; i < count; ++i) prepare_small_face(vertices, window, small, i);
}

template <typename Number, bool WithIds>
OBJPOSE_HD void fill_box(const Coverage<Number>& c, const PixelBox& box, int face, ZBuffer& buffer) {
  Number lane_steps[3][LANES];
  for (int k = 0; k < LANES; ++k) {
    lane_steps[0][k] = c.edge0.step_x * k;
    lane_steps[1][k] = c.edge1.step_x * k;
    lane_steps[2][k] = c.edge2.step_x * k;
  }
  // From a column that is a multiple of LANES on: neighbouring triangles then load just what was stored
  // before, which processors pass on at once, while loads that overlap two stores must wait.
  const int first = ((box.left - buffer.window.left) & -LANES) + buffer.window.left;
  for (int y = box.top; y <= box.bottom; ++y) {
    for (int x = first; x <= box.right; x += LANES) {
      const long long start = buffer.offset(x, y);
      fill_group<Number, WithIds>(c, lane_steps, x - box.left, y - box.top, face,
                                  buffer.inverse_depth.data() + start,
                                  WithIds ? buffer.face_ids.data() + start : nullptr);
    }
  }
}

// A covered box of one pixel: the most frequent of all where faces are small.
template <bool WithIds>
OBJPOSE_HD void fill_pixel(const SmallFaces& small, int i, ZBuffer& buffer) {
  const float value = small.inverse_depth[i] + static_cast<float>(small.at_corner[1][i]) * small.slope1[i] +
                      static_cast<float>(small.at_corner[2][i]) * small.slope2[i];
  const long long pixel = buffer.offset(small.left[i], small.top[i]);
  float& nearest = buffer.inverse_depth[pixel];
  bool visible = value > nearest;
  if (WithIds) visible |= (value == nearest) & (small.face[i] < buffer.face_ids[pixel]);
  nearest = visible ? value : nearest;
  if (WithIds) buffer.face_ids[pixel] = visible ? small.face[i] : buffer.face_ids[pixel];
}

// First those of one pixel, then the others: told apart without branches, since no processor could predict
// them.
template <bool WithIds>
OBJPOSE_HD void fill_small_faces(const SmallFaces& small, int count, ZBuffer& buffer) {
  int pixels[BLOCK], boxes[BLOCK];
  int pixel_count = 0, box_count = 0;
  for (int i = 0; i < count; ++i) {
    const bool one_pixel = (small.left[i] == small.right[i]) & (small.top[i] == small.bottom[i]);
    const bool covered = (small.at_corner[0][i] | small.at_corner[1][i] | small.at_corner[2][i]) >= 0;
    pixels[pixel_count] = boxes[box_count] = i;
    pixel_count += one_pixel & covered;
    box_count += !one_pixel;
  }
  for (int k = 0; k < pixel_count; ++k) fill_pixel<WithIds>(small, pixels[k], buffer);
  for (int k = 0; k < box_count; ++k) {
    const int i = boxes[k];
    fill_box<int, WithIds>(small.coverage(i), {small.left[i], small.right[i], small.top[i], small.bottom[i]},
                           small.face[i], buffer);
  }
}

template <bool WithIds>
OBJPOSE_HD void fill_unclipped(const ScreenTriangle& triangle, int face, ZBuffer& buffer) {
  const PixelBox box = pixel_box(triangle, buffer.window);
  Coverage<double> c;
  if (!is_empty(box) && make_coverage(triangle, box, c)) fill_box<double, WithIds>(c, box, face, buffer);
}

template <bool WithIds>
OBJPOSE_HD void fill_general(const View& view, const MeshArrays& mesh, const VertexPointers& vertices,
                             int face, ZBuffer& buffer) {
  const int* corners = mesh.faces + 3LL * face;
  const ScreenTriangle triangle = vertices.triangle(corners[0], corners[1], corners[2]);
  if (!needs_clipping(triangle)) {
    fill_unclipped<WithIds>(triangle, face, buffer);
    return;
  }
  const ScreenPolygon polygon = clipped_to_screen(view, to_camera(view, mesh.vertices + 3LL * corners[0]),
                                                  to_camera(view, mesh.vertices + 3LL * corners[1]),
                                                  to_camera(view, mesh.vertices + 3LL * corners[2]));
  for (int i = 2; i < polygon.count; ++i)
    fill_unclipped<WithIds>({polygon.corners[0], polygon.corners[i - 1], polygon.corners[i]}, face, buffer);
}

template <bool WithIds>
OBJPOSE_HD void fill_mesh(const View& view, const MeshArrays& mesh, const ScreenVertices& screen,
                          ZBuffer& buffer) {
  const VertexPointers vertices = {screen.x.data(), screen.y.data(), screen.inverse_depth.data()};
  int kinds[BLOCK];
  SmallFaces small;
  for (long long start = 0; start < mesh.face_count; start += BLOCK) {
    const int* faces = mesh.faces + 3 * start;
    const int first = static_cast<int>(start);
    const int count = static_cast<int>(std::min<long long>(BLOCK, mesh.face_count - start));
    classify_faces(vertices, faces, count, buffer.window, kinds);
    int small_count = 0;
    for (int i = 0; i < count; ++i) {
      small.face[small_count] = first + i;
      small.corner0[small_count] = faces[3 * i];
      small.corner1[small_count] = faces[3 * i + 1];
      small.corner2[small_count] = faces[3 * i + 2];
      small_count += kinds[i] == SMALL;
      if (kinds[i] == GENERAL) fill_general<WithIds>(view, mesh, vertices, first + i, buffer);
    }
    prepare_small_faces(vertices, small_count, buffer.window, small);
    fill_small_faces<WithIds>(small, small_count, buffer);
  }
}

OBJPOSE_CLONES
static void fill_depth(const View& view, const MeshArrays& mesh, const ScreenVertices& screen,
                       ZBuffer& buffer) {
  fill_mesh<false>(view, mesh, screen, buffer);
}

OBJPOSE_CLONES
static void fill_depth_and_ids(const View& view, const MeshArrays& mesh, const ScreenVertices& screen,
                               ZBuffer& buffer) {
  fill_mesh<true>(view, mesh, screen, buffer);
}

}  // namespace objpose
