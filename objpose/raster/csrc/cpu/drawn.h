// Drawn colours and surfaces compared with a crop's, a pose at a time, as many pixels together as a register
// holds.
#pragma once

#include <vector>

#include "cpu/clones.h"
#include "cpu/lanes_number.h"
#include "shared/drawn_arrays.h"
#include "shared/drawn_color.h"
#include "shared/drawn_depth.h"

namespace objpose {

// Planes of floats of a call's pixels, whole registers long: what a pose draws there.
class PixelPlanes {
 public:
  PixelPlanes(long long count, int planes)
      : step_((count + MOST_LANES - 1) / MOST_LANES * MOST_LANES), values_(step_ * planes) {}

  long long step() const { return step_; }
  float* plane(int i) { return values_.data() + i * step_; }

 private:
  long long step_;
  std::vector<float> values_;
};

// The ray through pixels from i on, and what is drawn in them.
template <int W>
OBJPOSE_HD DrawnPoint<Lanes<W>> drawn_point(const PixelSet& pixels, long long i, const float* depth) {
  const long long left = pixels.count - i;
  return {load_lanes<W>(depth + i), load_lanes_of<W>(pixels.rays + i, left),
          load_lanes_of<W>(pixels.rays + pixels.count + i, left)};
}

// Depth and three more numbers of a pose's pixels, one after the other.
inline void gather(const PixelSet& pixels, const float* depth, const float* triples, PixelPlanes& planes) {
  float *const of_depth = planes.plane(0), *const x = planes.plane(1), *const y = planes.plane(2),
               *const z = planes.plane(3);
  for (long long i = 0; i < pixels.count; ++i) {
    const long long at = pixels.index[i];
    of_depth[i] = depth[at];
    x[i] = triples[3 * at], y[i] = triples[3 * at + 1], z[i] = triples[3 * at + 2];
  }
  for (long long i = pixels.count; i < planes.step(); ++i) of_depth[i] = x[i] = y[i] = z[i] = 0;
}

// Planes 1 to 3 hold drawn colours, and differences from those observed afterwards; plane 4 gets the overlap.
struct CompareColors {
  template <int W>
  OBJPOSE_HD static void run(const ColorComparison& call, PixelPlanes& planes, const float* pivot,
                             NormalSums<float>& sums) {
    float light[3] = {};
    take_differences<W>(call, planes);
    for (int step = 0; step < FIT_STEPS; ++step) fit<W>(call.pixels.count, planes, light);
    NormalSums<Lanes<W>> parts;
    Lanes<W> seen = lanes<W>(0);
    for (long long i = 0, count = call.pixels.count; i < count; i += W) {
      Lanes<W> difference[3];
      ChannelSlopes<Lanes<W>> slopes;
      for (int c = 0; c < 3; ++c) {
        difference[c] = load_lanes<W>(planes.plane(1 + c) + i);
        slopes.u[c] = load_lanes_of<W>(call.slopes + c * count + i, count - i);
        slopes.v[c] = load_lanes_of<W>(call.slopes + (3 + c) * count + i, count - i);
      }
      const Lanes<W> overlap = load_lanes<W>(planes.plane(4) + i);
      seen = seen + overlap;
      add_color(difference, light, overlap, slopes, drawn_point<W>(call.pixels, i, planes.plane(0)),
                call.pixels.K, pivot, parts);
    }
    sums = sum(parts);
    sums.cost += missed_cost(static_cast<float>(call.pixels.count) - sum(seen));
  }

  template <int W>
  OBJPOSE_HD static void take_differences(const ColorComparison& call, PixelPlanes& planes) {
    const Lanes<W> none = lanes<W>(0), all = lanes<W>(1);
    for (long long i = 0, count = call.pixels.count; i < count; i += W) {
      const Lanes<W> drawn = load_lanes<W>(planes.plane(0) + i);
      Lanes<W> overlap = where_less(none, drawn, all, none), rgb[3], channels[3];
      if (call.measured != nullptr) {
        const Lanes<W> off = drawn - load_lanes_of<W>(call.measured + i, count - i);
        overlap = inside_reach(drawn, off, call.reach);
        overlap = overlap * overlap;
      }
      store_lanes(planes.plane(4) + i, overlap);
      for (int c = 0; c < 3; ++c) rgb[c] = load_lanes<W>(planes.plane(1 + c) + i);
      appearance(rgb, channels);
      for (int c = 0; c < 3; ++c)
        store_lanes(planes.plane(1 + c) + i,
                    load_lanes_of<W>(call.channels + c * count + i, count - i) - channels[c]);
    }
  }

  template <int W>
  OBJPOSE_HD static void fit(long long count, PixelPlanes& planes, float* light) {
    LightSums<Lanes<W>> sums;
    for (long long i = 0; i < count; i += W) {
      const Lanes<W> difference[3] = {load_lanes<W>(planes.plane(1) + i), load_lanes<W>(planes.plane(2) + i),
                                      load_lanes<W>(planes.plane(3) + i)};
      sums.add(difference, load_lanes<W>(planes.plane(4) + i), light);
    }
    for (int c = 0; c < 3; ++c) light[c] = fitted_light(sum(sums.moment[c]), sum(sums.total[c]), c);
  }
};

// Planes 1 to 3 hold the normals of what is drawn.
struct CompareDepths {
  template <int W>
  OBJPOSE_HD static void run(const DepthComparison& call, PixelPlanes& planes, const float* pivot,
                             NormalSums<float>& sums) {
    NormalSums<Lanes<W>> parts;
    long long i = 0;
    for (; i < call.pixels.count; i += W) {
      const Lanes<W> normal[3] = {load_lanes<W>(planes.plane(1) + i), load_lanes<W>(planes.plane(2) + i),
                                  load_lanes<W>(planes.plane(3) + i)};
      add_depth(drawn_point<W>(call.pixels, i, planes.plane(0)), normal,
                load_lanes_of<W>(call.measured + i, call.pixels.count - i), {call.sigma, call.reach}, pivot,
                parts);
    }
    sums = sum(parts);
    // What fills the last register draws nothing, and cost as much as what should be drawn.
    sums.cost -=
        static_cast<float>(i - call.pixels.count) * call.reach * call.reach / (6 * call.sigma * call.sigma);
  }
};

}  // namespace objpose
