// Patches of an earlier frame against the grey values of this one.
#pragma once

#include "cpu/clones.h"
#include "cpu/lanes.h"
#include "cpu/line_equations.h"
#include "shared/point_constants.h"

namespace objpose {

// One level of a pyramid over a part of an image.
struct GreyLevel {
  const float* grey;  // (height, width), 0 to 255
  int height, width;
};

// Halves of an image, means of 2 x 2 pixels; `from` has twice the sides of `to`, or a pixel more.
OBJPOSE_CLONES
static void halve_grey(const GreyLevel& from, float* to) {
  const int height = from.height / 2, width = from.width / 2;
  for (int row = 0; row < height; ++row) {
    const float* const upper = from.grey + 2LL * row * from.width;
    const float* const lower = upper + from.width;
    float* const out = to + static_cast<long long>(row) * width;
    for (int k = 0; k < width; ++k)
      out[k] = 0.25f * (upper[2 * k] + upper[2 * k + 1] + lower[2 * k] + lower[2 * k + 1]);
  }
}

// Luma (ITU-R BT.601) of a row of colours.
OBJPOSE_CLONES
static void grey_row(const unsigned char* rgb, int width, float* out) {
  for (int k = 0; k < width; ++k)
    out[k] = 0.299f * rgb[3 * k] + 0.587f * rgb[3 * k + 1] + 0.114f * rgb[3 * k + 2];
}

// The samples of P patches, as one pyramid level shows them, in the object's frame.
struct PatchSet {
  const float* points;           // (P, 3, PATCH_SAMPLES) metres
  const float* values;           // (P, PATCH_SAMPLES) grey less its mean in the patch
  const float* normals;          // (P, 3) of the surface, outward
  const unsigned char* usable;   // (P,)
  long long count;
};

// A pinhole of one pyramid level, and a pose, in float: patches are compared to hundredths of a pixel.
struct PatchCamera {
  float fx, fy, cx, cy, rotation[9], translation[3], pivot[3];
};

using Samples = float[PATCH_SAMPLES];

// Where a patch is seen: grey values and their change with the twist, coordinates first.
struct SeenPatch {
  Samples value, row[6];
  bool is_inside;
};

OBJPOSE_HD float mean_of(const Samples& values) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int k = 0; k < PATCH_SAMPLES; ++k) sum += values[k];
  return sum / PATCH_SAMPLES;
}

OBJPOSE_HD float dot_of(const Samples& a, const Samples& b) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int k = 0; k < PATCH_SAMPLES; ++k) sum += a[k] * b[k];
  return sum;
}

OBJPOSE_HD void see_patch(const GreyLevel& image, const PatchCamera& camera, const float* points,
                          SeenPatch& out) {
  const float *const R = camera.rotation, *const t = camera.translation;
  Samples p[3], u, v, gu, gv;
  int outside = 0;
#pragma omp simd reduction(+ : outside)
  for (int k = 0; k < PATCH_SAMPLES; ++k) {
    const float x = points[k], y = points[PATCH_SAMPLES + k], z = points[2 * PATCH_SAMPLES + k];
    p[0][k] = R[0] * x + R[1] * y + R[2] * z + t[0];
    p[1][k] = R[3] * x + R[4] * y + R[5] * z + t[1];
    p[2][k] = R[6] * x + R[7] * y + R[8] * z + t[2];
    const float inverse = 1.0f / (p[2][k] > 1e-6f ? p[2][k] : 1e-6f);
    u[k] = camera.fx * p[0][k] * inverse + camera.cx;
    v[k] = camera.fy * p[1][k] * inverse + camera.cy;
    const bool is_inside = p[2][k] > 1e-6f && u[k] >= 0 && v[k] >= 0 && u[k] < image.width - 1 &&
                           v[k] < image.height - 1;
    outside += !is_inside;
  }
  out.is_inside = outside == 0;
  if (!out.is_inside) return;
  for (int k = 0; k < PATCH_SAMPLES; ++k) {
    const int column = static_cast<int>(u[k]), row = static_cast<int>(v[k]);
    const float a = u[k] - column, b = v[k] - row;
    const float* const upper = image.grey + static_cast<long long>(row) * image.width + column;
    const float* const lower = upper + image.width;
    const float left = upper[0] + b * (lower[0] - upper[0]), right = upper[1] + b * (lower[1] - upper[1]);
    out.value[k] = left + a * (right - left);
    gu[k] = right - left;
    gv[k] = (1 - a) * (lower[0] - upper[0]) + a * (lower[1] - upper[1]);
  }
#pragma omp simd
  for (int k = 0; k < PATCH_SAMPLES; ++k) {
    const float inverse = 1.0f / p[2][k];
    const float x = gu[k] * camera.fx * inverse, y = gv[k] * camera.fy * inverse;
    const float z = -(x * p[0][k] + y * p[1][k]) * inverse;
    const float a = p[0][k] - camera.pivot[0], b = p[1][k] - camera.pivot[1], c = p[2][k] - camera.pivot[2];
    out.row[0][k] = x, out.row[1][k] = y, out.row[2][k] = z;
    out.row[3][k] = b * z - c * y, out.row[4][k] = c * x - a * z, out.row[5][k] = a * y - b * x;
  }
}

// What is left of `samples` when their mean and their part along `unit` are taken out.
OBJPOSE_HD void take_out(const Samples& unit, Samples& samples) {
  const float mean = mean_of(samples), along = dot_of(unit, samples);
#pragma omp simd
  for (int k = 0; k < PATCH_SAMPLES; ++k) samples[k] -= mean + along * unit[k];
}

// Sums over patches, sample by sample: added up once, when all patches are in.
struct PatchSums {
  Samples normal[21] = {}, gradient[6] = {};

  void add_to(PoseSums& out) const {
    for (int i = 0; i < 6; ++i)
      for (const float part : gradient[i]) out.gradient[i] += part;
    for (int i = 0; i < 21; ++i)
      for (const float part : normal[i]) out.normal[i] += part;
  }
};

// Adds a patch's equations, by Cauchy's loss of its rms difference over sigma; tells whether it agrees.
OBJPOSE_HD bool compare_patch(SeenPatch& seen, const float* values, float sigma, PatchSums& out,
                              double& cost, float& rms) {
  Samples unit;
  float squared = 0;
#pragma omp simd reduction(+ : squared)
  for (int k = 0; k < PATCH_SAMPLES; ++k) squared += values[k] * values[k];
  const float contrast = sqrt(squared);
  for (int k = 0; k < PATCH_SAMPLES; ++k) unit[k] = values[k] / contrast;
  const float gain = dot_of(unit, seen.value) / contrast;
  take_out(unit, seen.value);
  const float difference = dot_of(seen.value, seen.value);
  rms = sqrt(difference / PATCH_SAMPLES);
  if (gain <= 0) return false;
  const float scale = 1.0f / (sigma * sigma * PATCH_SAMPLES), relative = difference * scale;
  const float share = scale / (1.0f + relative);
  cost += 0.5f * log1p(relative);
  for (int i = 0; i < 6; ++i) take_out(unit, seen.row[i]);
  for (int i = 0, term = 0; i < 6; ++i) {
    Samples weighted;
#pragma omp simd
    for (int k = 0; k < PATCH_SAMPLES; ++k) {
      weighted[k] = share * seen.row[i][k];
      out.gradient[i][k] += weighted[k] * seen.value[k];
    }
    for (int j = i; j < 6; ++j, ++term)
#pragma omp simd
      for (int k = 0; k < PATCH_SAMPLES; ++k) out.normal[term][k] += weighted[k] * seen.row[j][k];
  }
  return relative < AGREEING * AGREEING && gain < MOST_GAIN && gain * MOST_GAIN > 1;
}

// rms: (count,) grey values that a patch differs by, infinite where it is not seen.
OBJPOSE_CLONES
static void compare_patches(const GreyLevel& image, const PatchCamera& camera, const PatchSet& patches,
                            float sigma, PoseSums& out, int* agreeing_and_seen, float* rms) {
  SeenPatch seen;
  PatchSums sums;
  const float *const R = camera.rotation, *const t = camera.translation;
  for (long long i = 0; i < patches.count; ++i) {
    rms[i] = INFINITY;
    if (!patches.usable[i]) continue;
    const float *const n = patches.normals + 3 * i, *const points = patches.points + 3 * PATCH_SAMPLES * i;
    float facing = 0;
    for (int k = 0; k < 3; ++k) {
      const float* const of = R + 3 * k;
      const float p =
          of[0] * points[0] + of[1] * points[PATCH_SAMPLES] + of[2] * points[2 * PATCH_SAMPLES] + t[k];
      facing += (of[0] * n[0] + of[1] * n[1] + of[2] * n[2]) * p;
    }
    if (facing >= 0) continue;
    see_patch(image, camera, points, seen);
    if (!seen.is_inside) continue;
    agreeing_and_seen[0] += compare_patch(seen, patches.values + PATCH_SAMPLES * i, sigma, sums, out.cost, rms[i]);
    ++agreeing_and_seen[1];
  }
  sums.add_to(out);
}

}  // namespace objpose
