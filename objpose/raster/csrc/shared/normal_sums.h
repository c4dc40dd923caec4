// Sums of normal equations in the six unknowns of a twist.
#pragma once

#include "shared/platform.h"

namespace objpose {

// The upper triangle of the normal matrix by rows, the gradient, the cost.
template <typename Number>
struct NormalSums {
  Number normal[21] = {}, gradient[6] = {}, cost = {};

  OBJPOSE_HD void add(const Number* row, Number curvature, Number slope) {
    for (int i = 0, k = 0; i < 6; ++i) {
      const Number weighted = curvature * row[i];
      gradient[i] = gradient[i] + slope * row[i];
      for (int j = i; j < 6; ++j, ++k) normal[k] = normal[k] + weighted * row[j];
    }
  }

  // Of two residuals a pixel whose weights are a symmetric matrix: (uu, uv; uv, vv).
  OBJPOSE_HD void add_pair(const Number* u, const Number* v, Number uu, Number uv, Number vv, Number slope_u,
                           Number slope_v) {
    for (int i = 0, k = 0; i < 6; ++i) {
      const Number of_u = uu * u[i] + uv * v[i], of_v = uv * u[i] + vv * v[i];
      gradient[i] = gradient[i] + slope_u * u[i] + slope_v * v[i];
      for (int j = i; j < 6; ++j, ++k) normal[k] = normal[k] + of_u * u[j] + of_v * v[j];
    }
  }

  // share: what they are multiplied by.
  OBJPOSE_HD void write(float* normal_out, float* gradient_out, float* cost_out, Number share = 1) const {
    for (int i = 0, k = 0; i < 6; ++i) {
      gradient_out[i] = static_cast<float>(share * gradient[i]);
      for (int j = i; j < 6; ++j, ++k)
        normal_out[6 * i + j] = normal_out[6 * j + i] = static_cast<float>(share * normal[k]);
    }
    *cost_out = static_cast<float>(share * cost);
  }
};

}  // namespace objpose
