// What a splat brings to a group of pixels: the innermost loop, shared by forward, backward and Gauss-Newton.
#pragma once

#include "cpu/splat_tile.h"

namespace objpose {

// What a splat brings to a group of pixels.
template <int W>
struct GroupAlpha {
  Lanes<W> alpha;   // 0 where it is left out
  Lanes<W> before;  // the light that comes through to it
};

// `light` is brought up to date: 1 at first, negative once a splat was left out because behind it there would
// be less than MIN_TRANSMITTANCE.
template <int W>
OBJPOSE_HD GroupAlpha<W> group_alpha(const TileSplat& s, Lanes<W> dx, Lanes<W> dy, Lanes<W>& light) {
  const Lanes<W> zero = lanes<W>(0.0f), before = light;
  const Lanes<W> power = (s.xx * dx) * dx + (s.xy * dx + s.yy * dy) * dy;
  const Lanes<W> full = at_most(s.opacity * exp2_below_1(power), lanes<W>(MAX_ALPHA));
  const Lanes<W> alpha = where_less(full, lanes<W>(MIN_ALPHA), zero, full);
  const Lanes<W> after = before - before * alpha, least = lanes<W>(MIN_TRANSMITTANCE);
  light = where_less(after, least, negative(before), after);
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

// Splats after which it is worth looking whether a group is dark.
constexpr int DARK_CHECK = 16;

// Where a walk through a group ended.
template <int W>
struct GroupEnd {
  Lanes<W> light;  // that comes through to the background
  int count;       // splats visited
};

// Calls visit(place of the splat in the tile, number of the visit, alphas) for the splats that a group may
// show, front to back. first: the group's first pixel.
template <int W, typename Visit>
OBJPOSE_HD GroupEnd<W> walk_group(const TileSplats& tile, int first, const TileOffsets& offsets,
                                  const Visit& visit) {
  const TileSplats::Group group = tile.group(first / W);
  const TileSplat* const splats = tile.splats();
  const Lanes<W> column = load_lanes<W>(offsets.column.values + first);
  const Lanes<W> row = load_lanes<W>(offsets.row.values + first);
  Lanes<W> light = lanes<W>(1.0f);
  int k = 0;
  while (k < group.count && largest(light) > 0.0f) {
    const int end = std::min(k + DARK_CHECK, group.count);
    for (; k < end; ++k) {
      const int place = group.places[k];
      const TileSplat& s = splats[place];
      visit(place, k, group_alpha(s, column - lanes<W>(s.x), row - lanes<W>(s.y), light));
    }
  }
  return {lanes<W>(0.0f) - negative(light), k};
}

// What the splats that a group shows bring to it, kept to be walked once more.
struct GroupAlphas {
  std::vector<LaneRow> alpha, before;
  TilePlane light;

  template <int W>
  OBJPOSE_HD int find(const TileSplats& tile, int first, const TileOffsets& offsets) {
    const size_t most = tile.count();
    if (alpha.size() < most) alpha.resize(most), before.resize(most);
    LaneRow *const alphas = alpha.data(), *const befores = before.data();
    const GroupEnd<W> end = walk_group<W>(
        tile, first, offsets, [&](int, int k, const GroupAlpha<W>& found) OBJPOSE_INLINE_LAMBDA {
          store_lanes(alphas[k].values, found.alpha), store_lanes(befores[k].values, found.before);
        });
    store_lanes(light.values + first, end.light);
    return end.count;
  }
};

}  // namespace objpose
