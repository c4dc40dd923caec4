// Agreement of colours, a pose at a time, as many pixels together as a register holds.
#pragma once

#include <algorithm>
#include <vector>

#include "cpu/clones.h"
#include "cpu/lanes_number.h"
#include "shared/drawn_agreement.h"

namespace objpose {

constexpr int HALF_WINDOW = STRUCTURE_WINDOW / 2;

// Planes of a picture, each row with zeros before and behind it: windows reach beyond, and so do registers.
class PaddedPlanes {
 public:
  PaddedPlanes(int planes, int height, int width)
      : height_(height),
        step_((width + MOST_LANES - 1) / MOST_LANES * MOST_LANES + 2 * MOST_LANES),
        values_(static_cast<size_t>(planes) * height * step_) {}

  int step() const { return step_; }
  void clear() { std::fill(values_.begin(), values_.end(), 0.0f); }
  // The first pixel of a row.
  float* row(int plane, int y) {
    return values_.data() + (static_cast<size_t>(plane) * height_ + y) * step_ + MOST_LANES;
  }

 private:
  int height_, step_;
  std::vector<float> values_;
};

// Planes 0 to 2: appearance of colours (height, width, 3).
struct TakeAppearance {
  template <int W>
  OBJPOSE_HD static void run(const float* colors, const AgreementCall& call, PaddedPlanes& planes) {
    for (int y = 0; y < call.height; ++y) {
      float* const rows[3] = {planes.row(0, y), planes.row(1, y), planes.row(2, y)};
      const float* const from = colors + 3LL * y * call.width;
      for (int x = 0; x < call.width; ++x)
        for (int c = 0; c < 3; ++c) rows[c][x] = from[3 * x + c];
      for (int x = 0; x < call.width; x += W) {
        const Lanes<W> rgb[3] = {load_lanes<W>(rows[0] + x), load_lanes<W>(rows[1] + x),
                                 load_lanes<W>(rows[2] + x)};
        Lanes<W> channels[3];
        appearance(rgb, channels);
        for (int c = 0; c < 3; ++c) store_lanes(rows[c] + x, channels[c]);
      }
      // Registers reach beyond the row's end, and zeros are not what they leave there.
      for (int c = 0; c < 3; ++c) std::fill(rows[c] + call.width, rows[c] + call.width + MOST_LANES, 0.0f);
    }
  }
};

// What a thread works with: plane 3 of `drawn` is the weight; sums along rows of the last rows of windows.
struct AgreementScratch {
  PaddedPlanes drawn, sums;
  std::vector<float> terms;

  explicit AgreementScratch(const AgreementCall& call)
      : drawn(4, call.height, call.width),
        sums(WINDOW_SUMS, STRUCTURE_WINDOW, call.width),
        terms(static_cast<size_t>(WINDOW_SUMS) * sums.step()) {}
};

struct SumColors {
  template <int W>
  OBJPOSE_HD static void run(const AgreementCall& call, PaddedPlanes& seen, PaddedPlanes& drawn,
                             AgreementSums& out) {
    float light[3] = {};
    for (int step = 0; step < FIT_STEPS; ++step) {
      LightSums<Lanes<W>> sums;
      each<W>(call, seen, drawn, [&](const Lanes<W>* difference, Lanes<W> weight) OBJPOSE_INLINE_LAMBDA {
        sums.add(difference, weight, light);
      });
      for (int c = 0; c < 3; ++c) light[c] = fitted_light(sum(sums.moment[c]), sum(sums.total[c]), c);
    }
    Lanes<W> likeness = lanes<W>(0), total = lanes<W>(0);
    each<W>(call, seen, drawn, [&](const Lanes<W>* difference, Lanes<W> weight) OBJPOSE_INLINE_LAMBDA {
      likeness = likeness + weight * color_likeness(difference, light), total = total + weight;
    });
    out.likeness = sum(likeness), out.weight = sum(total);
  }

  template <int W, typename Body>
  OBJPOSE_HD static void each(const AgreementCall& call, PaddedPlanes& seen, PaddedPlanes& drawn,
                              const Body& body) {
    for (int y = 0; y < call.height; ++y)
      for (int x = 0; x < call.width; x += W) {
        Lanes<W> difference[3];
        for (int c = 0; c < 3; ++c)
          difference[c] = load_lanes<W>(seen.row(c, y) + x) - load_lanes<W>(drawn.row(c, y) + x);
        body(difference, load_lanes<W>(drawn.row(3, y) + x));
      }
  }
};

struct SumStructure {
  template <int W>
  OBJPOSE_HD static void run(const AgreementCall& call, PaddedPlanes& seen, AgreementScratch& scratch,
                             AgreementSums& out) {
    Lanes<W> correlation = lanes<W>(0);
    scratch.sums.clear();
    for (int y = 0; y < call.height + HALF_WINDOW; ++y) {
      sum_row<W>(call, seen, scratch, y);
      const int middle = y - HALF_WINDOW;
      if (middle < 0) continue;
      for (int x = 0; x < call.width; x += W) {
        const Lanes<W> weight = load_lanes<W>(scratch.drawn.row(3, middle) + x);
        if (!(largest(weight) > 0)) continue;
        Lanes<W> sums[WINDOW_SUMS];
        for (int i = 0; i < WINDOW_SUMS; ++i) {
          sums[i] = load_lanes<W>(scratch.sums.row(i, 0) + x);
          for (int k = 1; k < STRUCTURE_WINDOW; ++k)
            sums[i] = sums[i] + load_lanes<W>(scratch.sums.row(i, k) + x);
        }
        correlation = correlation + weight * window_correlations(sums);
      }
    }
    out.correlation = sum(correlation);
  }

  // Sums of a row's terms over a window's width, in place of those of the row that has left the window.
  template <int W>
  OBJPOSE_HD static void sum_row(const AgreementCall& call, PaddedPlanes& seen, AgreementScratch& scratch,
                                 int y) {
    const int place = y % STRUCTURE_WINDOW, step = scratch.sums.step();
    const float* const weights = y < call.height ? scratch.drawn.row(3, y) : nullptr;
    if (weights == nullptr || std::all_of(weights, weights + call.width, [](float w) { return w == 0; })) {
      for (int i = 0; i < WINDOW_SUMS; ++i) std::fill_n(scratch.sums.row(i, place), call.width, 0.0f);
      return;
    }
    float* const terms = scratch.terms.data() + MOST_LANES;
    for (int x = 0; x < call.width; x += W) {
      Lanes<W> s[3], d[3], of[WINDOW_SUMS];
      for (int c = 0; c < 3; ++c) {
        s[c] = load_lanes<W>(seen.row(c, y) + x);
        d[c] = load_lanes<W>(scratch.drawn.row(c, y) + x);
      }
      window_terms(load_lanes<W>(weights + x), s, d, of);
      for (int i = 0; i < WINDOW_SUMS; ++i) store_lanes(terms + i * step + x, of[i]);
    }
    for (int i = 0; i < WINDOW_SUMS; ++i)
      for (int x = 0; x < call.width; x += W) {
        Lanes<W> total = load_lanes<W>(terms + i * step + x - HALF_WINDOW);
        for (int k = 1 - HALF_WINDOW; k <= HALF_WINDOW; ++k)
          total = total + load_lanes<W>(terms + i * step + x + k);
        store_lanes(scratch.sums.row(i, place) + x, total);
      }
  }
};

// out: agreement of colour and, if asked for, of structure.
inline void compare_colors(const AgreementCall& call, long long pose, bool with_structure, PaddedPlanes& seen,
                           AgreementScratch& scratch, float* out) {
  const long long first = pose * call.height * call.width;
  run_with_lanes<TakeAppearance>(call.drawn + 3 * first, call, scratch.drawn);
  for (int y = 0; y < call.height; ++y)
    std::copy_n(call.weight + first + static_cast<long long>(y) * call.width, call.width,
                scratch.drawn.row(3, y));
  AgreementSums sums = {};
  run_with_lanes<SumColors>(call, seen, scratch.drawn, sums);
  if (with_structure) run_with_lanes<SumStructure>(call, seen, scratch, sums);
  sums.write(out);
}

}  // namespace objpose
