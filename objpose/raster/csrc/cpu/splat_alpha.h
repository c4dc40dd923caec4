// What a splat brings to a group of pixels: the innermost loop, shared by forward, backward and Gauss-Newton.
#pragma once

#include "cpu/clones.h"
#include "cpu/lanes.h"
#include "cpu/splat_bins.h"

namespace objpose {

// One value for each pixel of a tile, row by row. A group is as many of them as there are lanes.
struct TilePlane {
  alignas(4 * MOST_LANES) float values[TILE_PIXELS];
};

// One value for each lane.
struct LaneRow {
  alignas(4 * MOST_LANES) float values[MOST_LANES];
};

inline void fill(TilePlane& plane, float value) { std::fill_n(plane.values, TILE_PIXELS, value); }

// Offsets of pixels from the first of them.
struct GroupOffsets {
  alignas(4 * MOST_LANES) float column[MOST_LANES], row[MOST_LANES];

  GroupOffsets() {
    for (int k = 0; k < MOST_LANES; ++k) {
      column[k] = static_cast<float>(k % TILE);
      row[k] = static_cast<float>(k / TILE);
    }
  }
};

// What a splat brings to a group of pixels.
template <int W>
struct GroupAlpha {
  Lanes<W> alpha;   // 0 where it is left out
  Lanes<W> before;  // the light that comes through to it
};

template <int W>
OBJPOSE_HD Lanes<W> offset_x(const TileSplat& s, const GroupOffsets& offsets, float x) {
  return (x - s.x) + load_lanes<W>(offsets.column);
}
template <int W>
OBJPOSE_HD Lanes<W> offset_y(const TileSplat& s, const GroupOffsets& offsets, float y) {
  return (y - s.y) + load_lanes<W>(offsets.row);
}

// For the group whose first pixel is at (x, y); `light` (W) is brought up to date: 1 at first, negative once
// a splat was left out because behind it there would be less than MIN_TRANSMITTANCE.
template <int W>
OBJPOSE_HD GroupAlpha<W> group_alpha(const TileSplat& s, float x, float y, const GroupOffsets& offsets,
                                     float* light) {
  const Lanes<W> zero = lanes<W>(0.0f), before = load_lanes<W>(light);
  const Lanes<W> dx = offset_x<W>(s, offsets, x), dy = offset_y<W>(s, offsets, y);
  const Lanes<W> power = (s.xx * dx) * dx + (s.xy * dx + s.yy * dy) * dy;
  const Lanes<W> full = smaller(s.opacity * exp2_below_1(smaller(power, zero)), lanes<W>(MAX_ALPHA));
  const Lanes<W> alpha = where_less(full, lanes<W>(MIN_ALPHA), zero, full);
  const Lanes<W> after = before - before * alpha, least = lanes<W>(MIN_TRANSMITTANCE);
  store_lanes(light, where_less(after, least, zero - absolute(before), after));
  return {where_less(after, least, zero, alpha), before};
}

// 1 where a > 0, else 0. (A product of two conditions would be folded into one of both, which is slow on
// AVX-512.)
template <int W>
OBJPOSE_HD Lanes<W> step(Lanes<W> a) {
  return smaller(larger(1e30f * a, lanes<W>(0.0f)), lanes<W>(1.0f));
}

// 1 where alpha brings the light from 1/2 or more to less, which happens once, else 0.
template <int W>
OBJPOSE_HD Lanes<W> is_median(Lanes<W> alpha, Lanes<W> before) {
  const Lanes<W> after = before - before * alpha, below_half = lanes<W>(0.49999997f);
  return step(lanes<W>(0.5f) - after) * step(before - below_half);
}

// Whether no pixel of a tile lets light through any more.
template <int W>
OBJPOSE_HD bool is_dark(const TilePlane& light) {
  Lanes<W> most = load_lanes<W>(light.values);
  for (int k = W; k < TILE_PIXELS; k += W) most = larger(most, load_lanes<W>(light.values + k));
  return largest(most) == 0.0f;
}

// Entries after which it is worth looking whether a tile is dark.
constexpr int DARK_CHECK = 16;
// Entries ahead of which their splats, which stand anywhere in memory, are fetched.
constexpr long long FETCH_AHEAD = 6;

// Calls visit(entry, splat, first pixel of the group in the tile, alphas) for every splat of a tile and every
// group that it may touch, front to back.
template <int W, typename Visit>
OBJPOSE_HD void walk_tile(const SplatBins& bins, int tile, const GroupOffsets& offsets, TilePlane& light,
                          const Visit& visit) {
  const int left = tile % bins.size.columns() * TILE, top = tile / bins.size.columns() * TILE;
  fill(light, 1.0f);
  const long long last = bins.tile_first[tile + 1] - 1;
  for (long long entry = bins.tile_first[tile]; entry <= last; ++entry) {
    if (entry % DARK_CHECK == 0 && is_dark<W>(light)) break;
    prefetch(&bins.splats[bins.entries[std::min(entry + FETCH_AHEAD, last)].rank]);
    const BinEntry& touched = bins.entries[entry];
    const TileSplat& s = bins.splats[touched.rank];
    const int end = (touched.last_row + 1) * TILE;
    for (int first = touched.first_row * TILE / W * W; first < end; first += W) {
      const float x = static_cast<float>(left + first % TILE), y = static_cast<float>(top + first / TILE);
      visit(entry, s, first, group_alpha<W>(s, x, y, offsets, light.values + first));
    }
  }
}

// The groups of a tile to which splats bring something, front to back.
struct TouchedGroup {
  alignas(4 * MOST_LANES) float alpha[MOST_LANES], before[MOST_LANES];
  long long entry;
  int first;  // pixel in the tile
};

class TouchedGroups {
 public:
  template <int W>
  OBJPOSE_HD void find(const SplatBins& bins, int tile, const GroupOffsets& offsets, TilePlane& light) {
    const long long entries = bins.tile_first[tile + 1] - bins.tile_first[tile];
    const size_t most = static_cast<size_t>(entries) * (TILE_PIXELS / W);
    if (groups_.size() < most) groups_.resize(most);
    TouchedGroup* const groups = groups_.data();
    long long count = 0;
    walk_tile<W>(bins, tile, offsets, light,
                 [&](long long entry, const TileSplat&, int first, const GroupAlpha<W>& alphas)
                     OBJPOSE_INLINE_LAMBDA {
                       TouchedGroup& group = groups[count];
                       store_lanes(group.alpha, alphas.alpha), store_lanes(group.before, alphas.before);
                       group.entry = entry, group.first = first;
                       // Not a branch: nobody could predict it.
                       count += largest(alphas.alpha) > 0.0f;
                     });
    count_ = count;
  }
  long long count() const { return count_; }
  const TouchedGroup& operator[](long long i) const { return groups_[i]; }

 private:
  std::vector<TouchedGroup> groups_;
  long long count_ = 0;
};

}  // namespace objpose
