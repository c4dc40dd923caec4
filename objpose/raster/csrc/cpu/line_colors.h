// The colours on and beside an object.
#pragma once

#include "cpu/clones.h"
#include "cpu/line_walk.h"

namespace objpose {

constexpr int COLORS = COLOR_LEVELS * COLOR_LEVELS * COLOR_LEVELS;

// counts: (2, COLORS), on the object and beside it.
inline void count_line(const Crossing& line, const Image& image, int* counts) {
  const Walk walk(line, 2 * COLOR_REACH, 1);
  Steps steps(walk);
  const double inward = std::min<double>(line.reach[0] - 1, COLOR_REACH);
  const double outward = std::min<double>(line.reach[1] - 1, COLOR_REACH);
  for (int step = 0; step < 2 * COLOR_REACH; ++step, steps.next()) {
    const double distance = walk.distance(step);
    if (fabs(distance) < COLOR_GAP || distance < -inward || distance > outward) continue;
    if (steps.is_inside(image)) ++counts[(distance > 0 ? COLORS : 0) + color_of(steps.pixel(image))];
  }
}

OBJPOSE_CLONES
static void draw_histogram(const int* counts, float rate, float* histogram) {
  long long total = 0;
  for (int i = 0; i < COLORS; ++i) total += counts[i];
  if (total == 0) return;
  const float scale = rate / total;
  for (int i = 0; i < COLORS; ++i) histogram[i] = (1 - rate) * histogram[i] + scale * counts[i];
}

// 1/4, 1/2, 1/4 along the first of three axes of values (COLOR_LEVELS, count), in place; what would leave it
// stays at the end.
OBJPOSE_HD void smooth_first_axis(float* values, int count, float* before) {
  for (int i = 0; i < count; ++i) before[i] = values[i];
  for (int level = 0; level < COLOR_LEVELS; ++level) {
    float* const row = values + level * count;
    const float* const after = level + 1 < COLOR_LEVELS ? row + count : row;
    for (int i = 0; i < count; ++i) {
      const float here = row[i];
      row[i] = 0.25f * before[i] + 0.5f * here + 0.25f * after[i];
      before[i] = here;
    }
  }
}

OBJPOSE_HD void smooth_last_axis(float* row) {
  float wide[COLOR_LEVELS + 2];
  for (int i = 0; i < COLOR_LEVELS; ++i) wide[i + 1] = row[i];
  wide[0] = row[0], wide[COLOR_LEVELS + 1] = row[COLOR_LEVELS - 1];
  for (int i = 0; i < COLOR_LEVELS; ++i) row[i] = 0.25f * wide[i] + 0.5f * wide[i + 1] + 0.25f * wide[i + 2];
}

OBJPOSE_CLONES
static void smooth_colors(float* values) {
  constexpr int PLANE = COLOR_LEVELS * COLOR_LEVELS;
  float before[PLANE];
  smooth_first_axis(values, PLANE, before);
  for (int red = 0; red < COLOR_LEVELS; ++red) smooth_first_axis(values + red * PLANE, COLOR_LEVELS, before);
  for (int row = 0; row < PLANE; ++row) smooth_last_axis(values + row * COLOR_LEVELS);
}

// The chance of the object given the colour; returns the sum of sqrt(on * beside).
OBJPOSE_CLONES
static double compare_colors(const float* on, const float* beside, float* table) {
  double alike = 0;
  for (int first = 0; first < COLORS; first += COLOR_LEVELS) {
    float row = 0;
#pragma omp simd reduction(+ : row)
    for (int i = first; i < first + COLOR_LEVELS; ++i) {
      table[i] = (on[i] + 0.5f * RARE_COLOR) / (on[i] + beside[i] + RARE_COLOR);
      row += sqrtf(on[i] * beside[i]);
    }
    alike += row;
  }
  return alike;
}

}  // namespace objpose
