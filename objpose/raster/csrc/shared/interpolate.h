// Attributes of corners to attributes of pixels, and the adjoint; any number of channels.
#pragma once

#include "shared/platform.h"

namespace objpose {

// attributes: (vertices, channels). corners: the three vertex indices. out: (channels).
OBJPOSE_HD void interpolate_pixel(const float* attributes, int channels, const int* corners, float b1,
                                  float b2, float* out) {
  const float* a0 = attributes + static_cast<long long>(corners[0]) * channels;
  const float* a1 = attributes + static_cast<long long>(corners[1]) * channels;
  const float* a2 = attributes + static_cast<long long>(corners[2]) * channels;
  const float b0 = 1.0f - b1 - b2;
  for (int c = 0; c < channels; ++c) out[c] = b0 * a0[c] + b1 * a1[c] + b2 * a2[c];
}

// What a pixel's gradient says about b1 and b2.
OBJPOSE_HD void interpolate_pixel_adjoint(const float* attributes, int channels, const int* corners,
                                          const float* grad_out, float* grad_bary) {
  const float* a0 = attributes + static_cast<long long>(corners[0]) * channels;
  const float* a1 = attributes + static_cast<long long>(corners[1]) * channels;
  const float* a2 = attributes + static_cast<long long>(corners[2]) * channels;
  float grad_b1 = 0.0f, grad_b2 = 0.0f;
  for (int c = 0; c < channels; ++c) {
    grad_b1 += grad_out[c] * (a1[c] - a0[c]);
    grad_b2 += grad_out[c] * (a2[c] - a0[c]);
  }
  grad_bary[0] = grad_b1;
  grad_bary[1] = grad_b2;
}

}  // namespace objpose
