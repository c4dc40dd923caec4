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

// chance: (segments) of each to lie on the object, of its pixels together.
inline void walk_segments(const Walk& walk, const Image& image, const float* table, int scale, int segments,
                          float* chance) {
  for (int segment = 0, step = 0; segment < segments; ++segment) {
    float on = 1, beside = 1;
    for (int k = 0; k < scale; ++k, ++step) {
      const long long pixel = walk.pixel(step, image);
      float p = pixel < 0 ? 0.5f : table[color_of(image.rgb + 3 * pixel)];
      p = std::min(std::max(p, 1 - MOST_CERTAIN), MOST_CERTAIN);
      on *= p, beside *= 1 - p;
    }
    chance[segment] = on / (on + beside);
  }
}

// posterior: (positions) chance of each to be the border.
OBJPOSE_CLONES
inline void find_border(const Edge& edge, const float* chance, int positions, float* posterior) {
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

inline void profile_line(const Crossing& line, const Image& image, const float* table, const Edge& edge,
                         int scale, int positions, float* placement, float* posterior) {
  const int segments = positions + EDGE_TAPS - 1;
  bool is_line = line.is_seen;
  if (is_line) {
    const Walk walk(line, segments * scale);
    const double spacing = scale * walk.slope();
    is_line = std::min(line.reach[0], line.reach[1]) >= LEAST_REACH * spacing;
    if (is_line) {
      float chance[MOST_SEGMENTS];
      walk_segments(walk, image, table, scale, segments, chance);
      find_border(edge, chance, positions, posterior);
      const double middle = (walk.distance(0) + walk.distance(segments * scale - 1)) / 2;
      const double fields[LINE_FIELDS] = {line.centre[0], line.centre[1],
                                          line.normal[0], line.normal[1],
                                          middle - spacing * (positions - 1) / 2, spacing};
      for (int k = 0; k < LINE_FIELDS; ++k) placement[k] = static_cast<float>(fields[k]);
    }
  }
  if (!is_line) {
    std::fill_n(placement, LINE_FIELDS, 0.0f);
    std::fill_n(posterior, positions, 0.0f);
  }
}

}  // namespace objpose
