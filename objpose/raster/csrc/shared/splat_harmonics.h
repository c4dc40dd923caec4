// Real spherical harmonics to degree 3, with the signs and the order of the 3DGS file format, and colours
// made of them.
#pragma once

#include "shared/splat_camera.h"

namespace objpose {

constexpr int MAX_HARMONICS = 16;

// sqrt(1 / 4 pi), sqrt(3 / 4 pi), sqrt(15 / 4 pi), sqrt(5 / 16 pi), and so on.
constexpr float HARMONIC_0 = 0.28209479177387814f, HARMONIC_1 = 0.4886025119029199f;
constexpr float HARMONIC_2_1 = 1.0925484305920792f, HARMONIC_2_0 = 0.31539156525252005f;
constexpr float HARMONIC_3_3 = 0.5900435899266435f, HARMONIC_3_2 = 2.890611442640554f;
constexpr float HARMONIC_3_1 = 0.4570457994644658f, HARMONIC_3_0 = 0.3731763325901154f;

// The first `count` (1, 4, 9 or 16) at the unit vector d.
OBJPOSE_HD void harmonics(Vec3f d, int count, float* out) {
  const float x = d.x, y = d.y, z = d.z;
  out[0] = HARMONIC_0;
  if (count <= 1) return;
  out[1] = -HARMONIC_1 * y, out[2] = HARMONIC_1 * z, out[3] = -HARMONIC_1 * x;
  if (count <= 4) return;
  const float xx = x * x, yy = y * y, zz = z * z;
  out[4] = HARMONIC_2_1 * x * y, out[5] = -HARMONIC_2_1 * y * z;
  out[6] = HARMONIC_2_0 * (2.0f * zz - xx - yy);
  out[7] = -HARMONIC_2_1 * x * z, out[8] = 0.5f * HARMONIC_2_1 * (xx - yy);
  if (count <= 9) return;
  out[9] = -HARMONIC_3_3 * y * (3.0f * xx - yy), out[10] = HARMONIC_3_2 * x * y * z;
  out[11] = -HARMONIC_3_1 * y * (4.0f * zz - xx - yy);
  out[12] = HARMONIC_3_0 * z * (2.0f * zz - 3.0f * xx - 3.0f * yy);
  out[13] = -HARMONIC_3_1 * x * (4.0f * zz - xx - yy);
  out[14] = 0.5f * HARMONIC_3_2 * z * (xx - yy), out[15] = -HARMONIC_3_3 * x * (xx - 3.0f * yy);
}

// Their gradients by d, as of the polynomials above.
OBJPOSE_HD void harmonic_gradients(Vec3f d, int count, Vec3f* out) {
  const float x = d.x, y = d.y, z = d.z;
  out[0] = {0.0f, 0.0f, 0.0f};
  if (count <= 1) return;
  out[1] = {0.0f, -HARMONIC_1, 0.0f}, out[2] = {0.0f, 0.0f, HARMONIC_1}, out[3] = {-HARMONIC_1, 0.0f, 0.0f};
  if (count <= 4) return;
  const float xx = x * x, yy = y * y, zz = z * z;
  out[4] = {HARMONIC_2_1 * y, HARMONIC_2_1 * x, 0.0f};
  out[5] = {0.0f, -HARMONIC_2_1 * z, -HARMONIC_2_1 * y};
  out[6] = 2.0f * HARMONIC_2_0 * Vec3f{-x, -y, 2.0f * z};
  out[7] = {-HARMONIC_2_1 * z, 0.0f, -HARMONIC_2_1 * x};
  out[8] = HARMONIC_2_1 * Vec3f{x, -y, 0.0f};
  if (count <= 9) return;
  out[9] = -3.0f * HARMONIC_3_3 * Vec3f{2.0f * x * y, xx - yy, 0.0f};
  out[10] = HARMONIC_3_2 * Vec3f{y * z, x * z, x * y};
  out[11] = -HARMONIC_3_1 * Vec3f{-2.0f * x * y, 4.0f * zz - xx - 3.0f * yy, 8.0f * y * z};
  out[12] = HARMONIC_3_0 * Vec3f{-6.0f * x * z, -6.0f * y * z, 6.0f * zz - 3.0f * xx - 3.0f * yy};
  out[13] = -HARMONIC_3_1 * Vec3f{4.0f * zz - 3.0f * xx - yy, -2.0f * x * y, 8.0f * x * z};
  out[14] = 0.5f * HARMONIC_3_2 * Vec3f{2.0f * x * z, -2.0f * y * z, xx - yy};
  out[15] = -HARMONIC_3_3 * Vec3f{3.0f * xx - 3.0f * yy, -6.0f * x * y, 0.0f};
}

// A splat as seen from the camera's centre: colour = max(0, 1/2 + sum of harmonics times coefficients).
struct Shading {
  Vec3f direction;  // from the camera to the splat, unit
  float inverse_distance;
  float values[MAX_HARMONICS];
  bool is_positive[3];
};

// sh: (count, 3).
OBJPOSE_HD Shading shade_splat(Vec3f mean, Vec3f centre, const float* sh, int count, float* color) {
  Shading shading;
  const Vec3f offset = mean - centre;
  shading.inverse_distance = inverse_length(offset);
  shading.direction = shading.inverse_distance * offset;
  harmonics(shading.direction, count, shading.values);
  for (int c = 0; c < 3; ++c) {
    float sum = 0.5f;
    for (int k = 0; k < count; ++k) sum += shading.values[k] * sh[3 * k + c];
    shading.is_positive[c] = sum > 0.0f;
    color[c] = sum > 0.0f ? sum : 0.0f;
  }
  return shading;
}

// Of a direction's derivative by the offset it is the direction of: across it, divided by the distance.
OBJPOSE_HD Vec3f offset_gradient(const Shading& shading, Vec3f by_direction) {
  return shading.inverse_distance * (by_direction - dot(by_direction, shading.direction) * shading.direction);
}

// Adds to grad_sh (count, 3); returns the gradient by the offset from the camera to the splat.
OBJPOSE_HD Vec3f shade_adjoint(const Shading& shading, const float* sh, int count, const float* grad_color,
                               float* grad_sh) {
  Vec3f gradients[MAX_HARMONICS];
  harmonic_gradients(shading.direction, count, gradients);
  Vec3f by_direction = {0.0f, 0.0f, 0.0f};
  for (int c = 0; c < 3; ++c) {
    const float grad = shading.is_positive[c] ? grad_color[c] : 0.0f;
    for (int k = 0; k < count; ++k) {
      grad_sh[3 * k + c] += grad * shading.values[k];
      by_direction = by_direction + (grad * sh[3 * k + c]) * gradients[k];
    }
  }
  return offset_gradient(shading, by_direction);
}

// Derivatives (3 colours, 3) by the translation of the camera's left twist, which moves the camera's centre
// by -rotation^T v in the world.
OBJPOSE_HD void shade_slopes(const Shading& shading, const float* sh, int count, Mat3f rotation, float* out) {
  Vec3f gradients[MAX_HARMONICS];
  harmonic_gradients(shading.direction, count, gradients);
  for (int c = 0; c < 3; ++c) {
    Vec3f by_direction = {0.0f, 0.0f, 0.0f};
    for (int k = 0; k < count; ++k) by_direction = by_direction + sh[3 * k + c] * gradients[k];
    const Vec3f by_offset = offset_gradient(shading, by_direction);
    store3(out + 3 * c, shading.is_positive[c] ? mul(rotation, by_offset) : Vec3f{0.0f, 0.0f, 0.0f});
  }
}

}  // namespace objpose
