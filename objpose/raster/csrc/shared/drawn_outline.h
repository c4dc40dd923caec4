// A drawn outline against the border of a mask; as twin/drawn.py has it.
#pragma once

#include "shared/drawn_constants.h"
#include "shared/normal_sums.h"
#include "shared/twist_rows.h"

namespace objpose {

// A mask's border, as pictures of `size` x `size` pixels tell it.
struct MaskBorder {
  const float* distance;        // pixels beyond the mask's own outline, negative within
  const float* slope;           // (size, size, 2) of it along rows and columns
  const unsigned char* counts;  // whether an outline there is one to be compared
  const float *rays, *K;        // (size, size, 3) with z = 1; (3, 3)
  int size;
  float sigma, reach;  // pixels: how far borders are off, and outlines that are left alone

  OBJPOSE_HD float worst() const { return reach * reach / (sigma * sigma) / 6; }
};

// Whether a pixel of a drawn mask has a neighbour, of four, that is not of it.
OBJPOSE_HD bool is_outline(const float* depth, int size, int row, int column) {
  const float* const here = depth + static_cast<long long>(row) * size + column;
  if (!(*here > 0)) return false;
  return (row > 0 && !(here[-size] > 0)) || (row + 1 < size && !(here[size] > 0)) ||
         (column > 0 && !(here[-1] > 0)) || (column + 1 < size && !(here[1] > 0));
}

OBJPOSE_HD void add_outline(const MaskBorder& border, float depth, long long pixel, const float* pivot,
                            NormalSums<float>& sums) {
  const float residual = border.distance[pixel] / border.sigma;
  const float limit = border.reach / border.sigma, part = 1 - residual * residual / (limit * limit);
  const float inside = larger(part, 0.0f), share = residual > 0 ? OUTSIDE_WEIGHT : 1.0f;
  const float down = border.slope[2 * pixel] / border.sigma,
              right = border.slope[2 * pixel + 1] / border.sigma;
  const DrawnPoint<float> point = {depth, border.rays[3 * pixel], border.rays[3 * pixel + 1]};
  float along_u[6], along_v[6], row[6];
  point.pixel_rows(border.K, pivot, along_u, along_v);
  for (int i = 0; i < 6; ++i) row[i] = right * along_u[i] + down * along_v[i];
  sums.add(row, share * inside * inside, share * inside * inside * residual);
  sums.cost += share * border.worst() * (1 - inside * inside * inside);
}

}  // namespace objpose
