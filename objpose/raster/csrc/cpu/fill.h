// Fills a z-buffer with a mesh.
#pragma once

#include <algorithm>

#include "cpu/prepare.h"

namespace objpose {

template <typename Number, bool WithIds>
OBJPOSE_HD void fill_box(const Coverage<Number>& c, const PixelBox& box, int face, ZBuffer& buffer) {
  Number lane_steps[3][LANES];
  for (int k = 0; k < LANES; ++k) {
    lane_steps[0][k] = c.edge0.step_x * k;
    lane_steps[1][k] = c.edge1.step_x * k;
    lane_steps[2][k] = c.edge2.step_x * k;
  }
  // From a column that is a multiple of LANES on: a group then loads just what was stored before, which
  // processors pass on at once, while a load that overlaps two stores must wait.
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

// What one pixel of a face, (dx, dy) from the first of its box, brings to the z-buffer: 1/depth, or 0 where
// not covered.
OBJPOSE_HD float value_at(const PreparedFaces& faces, int i, int dx, int dy) {
  const int e0 = faces.at_corner[0][i] + faces.step_x[0][i] * dx + faces.step_y[0][i] * dy;
  const int e1 = faces.at_corner[1][i] + faces.step_x[1][i] * dx + faces.step_y[1][i] * dy;
  const int e2 = faces.at_corner[2][i] + faces.step_x[2][i] * dx + faces.step_y[2][i] * dy;
  const bool in_box = (dx <= faces.right[i] - faces.left[i]) & (dy <= faces.bottom[i] - faces.top[i]);
  const bool covered = in_box & (e0 >= 0) & (e1 >= 0) & (e2 >= 0);
  return covered ? inverse_depth_at(faces.inverse_depth[i], faces.slope1[i], faces.slope2[i], e1, e2) : 0.0f;
}

// The pixel (dx, dy) of every face of a bin. Values are computed side by side, those that cover are picked
// without branches (no processor could predict them), and then go to the buffer one by one.
template <bool WithIds>
OBJPOSE_HD void fill_pixel_of_each(const FaceBin& bin, const PreparedFaces& faces, int dx, int dy,
                                   ZBuffer& buffer) {
  float values[BIN + BLOCK];
  int picked[BIN + BLOCK];
#pragma omp simd
  for (int i = 0; i < bin.count; ++i) values[i] = value_at(faces, i, dx, dy);
  int count = 0;
  for (int i = 0; i < bin.count; ++i) {
    picked[count] = i;
    count += values[i] > 0.0f;
  }
  for (int k = 0; k < count; ++k) {
    const int i = picked[k];
    const long long pixel = buffer.offset(faces.left[i] + dx, faces.top[i] + dy);
    float& nearest = buffer.inverse_depth[pixel];
    bool visible = values[i] > nearest;
    if (WithIds) visible |= (values[i] == nearest) & (bin.face[i] < buffer.face_ids[pixel]);
    nearest = visible ? values[i] : nearest;
    if (WithIds) buffer.face_ids[pixel] = visible ? bin.face[i] : buffer.face_ids[pixel];
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

// Draws the faces of a bin and empties it.
template <bool WithIds>
OBJPOSE_HD void fill_bin(const View& view, const MeshArrays& mesh, const VertexPointers& vertices, int kind,
                         FaceBin& bin, PreparedFaces& prepared, ZBuffer& buffer) {
  if (kind == GENERAL)
    for (int i = 0; i < bin.count; ++i) fill_general<WithIds>(view, mesh, vertices, bin.face[i], buffer);
  else
    prepare_faces(vertices, bin, buffer.window, prepared);
  if (kind == SMALL)
    for (int i = 0; i < bin.count; ++i)
      fill_box<int, WithIds>(prepared.coverage(i), prepared.box(i), bin.face[i], buffer);
  if (kind == ONE_PIXEL || kind == TINY) {
    const int side = kind == TINY ? TINY_PIXELS : 1;
    for (int dy = 0; dy < side; ++dy)
      for (int dx = 0; dx < side; ++dx) fill_pixel_of_each<WithIds>(bin, prepared, dx, dy, buffer);
  }
  bin.count = 0;
}

template <bool WithIds>
OBJPOSE_HD void fill_mesh(const View& view, const MeshArrays& mesh, const ScreenVertices& screen,
                          ZBuffer& buffer) {
  const VertexPointers vertices = {screen.x.data(), screen.y.data(), screen.inverse_depth.data()};
  FaceBin bins[KINDS];
  PreparedFaces prepared;
  for (long long start = 0; start < mesh.face_count; start += BLOCK) {
    const int count = static_cast<int>(std::min<long long>(BLOCK, mesh.face_count - start));
    sort_faces(vertices, mesh.faces + 3 * start, static_cast<int>(start), count, buffer.window, bins);
    bins[NOT_SEEN].count = 0;
    const int full = start + BLOCK < mesh.face_count ? BIN : 1;  // after the last block, all are drawn
    for (int kind = ONE_PIXEL; kind < KINDS; ++kind)
      if (bins[kind].count >= full)
        fill_bin<WithIds>(view, mesh, vertices, kind, bins[kind], prepared, buffer);
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
