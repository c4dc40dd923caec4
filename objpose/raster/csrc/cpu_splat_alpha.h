// What a splat brings to a group of pixels: the innermost loop, shared by forward, backward and Gauss-Newton.
#pragma once

#include "cpu_clones.h"
#include "cpu_lanes.h"
#include "cpu_splat_bins.h"

namespace objpose {

// Groups of pixels worked on together: GROUP_ROWS rows of a tile.
constexpr int GROUP_ROWS = LANES_WIDE / TILE;
constexpr int TILE_GROUPS = TILE_PIXELS / LANES_WIDE;

// The columns and rows of a group's pixels.
struct GroupOffsets {
  Lanes column, row;

  GroupOffsets() {
    for (int k = 0; k < LANES_WIDE; ++k) {
      column.v[k] = static_cast<float>(k % TILE);
      row.v[k] = static_cast<float>(k / TILE);
    }
  }
};

// One value for each pixel of a tile.
struct TilePlane {
  Lanes groups[TILE_GROUPS];

  float at(int k) const { return groups[k / LANES_WIDE].v[k % LANES_WIDE]; }
  void set(int k, float value) { groups[k / LANES_WIDE].v[k % LANES_WIDE] = value; }
};

OBJPOSE_HD void fill(TilePlane& plane, float value) {
  for (Lanes& group : plane.groups) group = lanes(value);
}

// How much light comes through to each pixel of a tile is 1 at first; negative once a splat was left out because
// behind it there would be less than MIN_TRANSMITTANCE.
OBJPOSE_HD bool is_dark(const TilePlane& light) {
  Lanes most = light.groups[0];
  for (int group = 1; group < TILE_GROUPS; ++group) most = larger(most, light.groups[group]);
  return largest(most) == 0.0f;
}

// What a splat brings to a group of pixels.
struct GroupAlpha {
  Lanes alpha;   // 0 where it is left out
  Lanes before;  // the light that comes through to it
};

OBJPOSE_HD Lanes offset_x(const TileSplat& s, const GroupOffsets& offsets, float x) {
  return (x - s.x) + offsets.column;
}
OBJPOSE_HD Lanes offset_y(const TileSplat& s, const GroupOffsets& offsets, float y) {
  return (y - s.y) + offsets.row;
}

// For the group whose first pixel is at (x, y); `light` is brought up to date.
OBJPOSE_HD GroupAlpha group_alpha(const TileSplat& s, float x, float y, const GroupOffsets& offsets, Lanes& light) {
  const Lanes zero = lanes(0.0f), before = light;
  const Lanes dx = offset_x(s, offsets, x), dy = offset_y(s, offsets, y);
  const Lanes power = (s.xx * dx) * dx + (s.xy * dx + s.yy * dy) * dy;
  const Lanes full = smaller(s.opacity * exp2_below_1(smaller(power, zero)), lanes(MAX_ALPHA));
  const Lanes alpha = where_less(full, lanes(MIN_ALPHA), zero, full);
  const Lanes after = before - before * alpha, least = lanes(MIN_TRANSMITTANCE);
  light = where_less(after, least, zero - absolute(before), after);
  return {where_less(after, least, zero, alpha), before};
}

// yes where alpha brings the light below 1/2, else no.
OBJPOSE_HD Lanes where_median(const GroupAlpha& group, const Lanes& yes, const Lanes& no) {
  const Lanes half = lanes(0.5f), after = group.before - group.before * group.alpha;
  return where_less(after, half, where_less(group.before, half, no, yes), no);
}

// The groups of a tile, whose first row is `top`, that a splat may touch.
struct GroupRange {
  int first, last;
};

OBJPOSE_HD GroupRange groups_of(const TileSplat& s, int top) {
  const int first = s.top > top ? (s.top - top) / GROUP_ROWS : 0;
  const int below = (s.bottom - top) / GROUP_ROWS;
  return {first, below < TILE_GROUPS - 1 ? below : TILE_GROUPS - 1};
}

// Entries after which it is worth looking whether a tile is dark.
constexpr int DARK_CHECK = 16;

// Calls visit(entry, splat, group, x, y, alphas) for every splat of a tile and every group that it touches, front to
// back; x, y is the group's first pixel.
template <typename Visit>
OBJPOSE_HD void walk_tile(const SplatBins& bins, int tile, const GroupOffsets& offsets, TilePlane& light,
                          const Visit& visit) {
  const int left = tile % bins.size.columns() * TILE, top = tile / bins.size.columns() * TILE;
  fill(light, 1.0f);
  for (long long entry = bins.tile_first[tile]; entry < bins.tile_first[tile + 1]; ++entry) {
    if (entry % DARK_CHECK == 0 && is_dark(light)) break;
    const TileSplat& s = bins.splats[bins.ranks[entry]];
    const GroupRange range = groups_of(s, top);
    for (int group = range.first; group <= range.last; ++group) {
      const float x = static_cast<float>(left), y = static_cast<float>(top + group * GROUP_ROWS);
      const GroupAlpha alphas = group_alpha(s, x, y, offsets, light.groups[group]);
      if (largest(alphas.alpha) > 0.0f) visit(entry, s, group, x, y, alphas);
    }
  }
}

}  // namespace objpose
