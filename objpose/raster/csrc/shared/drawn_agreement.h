// How well drawn colours agree with those seen, up to the light: the colours themselves, and their structure
// in small windows; as drawn/light.py has it.
#pragma once

#include "shared/drawn_color.h"

namespace objpose {

// A drawn picture of `height` x `width` colours against one seen, pixels weighted.
struct AgreementCall {
  const float *seen, *drawn;  // (height, width, 3), (poses, height, width, 3) in [0, 1]
  const float* weight;        // (poses, height, width)
  int height, width;
};

// Mean over the channels of exp(-r^2 / 2), r the difference less the light.
template <typename Number>
OBJPOSE_HD Number color_likeness(const Number* difference, const float* light) {
  constexpr float HALF_LOG2_E = 0.72134752f;
  Number total = Same<Number>::as(0.0f);
  for (int c = 0; c < 3; ++c) {
    const Number off = difference[c] - Same<Number>::as(light[c]);
    total = total + exp2_below_1(-HALF_LOG2_E * (off * off));
  }
  return (1.0f / 3) * total;
}

// Sums over a window, weighted: of 1, and of each channel's seen, drawn, their squares and their product.
constexpr int WINDOW_SUMS = 16;

template <typename Number>
OBJPOSE_HD void window_terms(Number weight, const Number* seen, const Number* drawn, Number* terms) {
  terms[0] = weight;
  for (int c = 0; c < 3; ++c) {
    const Number s = weight * seen[c], d = weight * drawn[c];
    Number* const of = terms + 1 + 5 * c;
    of[0] = s, of[1] = d, of[2] = s * seen[c], of[3] = d * drawn[c], of[4] = s * drawn[c];
  }
}

// Of the three channels together: the structure term of SSIM (Wang et al., IEEE TIP 2004).
template <typename Number>
OBJPOSE_HD Number window_correlations(const Number* sums) {
  const Number none = Same<Number>::as(0.0f), noise = Same<Number>::as(NOISE_VARIANCE);
  const Number least = Same<Number>::as(1e-4f * STRUCTURE_WINDOW * STRUCTURE_WINDOW);
  const Number inverse = Same<Number>::as(1.0f) / larger(sums[0], least);
  Number total = none;
  for (int c = 0; c < 3; ++c) {
    const Number* const of = sums + 1 + 5 * c;
    const Number seen = inverse * of[0], drawn = inverse * of[1];
    const Number seen_variance = larger(inverse * of[2] - seen * seen, none);
    const Number drawn_variance = larger(inverse * of[3] - drawn * drawn, none);
    const Number covariance = inverse * of[4] - seen * drawn;
    total = total + (covariance + noise) / (square_root(seen_variance * drawn_variance) + noise);
  }
  return total;
}

// Sums over a picture, and what they come to.
struct AgreementSums {
  float weight, likeness, correlation;

  OBJPOSE_HD void write(float* out) const {
    const float whole = larger(weight, 1e-6f);
    out[0] = likeness / whole, out[1] = correlation / (3 * whole);
  }
};

}  // namespace objpose
