// Faces sorted by how much of the screen they touch, and prepared side by side: both loops vectorise over
// faces.
#pragma once

#include "cpu/zbuffer.h"
#include "shared/barycentric.h"

namespace objpose {

constexpr int BLOCK = 256;      // faces sorted at a time
constexpr int BIN = 2 * BLOCK;  // a bin with so many faces is drawn; they all fit the second-level cache

// By the face's box of pixels. Each kind is drawn by a loop of its own, whose branches can be predicted.
enum FaceKind {
  NOT_SEEN,   // touches no pixel centre
  ONE_PIXEL,  // the most frequent in small crops
  TINY,       // up to TINY_PIXELS x TINY_PIXELS: the most frequent in larger images
  SMALL,      // is_small()
  GENERAL,    // everything else: large, or to be clipped
  KINDS,
};
constexpr int TINY_PIXELS = 3;

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

struct FaceBin {
  int count = 0;
  int face[BIN + BLOCK], corner0[BIN + BLOCK], corner1[BIN + BLOCK], corner2[BIN + BLOCK];
};

// Boxes and Coverage<int> of the faces of a bin, as parallel arrays.
struct PreparedFaces {
  int left[BIN + BLOCK], right[BIN + BLOCK], top[BIN + BLOCK], bottom[BIN + BLOCK];
  int at_corner[3][BIN + BLOCK], step_x[3][BIN + BLOCK], step_y[3][BIN + BLOCK];
  float inverse_depth[BIN + BLOCK], slope1[BIN + BLOCK], slope2[BIN + BLOCK];

  PixelBox box(int i) const { return {left[i], right[i], top[i], bottom[i]}; }
  Coverage<int> coverage(int i) const {
    return {{at_corner[0][i], step_x[0][i], step_y[0][i]},
            {at_corner[1][i], step_x[1][i], step_y[1][i]},
            {at_corner[2][i], step_x[2][i], step_y[2][i]},
            inverse_depth[i],
            slope1[i],
            slope2[i]};
  }
};

OBJPOSE_HD int kind_of(const VertexPointers& vertices, const int* corners, const PixelBox& window) {
  const ScreenTriangle triangle = vertices.triangle(corners[0], corners[1], corners[2]);
  const PixelBox box = pixel_box(triangle, window);
  const int side = max2(box.right - box.left, box.bottom - box.top) + 1;
  const int sized = side == 1 ? ONE_PIXEL : side <= TINY_PIXELS ? TINY : SMALL;
  const int kind = is_empty(box) ? NOT_SEEN : is_small(triangle) ? sized : GENERAL;
  return needs_clipping(triangle) ? GENERAL : kind;
}

OBJPOSE_HD void sort_faces(const VertexPointers& vertices, const int* OBJPOSE_RESTRICT faces, int first,
                           int count, const PixelBox& window, FaceBin (&bins)[KINDS]) {
  int kinds[BLOCK];
#pragma omp simd
  for (int i = 0; i < count; ++i) kinds[i] = kind_of(vertices, faces + 3 * i, window);
  for (int i = 0; i < count; ++i) {
    FaceBin& bin = bins[kinds[i]];
    bin.face[bin.count] = first + i;
    bin.corner0[bin.count] = faces[3 * i];
    bin.corner1[bin.count] = faces[3 * i + 1];
    bin.corner2[bin.count] = faces[3 * i + 2];
    ++bin.count;
  }
}

OBJPOSE_HD void prepare_face(const VertexPointers& vertices, const FaceBin& bin, const PixelBox& window,
                             PreparedFaces& prepared, int i) {
  const ScreenTriangle triangle = vertices.triangle(bin.corner0[i], bin.corner1[i], bin.corner2[i]);
  const PixelBox box = pixel_box(triangle, window);
  Coverage<int> c;
  make_coverage(triangle, box, c);
  prepared.left[i] = box.left, prepared.right[i] = box.right;
  prepared.top[i] = box.top, prepared.bottom[i] = box.bottom;
  prepared.at_corner[0][i] = c.edge0.at_corner, prepared.at_corner[1][i] = c.edge1.at_corner;
  prepared.at_corner[2][i] = c.edge2.at_corner;
  prepared.step_x[0][i] = c.edge0.step_x, prepared.step_x[1][i] = c.edge1.step_x;
  prepared.step_x[2][i] = c.edge2.step_x;
  prepared.step_y[0][i] = c.edge0.step_y, prepared.step_y[1][i] = c.edge1.step_y;
  prepared.step_y[2][i] = c.edge2.step_y;
  prepared.inverse_depth[i] = c.inverse_depth, prepared.slope1[i] = c.slope1, prepared.slope2[i] = c.slope2;
}

OBJPOSE_HD void prepare_faces(const VertexPointers& vertices, const FaceBin& bin, const PixelBox& window,
                              PreparedFaces& prepared) {
#pragma omp simd
  for (int i = 0; i < bin.count; ++i) prepare_face(vertices, bin, window, prepared, i);
}

}  // namespace objpose
