// A drawn surface against measured depth, point to plane; as twin/drawn.py has it.
#pragma once

#include "shared/normal_sums.h"
#include "shared/twist_rows.h"

namespace objpose {

// Tukey's share of a difference of depth: 1 for none, 0 from `reach` on, and where nothing is drawn.
template <typename Number>
OBJPOSE_HD Number inside_reach(Number drawn, Number difference, float reach) {
  const Number none = Same<Number>::as(0.0f);
  const Number part = Same<Number>::as(1.0f) - (1 / (reach * reach)) * (difference * difference);
  return where_less(none, drawn, larger(part, none), none);
}

// How a drawn surface is compared with measured depth.
struct DepthBand {
  float sigma, reach;  // metres: noise of a pixel, and differences beyond which are outliers
};

// normal: of the drawn surface, camera frame.
template <typename Number>
OBJPOSE_HD void add_depth(const DrawnPoint<Number>& point, const Number* normal, Number measured,
                          DepthBand band, const float* pivot, NormalSums<Number>& sums) {
  const Number difference = point.depth - measured,
               inside = inside_reach(point.depth, difference, band.reach);
  const float precision = 1 / (band.sigma * band.sigma);
  const Number share = precision * (inside * inside);
  const Number residual = difference * (normal[0] * point.x + normal[1] * point.y + normal[2]);
  Number arm[3], row[6];
  point.arm_from(pivot, arm);
  twist_row(normal, arm, row);
  sums.add(row, share, share * residual);
  const Number lost = Same<Number>::as(1.0f) - inside * inside * inside;
  sums.cost = sums.cost + (precision * band.reach * band.reach / 6) * lost;
}

}  // namespace objpose
