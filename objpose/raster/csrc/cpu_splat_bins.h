// The splats that each tile of an image must blend, in the order of their depths.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "cpu_parallel.h"
#include "splat_constants.h"

namespace objpose {

// Small tiles leave out more of what a small splat does not touch; two rows of one fill an AVX-512 register.
constexpr int TILE = 8;
constexpr int TILE_PIXELS = TILE * TILE;

// A splat on the screen, as the inner loops want it: alpha is opacity times 2 to the power of
// xx dx^2 + xy dx dy + yy dy^2.
struct TileSplat {
  float x, y;
  float xx, xy, yy;
  float opacity, depth;
  int left, right, top, bottom;  // pixels it may touch, all of them inside the image
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
inline TileSplat make_tile_splat(const float* screen, const float* extent, int id, const ImageSize& size) {
  TileSplat s;
  s.x = screen[0], s.y = screen[1];
  s.xx = -0.5f * LOG2_E * screen[2], s.xy = -LOG2_E * screen[3], s.yy = -0.5f * LOG2_E * screen[4];
  s.opacity = screen[5], s.depth = screen[6];
  const float right = static_cast<float>(size.width - 1), bottom = static_cast<float>(size.height - 1);
  s.left = static_cast<int>(std::ceil(std::max(s.x - extent[0], 0.0f)));
  s.top = static_cast<int>(std::ceil(std::max(s.y - extent[1], 0.0f)));
  s.right = static_cast<int>(std::floor(std::min(s.x + extent[0], right)));
  s.bottom = static_cast<int>(std::floor(std::min(s.y + extent[1], bottom)));
  s.id = id;
  return s;
}

// Ranks are places in the order of depth. Entries are (tile, splat) pairs, tile by tile.
struct SplatBins {
  ImageSize size;
  std::vector<TileSplat> splats;         // by rank
  std::vector<long long> tile_first;     // entry at which each tile starts, and the number of all
  std::vector<int> ranks;                // of the entries
  std::vector<long long> rank_first;     // where each rank starts in rank_entries, and the number of all
  std::vector<long long> rank_entries;   // the entries of each rank, in the order of the tiles

  // screen (count, SCREEN_FIELDS), extent (count, 2). The entries of each rank are found if `with_entries`.
  void fill(const float* screen, const float* extent, long long count, ImageSize image, bool with_entries) {
    size = image;
    sort_by_depth(screen, extent, count);
    count_entries();
    ranks.resize(tile_first.back());
    if (with_entries) rank_entries.resize(tile_first.back());
    next_.assign(tile_first.begin(), tile_first.end() - 1);
    long long pair = 0;
    for (size_t rank = 0; rank < splats.size(); ++rank)
      for_each_tile(splats[rank], [&](int tile) {
        const long long entry = next_[tile]++;
        ranks[entry] = static_cast<int>(rank);
        if (with_entries) rank_entries[pair++] = entry;
      });
  }

 private:
  struct Key {
    unsigned depth;
    int id;
  };

  template <typename Body>
  void for_each_tile(const TileSplat& s, const Body& body) const {
    const int columns = size.columns(), left = s.left / TILE, right = s.right / TILE;
    for (int row = s.top / TILE; row <= s.bottom / TILE; ++row)
      for (int column = left; column <= right; ++column) body(row * columns + column);
  }

  // Depths are positive, so their bits sort as they do; three passes of 11 bits, each of which keeps the order
  // of equals.
  void sort_by_depth(const float* screen, const float* extent, long long count) {
    keys_.clear();
    for (long long i = 0; i < count; ++i) {
      if (!(extent[2 * i] > 0.0f)) continue;
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
    for (const Key& key : keys_) {
      const TileSplat s = make_tile_splat(screen + static_cast<long long>(SCREEN_FIELDS) * key.id,
                                          extent + 2LL * key.id, key.id, size);
      if (s.left <= s.right && s.top <= s.bottom) splats.push_back(s);
    }
  }

  void count_entries() {
    tile_first.assign(size.tiles() + 1, 0);
    rank_first.assign(1, 0);
    for (const TileSplat& s : splats) {
      long long touched = 0;
      for_each_tile(s, [&](int tile) { ++tile_first[tile + 1], ++touched; });
      rank_first.push_back(rank_first.back() + touched);
    }
    for (int tile = 0; tile < size.tiles(); ++tile) tile_first[tile + 1] += tile_first[tile];
  }

  std::vector<Key> keys_, spare_;
  std::vector<long long> next_;
};

}  // namespace objpose
