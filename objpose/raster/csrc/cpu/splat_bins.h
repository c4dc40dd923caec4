// The splats that each tile of an image must blend, in the order of their depths.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "cpu/parallel.h"
#include "shared/splat_box.h"

namespace objpose {

// Small tiles leave out more of what a small splat does not touch; two rows of one fill an AVX-512 register.
constexpr int TILE = 8;
constexpr int TILE_PIXELS = TILE * TILE;

// A splat on the screen, as the inner loops want it: alpha is opacity times 2 to the power of
// xx dx^2 + xy dx dy + yy dy^2.
struct alignas(64) TileSplat {  // one cache line
  float x, y;
  float xx, xy, yy;
  float opacity, depth;
  float half_width, half_height;
  int id;
};

constexpr float LOG2_E = 1.44269504088896341f;

struct ImageSize {
  int width, height;

  int columns() const { return (width + TILE - 1) / TILE; }
  int rows() const { return (height + TILE - 1) / TILE; }
  int tiles() const { return columns() * rows(); }
};

// screen (SCREEN_FIELDS), extent (2).
inline TileSplat make_tile_splat(const float* screen, const float* extent, int id) {
  return {screen[0],
          screen[1],
          -0.5f * LOG2_E * screen[2],
          -LOG2_E * screen[3],
          -0.5f * LOG2_E * screen[4],
          screen[5],
          screen[6],
          extent[0],
          extent[1],
          id};
}

// What of a splat's ellipse of alpha >= MIN_ALPHA lies between two columns.
class EllipseBand {
 public:
  explicit EllipseBand(const TileSplat& s)
      : s_(s),
        slope_(-0.5f * s.xy / s.yy),
        // At the highest and the lowest point, the form's derivative by dx is 0.
        tip_(-0.5f * s.xy / s.xx * s.half_height),
        aspect_(s.half_height / s.half_width *
                sqrt(std::max(0.0f, 1.0f - 0.25f * s.xy * s.xy / (s.xx * s.yy)))) {}

  // Rows low ... high between columns left and right, as wide as rounding may make them.
  void rows(float left, float right, float& low, float& high) const {
    const float first = std::max(left - s_.x, -s_.half_width), last = std::min(right - s_.x, s_.half_width);
    const float at_high = std::min(std::max(tip_, first), last),
                at_low = std::min(std::max(-tip_, first), last);
    high = s_.y + slope_ * at_high + aspect_ * across(at_high) + SLACK;
    low = s_.y + slope_ * at_low - aspect_ * across(at_low) - SLACK;
  }

 private:
  static constexpr float SLACK = 0.01f;  // pixels

  float across(float dx) const { return sqrt(std::max(0.0f, s_.half_width * s_.half_width - dx * dx)); }

  const TileSplat& s_;
  float slope_, tip_, aspect_;
};

// A splat on a tile: its rank, its place in the order of depth, and the tile's rows that it may touch.
struct BinEntry {
  int rank, id;
  short first_row, last_row;
};

// Entries stand tile by tile, each tile's in the order of depth.
struct SplatBins {
  ImageSize size;
  std::vector<TileSplat> splats;      // by rank
  std::vector<long long> tile_first;  // entry at which each tile starts, and the number of all
  std::vector<BinEntry> entries;
  std::vector<long long> rank_first;    // where each rank starts in rank_entries, and the number of all
  std::vector<long long> rank_entries;  // the entries of each rank

  // screen (count, SCREEN_FIELDS), extent (count, 2).
  void fill(const float* screen, const float* extent, long long count, ImageSize image) {
    size = image;
    sort_by_depth(screen, extent, count);
    find_pairs();
    entries.resize(pairs_.size()), rank_entries.resize(pairs_.size());
    next_.assign(tile_first.begin(), tile_first.end() - 1);
    for (size_t pair = 0; pair < pairs_.size(); ++pair) {
      rank_entries[pair] = next_[pairs_[pair].tile]++;
      entries[rank_entries[pair]] = pairs_[pair].entry;
    }
  }

 private:
  struct Key {
    unsigned depth;
    int id;
  };
  struct Pair {
    int tile;
    BinEntry entry;
  };

  // Depths are positive, so their bits sort as they do; three passes of 11 bits, each of which keeps the
  // order of equals.
  void sort_by_depth(const float* screen, const float* extent, long long count) {
    keys_.clear();
    for (long long i = 0; i < count; ++i) {
      if (!is_drawable(screen + SCREEN_FIELDS * i, extent + 2 * i)) continue;
      Key key = {0, static_cast<int>(i)};
      std::memcpy(&key.depth, screen + SCREEN_FIELDS * i + 6, sizeof(key.depth));
      keys_.push_back(key);
    }
    spare_.resize(keys_.size());
    for (int shift = 0; shift < 33; shift += 11) {
      long long starts[2049] = {0};
      for (const Key& key : keys_) ++starts[((key.depth >> shift) & 2047) + 1];
      for (int i = 0; i < 2048; ++i) starts[i + 1] += starts[i];
      for (const Key& key : keys_) spare_[starts[(key.depth >> shift) & 2047]++] = key;
      keys_.swap(spare_);
    }
    splats.clear();
    for (const Key& key : keys_)
      splats.push_back(make_tile_splat(screen + static_cast<long long>(SCREEN_FIELDS) * key.id,
                                       extent + 2LL * key.id, key.id));
  }

  void find_pairs() {
    pairs_.clear();
    tile_first.assign(size.tiles() + 1, 0);
    rank_first.assign(1, 0);
    for (size_t rank = 0; rank < splats.size(); ++rank) {
      add_pairs(static_cast<int>(rank));
      rank_first.push_back(static_cast<long long>(pairs_.size()));
    }
    for (int tile = 0; tile < size.tiles(); ++tile) tile_first[tile + 1] += tile_first[tile];
  }

  void add_pairs(int rank) {
    const TileSplat& s = splats[rank];
    const EllipseBand band(s);
    const int columns = size.columns();
    const float right = std::min(s.x + s.half_width, static_cast<float>(size.width - 1));
    if (right < 0.0f) return;  // left of the image, or there is none
    const int first = static_cast<int>(std::max(s.x - s.half_width, 0.0f)) / TILE;
    for (int column = first; column <= static_cast<int>(right) / TILE; ++column) {
      float low, high;
      band.rows(static_cast<float>(column * TILE), static_cast<float>(column * TILE + TILE - 1), low, high);
      // A conic that no covariance has may reach beyond what an int holds; the negation leaves out NaN.
      const float last_row = static_cast<float>(size.height - 1);
      if (!(low <= high && low <= last_row && high >= 0.0f)) continue;
      const int top = static_cast<int>(std::ceil(std::max(low, 0.0f)));
      const int bottom = static_cast<int>(std::floor(std::min(high, last_row)));
      for (int row = top / TILE; row * TILE <= bottom; ++row) {
        const int begin = std::max(top - row * TILE, 0), end = std::min(bottom - row * TILE, TILE - 1);
        if (begin > end) continue;
        ++tile_first[row * columns + column + 1];
        pairs_.push_back(
            {row * columns + column, {rank, s.id, static_cast<short>(begin), static_cast<short>(end)}});
      }
    }
  }

  std::vector<Key> keys_, spare_;
  std::vector<Pair> pairs_;
  std::vector<long long> next_;
};

}  // namespace objpose
