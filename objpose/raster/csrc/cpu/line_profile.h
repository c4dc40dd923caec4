// Where on a line the border may be.
#pragma once

#include "cpu/clones.h"
#include "cpu/line_walk.h"

namespace objpose {

constexpr int MOST_SEGMENTS = MOST_POSITIONS + EDGE_TAPS - 1;

// Chance of a segment at each side of a border to be of the object: a smooth step.
struct Edge {
  float inside[EDGE_TAPS];

  Edge() {
    for (int i = 0; i < EDGE_TAPS; ++i)
      inside[i] = static_cast<float>(0.5 - EDGE_CONTRAST * tanh(i - (EDGE_TAPS - 1) / 2.0));
  }
};

// Pixels from one that is looked at to the next: of long segments half say as much, as neighbours are alike.
inline int stride_of(int scale) { return scale > 2 && scale % 2 == 0 ? 2 : 1; }

// chance: (segments) of each to lie on the object, of its `samples` pixels together.
template <bool IS_WHOLLY_INSIDE>
inline void walk_segments(Steps steps, const Image& image, const float* table, int samples, int segments,
                          float* chance) {
  for (int segment = 0; segment < segments; ++segment) {
    float on = 1, beside = 1;
    for (int k = 0; k < samples; ++k, steps.next()) {
      const bool is_inside = IS_WHOLLY_INSIDE || steps.is_inside(image);
      float p = is_inside ? table[color_of(steps.pixel(image))] : 0.5f;
      p = std::min(std::max(p, 1 - MOST_CERTAIN), MOST_CERTAIN);
      on *= p, beside *= 1 - p;
    }
    chance[segment] = on / (on + beside);
  }
}

inline void walk_line(const Walk& walk, const Image& image, const float* table, int samples, int segments,
                      float* chance) {
  const Steps start(walk);
  Steps end = start;
  end.skip(samples * segments - 1);
  if (start.is_inside(image) && end.is_inside(image))
    walk_segments<true>(start, image, table, samples, segments, chance);
  else
    walk_segments<false>(start, image, table, samples, segments, chance);
}

// posterior: (positions) chance of each to be the border.
OBJPOSE_CLONES
static void find_border(const Edge& edge, const float* chance, int positions, float* posterior) {
  for (int d = 0; d < positions; ++d) posterior[d] = 1;
  for (int tap = 0; tap < EDGE_TAPS; ++tap) {
    const float beside = 1 - edge.inside[tap], gain = edge.inside[tap] - beside;
    for (int d = 0; d < positions; ++d) posterior[d] *= beside + gain * chance[d + tap];
  }
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (int d = 0; d < positions; ++d) total += posterior[d];
  for (int d = 0; d < positions; ++d) posterior[d] /= total;
}

// The weight of a line, from the variance of its border.
OBJPOSE_CLONES
static float line_weight(const float* posterior, int positions) {
  float mean = 0, variance = 0;
#pragma omp simd reduction(+ : mean)
  for (int d = 0; d < positions; ++d) mean += posterior[d] * d;
#pragma omp simd reduction(+ : variance)
  for (int d = 0; d < positions; ++d) variance += posterior[d] * (d - mean) * (d - mean);
  return LEAST_VARIANCE / std::max(variance, LEAST_VARIANCE);
}

inline void profile_line(const Crossing& line, const Image& image, const float* table, const Edge& edge,
                         int scale, int positions, float* placement, float* posterior) {
  const int segments = positions + EDGE_TAPS - 1;
  bool is_line = line.is_seen;
  if (is_line) {
    const int stride = stride_of(scale), samples = scale / stride;
    const Walk walk(line, segments * samples, stride);
    const double spacing = scale * walk.slope();
    is_line = std::min(line.reach[0], line.reach[1]) >= LEAST_REACH * spacing;
    if (is_line) {
      float chance[MOST_SEGMENTS];
      walk_line(walk, image, table, samples, segments, chance);
      find_border(edge, chance, positions, posterior);
      const double middle = (walk.distance(0) + walk.distance(segments * samples - 1)) / 2;
      const double fields[LINE_FIELDS] = {line.centre[0],
                                          line.centre[1],
                                          line.normal[0],
                                          line.normal[1],
                                          middle - spacing * (positions - 1) / 2,
                                          spacing,
                                          line_weight(posterior, positions)};
      for (int k = 0; k < LINE_FIELDS; ++k) placement[k] = static_cast<float>(fields[k]);
    }
  }
  if (!is_line) {
    std::fill_n(placement, LINE_FIELDS, 0.0f);
    std::fill_n(posterior, positions, 0.0f);
  }
}

}  // namespace objpose
