// The splats that each tile of an image must blend, in the order of their depths.
#pragma once

#include <algorithm>
#include <climits>
#include <stdexcept>
#include <vector>

#include "cpu/parallel.h"
#include "cpu/splat_bands.h"
#include "cpu/splat_order.h"

namespace objpose {

// A splat on the screen, as the inner loops want it: alpha is opacity times 2 to the power of
// xx dx^2 + xy dx dy + yy dy^2.
struct alignas(32) TileSplat {  // half a cache line
  float x, y;
  float xx, xy, yy;
  float opacity, depth;
  int id;
};

// screen (SCREEN_FIELDS).
inline TileSplat make_tile_splat(const float* screen, int id) {
  const float factor = -0.5f * LOG2_E;
  return {screen[0], screen[1], factor * screen[2], 2.0f * factor * screen[3], factor * screen[4],
          screen[5], screen[6], id};
}

// Splats, or ranks, from the first to before the last.
struct SplatRange {
  long long first, last;
};

// A splat on a tile.
struct BinEntry {
  int rank, pair;   // place in the order of depth; number among the pairs of splat and tile, splat by splat
  int top, bottom;  // rows of the image between which it may touch the tile
};

// Splats ahead of which those that stand anywhere in memory are fetched.
constexpr int FETCH_AHEAD = 6;

// Entries stand tile by tile, each tile's in the order of depth.
class SplatBins {
 public:
  ImageSize size;
  std::vector<TileSplat> splats;      // by rank
  std::vector<long long> rank_first;  // the first pair of each rank, and the number of all
  std::vector<int> tile_first;        // the first entry of each tile, and the number of all
  std::vector<BinEntry> entries;      // and some that are none, so that one may always look ahead

  size_t pairs() const { return entries.size(); }
  int left(int tile) const { return tile % size.columns() * TILE_WIDTH; }
  int top(int tile) const { return tile / size.columns() * TILE_HEIGHT; }

  // screen (count, SCREEN_FIELDS), extent (count, 2). The bins are the same on any number of threads.
  void fill(const float* screen, const float* extent, long long count, ImageSize image, int threads) {
    size = image;
    order_.sort(screen, extent, count);
    const std::vector<int>& ids = order_.ids();
    splats.resize(ids.size()), rank_first.assign(ids.size() + 1, 0);
    parts_.resize(std::max(1, threads));
    const long long parts = static_cast<long long>(parts_.size());
    parallel_for(parts, threads, [&] {
      return [&](long long part) { find_bands(screen, extent, ids, static_cast<size_t>(part)); };
    });
    number_entries();
    parallel_for(parts, threads, [&] {
      return [&](long long part) { place_entries(parts_[static_cast<size_t>(part)]); };
    });
  }

 private:
  // Ranks that one thread works on.
  struct Part {
    size_t first_rank, last_rank;
    long long first_pair, pairs;
    std::vector<SplatBand> bands;
    std::vector<int> next;  // of each tile: how many entries, then where the next one goes
  };

  void find_bands(const float* screen, const float* extent, const std::vector<int>& ids, size_t index) {
    Part& part = parts_[index];
    // Whole blocks: within one, rounding may depend on a splat's place.
    const size_t blocks = (ids.size() + EllipseBlock::MOST - 1) / EllipseBlock::MOST;
    part.first_rank = std::min(ids.size(), blocks * index / parts_.size() * EllipseBlock::MOST);
    part.last_rank = std::min(ids.size(), blocks * (index + 1) / parts_.size() * EllipseBlock::MOST);
    part.bands.clear(), part.pairs = 0;
    const int first = static_cast<int>(part.first_rank), count = static_cast<int>(part.last_rank) - first;
    add_bands(screen, extent, ids.data() + first, count, first, size, part.bands);
    for (size_t rank = part.first_rank; rank < part.last_rank; ++rank)
      splats[rank] = make_tile_splat(screen + static_cast<long long>(SCREEN_FIELDS) * ids[rank], ids[rank]);
    const size_t columns = size.columns();
    part.next.assign(size.tiles() + columns, 0);
    for (const SplatBand& band : part.bands) {
      const int tiles = band.last_tile() - band.first_tile() + 1;
      part.pairs += tiles, rank_first[band.rank + 1] += tiles;
      ++part.next[band.first_tile() * columns + band.column];
      --part.next[(band.last_tile() + 1) * columns + band.column];
    }
    for (size_t rank = part.first_rank + 1; rank < part.last_rank; ++rank)
      rank_first[rank + 1] += rank_first[rank];
    for (size_t tile = columns; tile < part.next.size(); ++tile) part.next[tile] += part.next[tile - columns];
  }

  void number_entries() {
    long long pairs = 0;
    for (Part& part : parts_) part.first_pair = pairs, pairs += part.pairs;
    if (pairs > INT_MAX) throw std::length_error("more pairs of splats and tiles than an int counts");
    entries.resize(pairs), entries.resize(pairs + 2 * FETCH_AHEAD, BinEntry{0, 0, 0, 0});
    tile_first.resize(size.tiles() + 1);
    int first = 0;
    for (int tile = 0; tile < size.tiles(); ++tile) {
      tile_first[tile] = first;
      for (Part& part : parts_) {
        const int count = part.next[tile];
        part.next[tile] = first, first += count;
      }
    }
    tile_first[size.tiles()] = first;
  }

  void place_entries(Part& part) {
    int pair = static_cast<int>(part.first_pair);
    for (size_t rank = part.first_rank; rank < part.last_rank; ++rank)
      rank_first[rank + 1] += part.first_pair;
    for (const SplatBand& band : part.bands)
      for (int row = band.first_tile(); row <= band.last_tile(); ++row)
        entries[part.next[row * size.columns() + band.column]++] = {band.rank, pair++, band.top, band.bottom};
  }

  DepthOrder order_;
  std::vector<Part> parts_;
};

}  // namespace objpose
