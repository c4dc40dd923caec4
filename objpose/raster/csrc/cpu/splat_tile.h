// The splats of one tile side by side, and those of them that each group of its pixels may show.
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

// Where the pixels of a tile are, counted from its first.
struct TileOffsets {
  TilePlane column, row;

  TileOffsets() {
    for (int k = 0; k < TILE_PIXELS; ++k) {
      column.values[k] = static_cast<float>(k % TILE_WIDTH);
      row.values[k] = static_cast<float>(k / TILE_WIDTH);
    }
  }
};

// The colours (count, channels) of the splats.
struct SplatColors {
  const float* values;
  int channels;

  const float* of(long long id) const { return values + channels * id; }
};

// What one thread holds of a tile's splats, front to back.
class TileSplats {
 public:
  // Splats that a group of pixels may show: their places in the tile.
  struct Group {
    const int* places;
    int count;
  };

  template <int W>
  OBJPOSE_HD void gather(const SplatBins& bins, int tile, const SplatColors& colors) {
    constexpr int GROUPS = TILE_PIXELS / W;
    const long long begin = bins.tile_first[tile];
    const int count = static_cast<int>(bins.tile_first[tile + 1] - begin);
    make_room(count);
    const BinEntry* const entries = bins.entries.data() + begin;
    const TileSplat* const splats = bins.splats.data();
    const int left = bins.left(tile), top = bins.top(tile);
    for (int i = 0; i < count; ++i) {
      prefetch(splats + entries[i + 2 * FETCH_AHEAD].rank);
      prefetch(colors.of(splats[entries[i + FETCH_AHEAD].rank].id));
      TileSplat s = splats[entries[i].rank];
      s.x -= static_cast<float>(left), s.y -= static_cast<float>(top);
      splats_[i] = s;
      const int begin = std::max(entries[i].top - top, 0) * TILE_WIDTH / W;
      const int end = std::min(entries[i].bottom + 1 - top, TILE_HEIGHT) * TILE_WIDTH;
      spans_[i] = {begin, (end + W - 1) / W - begin};
    }
    for (int group = 0; group < GROUPS; ++group) {
      int* const places = places_.data() + static_cast<size_t>(group) * count;
      int found = 0;
      for (int i = 0; i < count; ++i) {
        places[found] = i;
        // Not a branch: nobody could predict it.
        found += static_cast<unsigned>(group - spans_[i].first) < static_cast<unsigned>(spans_[i].count);
      }
      groups_[group] = {places, found};
    }
    count_ = count;
  }

  int count() const { return count_; }
  const Group& group(int i) const { return groups_[i]; }
  // By their places.
  const TileSplat* splats() const { return splats_.data(); }

 private:
  void make_room(int count) {
    if (splats_.size() >= static_cast<size_t>(count)) return;
    splats_.resize(count);
    spans_.resize(count), places_.resize(static_cast<size_t>(count) * MOST_GROUPS);
  }

  // Groups that a splat may touch.
  struct Span {
    int first, count;
  };

  static constexpr int MOST_GROUPS = TILE_PIXELS / 4;
  int count_ = 0;
  std::vector<TileSplat> splats_;
  std::vector<Span> spans_;
  std::vector<int> places_;
  Group groups_[MOST_GROUPS];
};

}  // namespace objpose
