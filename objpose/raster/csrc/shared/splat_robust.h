// Robust least squares of a pixel's residuals in the camera's twist.
#pragma once

#include "shared/platform.h"
#include "shared/splat_constants.h"

namespace objpose {

// As LOSSES in splats/normal.py.
enum LossKind { SQUARED, HUBER, CAUCHY };

// weight rho(|r| / scale).
struct RobustLoss {
  int kind;
  float inverse_scale, weight;
};

OBJPOSE_HD RobustLoss make_loss(const double* numbers) {
  return {static_cast<int>(numbers[0]), static_cast<float>(1.0 / numbers[1]), static_cast<float>(numbers[2])};
}

// Of a residual with this squared norm; `share` is what multiplies J^T J and J^T r.
OBJPOSE_HD float robust_cost(const RobustLoss& loss, float squared_norm, float& share) {
  const float squared = squared_norm * loss.inverse_scale * loss.inverse_scale;
  float cost = 0.5f * squared;
  share = 1.0f;
  if (loss.kind == HUBER && squared > 1.0f) {
    share = 1.0f / sqrt(squared);
    cost = squared * share - 0.5f;
  }
  if (loss.kind == CAUCHY) {
    share = 1.0f / (1.0f + squared);
    cost = 0.5f * log1p(squared);
  }
  share *= loss.weight * loss.inverse_scale * loss.inverse_scale;
  return cost * loss.weight;
}

// The upper triangle of J^T W J row by row, then J^T W r, then the cost.
constexpr int TRIANGLE = TWIST * (TWIST + 1) / 2;
constexpr int NORMAL_TERMS = TRIANGLE + TWIST + 1;

OBJPOSE_HD void add_row(const float* jacobian, float residual, float share, float* sums) {
  int term = 0;
  for (int i = 0; i < TWIST; ++i) {
    const float weighted = share * jacobian[i];
    for (int j = i; j < TWIST; ++j) sums[term++] += weighted * jacobian[j];
    sums[TRIANGLE + i] += weighted * residual;
  }
}

}  // namespace objpose
