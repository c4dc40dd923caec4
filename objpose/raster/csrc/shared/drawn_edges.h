// A drawn outline against the picture's own edges beside it; as twin/edges.py has it.
#pragma once

#include "shared/drawn_outline.h"

namespace objpose {

// raster/drawn/bundles.py, PictureEdges. Kernels take it by value.
struct PictureEdges {
  const float* slopes;          // (size, size, 6) of the colours along columns (3) and rows (3), a pixel
  const unsigned char* counts;  // (size, size): whether an outline there is one to be compared
  const float *rays, *K;        // (size, size, 3) with z = 1; (3, 3)
  int size;
  float reach;  // pixels that outlines are off their edges, standard deviation

  OBJPOSE_HD int steps() const { return static_cast<int>(floor(EDGE_SIGMAS * reach / EDGE_SPACING + 0.5f)); }
};

OBJPOSE_HD int clamped(int i, int size) { return i < 0 ? 0 : i < size ? i : size - 1; }

// Share of the pixels of a window, as far as it lies in the picture, where something is drawn.
OBJPOSE_HD float drawn_share(const float* depth, int size, int row, int column) {
  const int half = NORMAL_WINDOW / 2;
  int drawn = 0, pixels = 0;
  for (int y = row - half; y <= row + half; ++y)
    for (int x = column - half; x <= column + half; ++x) {
      if (y < 0 || y >= size || x < 0 || x >= size) continue;
      drawn += depth[static_cast<long long>(y) * size + x] > 0, ++pixels;
    }
  return static_cast<float>(drawn) / static_cast<float>(pixels);
}

// Unit, column and row: where the silhouette ends; 0 where that cannot be told.
OBJPOSE_HD void outward_normal(const float* depth, int size, int row, int column, float* normal) {
  const int left = clamped(column - 1, size), right = clamped(column + 1, size);
  const int top = clamped(row - 1, size), bottom = clamped(row + 1, size);
  const float across = drawn_share(depth, size, row, right) - drawn_share(depth, size, row, left);
  const float down = drawn_share(depth, size, bottom, column) - drawn_share(depth, size, top, column);
  const float x = -across / larger(static_cast<float>(right - left), 1.0f);
  const float y = -down / larger(static_cast<float>(bottom - top), 1.0f);
  const float length = larger(sqrt(x * x + y * y), 1e-12f);
  normal[0] = x / length, normal[1] = y / length;
}

// In [0, 1]: change of colour along a direction at a place between pixels; beyond the picture that at its
// border.
OBJPOSE_HD float edge_strength(const PictureEdges& edges, float column, float row, const float* along) {
  const float most = static_cast<float>(edges.size - 1);
  const float x = larger(smaller(column, most), 0.0f), y = larger(smaller(row, most), 0.0f);
  const int left = static_cast<int>(x), top = static_cast<int>(y);
  const float right_share = x - left, bottom_share = y - top;
  const float* taps[4];
  for (int k = 0; k < 4; ++k)
    taps[k] = edges.slopes +
              6LL * (clamped(top + k / 2, edges.size) * edges.size + clamped(left + k % 2, edges.size));
  float change = 0;
  for (int c = 0; c < 3; ++c) {
    float of[4];
    for (int k = 0; k < 4; ++k) of[k] = along[0] * taps[k][c] + along[1] * taps[k][3 + c];
    const float upper = of[0] + right_share * (of[1] - of[0]), lower = of[2] + right_share * (of[3] - of[2]);
    const float slope = upper + bottom_share * (lower - upper);
    change += slope * slope;
  }
  return change / (change + STRONG_EDGE * STRONG_EDGE);
}

// The edge may be anywhere along the normal, the likelier the stronger and the nearer, or nowhere.
OBJPOSE_HD void add_edge(const PictureEdges& edges, const float* depth, int row, int column,
                         const float* pivot, NormalSums<float>& sums) {
  const long long pixel = static_cast<long long>(row) * edges.size + column;
  float normal[2], total = 0, moment = 0, most = 0;
  outward_normal(depth, edges.size, row, column, normal);
  for (int step = -edges.steps(); step <= edges.steps(); ++step) {
    const float offset = EDGE_SPACING * step, relative = offset / edges.reach, along = offset + 0.5f;
    const float near = exp(-0.5f * relative * relative);
    const float likely =
        near * edge_strength(edges, column + along * normal[0], row + along * normal[1], normal);
    most += near, total += likely, moment += likely * offset;
  }
  const float unseen = UNSEEN_EDGE * most, off = moment / larger(total, 1e-9f);
  const float weight = total / (total + unseen) / (edges.reach * edges.reach);
  const DrawnPoint<float> point = {depth[pixel], edges.rays[3 * pixel], edges.rays[3 * pixel + 1]};
  float along_u[6], along_v[6], line[6];
  point.pixel_rows(edges.K, pivot, along_u, along_v);
  for (int i = 0; i < 6; ++i) line[i] = normal[0] * along_u[i] + normal[1] * along_v[i];
  sums.add(line, weight, -weight * off);
  sums.cost += natural_log(unseen / (total + unseen));
}

}  // namespace objpose
