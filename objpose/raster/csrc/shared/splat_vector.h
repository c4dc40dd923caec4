// Three-vectors and 3x3 matrices of floats, of scalar members: compilers keep them in registers.
#pragma once

#include "shared/platform.h"

namespace objpose {

struct Vec3f {
  float x, y, z;
};

OBJPOSE_HD Vec3f operator+(Vec3f a, Vec3f b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
OBJPOSE_HD Vec3f operator-(Vec3f a, Vec3f b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
OBJPOSE_HD Vec3f operator*(float s, Vec3f a) { return {s * a.x, s * a.y, s * a.z}; }
OBJPOSE_HD Vec3f times(Vec3f a, Vec3f b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
OBJPOSE_HD float dot(Vec3f a, Vec3f b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
OBJPOSE_HD Vec3f cross(Vec3f a, Vec3f b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
OBJPOSE_HD float inverse_length(Vec3f a) {
  const float squared = dot(a, a);
  return squared > 0.0f ? 1.0f / sqrt(squared) : 0.0f;
}
OBJPOSE_HD Vec3f load3(const float* values) { return {values[0], values[1], values[2]}; }
OBJPOSE_HD void store3(float* values, Vec3f a) { values[0] = a.x, values[1] = a.y, values[2] = a.z; }

// Rows.
struct Mat3f {
  Vec3f x, y, z;
};

OBJPOSE_HD Mat3f operator+(Mat3f a, Mat3f b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
OBJPOSE_HD Mat3f transposed(Mat3f a) {
  return {{a.x.x, a.y.x, a.z.x}, {a.x.y, a.y.y, a.z.y}, {a.x.z, a.y.z, a.z.z}};
}
OBJPOSE_HD Vec3f mul(Mat3f a, Vec3f b) { return {dot(a.x, b), dot(a.y, b), dot(a.z, b)}; }
// The row vector b^T a.
OBJPOSE_HD Vec3f row_mul(Vec3f b, Mat3f a) { return b.x * a.x + b.y * a.y + b.z * a.z; }
OBJPOSE_HD Mat3f mul(Mat3f a, Mat3f b) { return {row_mul(a.x, b), row_mul(a.y, b), row_mul(a.z, b)}; }
// a b^T
OBJPOSE_HD Mat3f outer(Vec3f a, Vec3f b) { return {a.x * b, a.y * b, a.z * b}; }
// Columns times the elements of s.
OBJPOSE_HD Mat3f scale_columns(Mat3f a, Vec3f s) { return {times(a.x, s), times(a.y, s), times(a.z, s)}; }
// w x (each column).
OBJPOSE_HD Mat3f cross_columns(Vec3f w, Mat3f a) {
  return {w.y * a.z - w.z * a.y, w.z * a.x - w.x * a.z, w.x * a.y - w.y * a.x};
}

}  // namespace objpose
