// Splats on CUDA devices: sorting them into tiles. A rank is a splat of a camera in the order of depth, a
// slot a pair of a tile and a splat in the order of ranks; a sort by tiles that keeps the order of equals
// then has every tile's pairs in the order of depth.
#include "cuda/structures.h"
#include "cuda/threads.h"
#include "shared/splat_box.h"
#include "shared/splat_ellipse.h"

using namespace objpose;

namespace {

// Calls visit(tile of the image) for all that a splat may touch.
template <typename Visit>
__device__ void visit_tiles(const float* screen, const float* extent, int width, int height,
                            const Visit& visit) {
  if (!is_drawable(screen, extent)) return;
  const int columns = (width + CUDA_TILE - 1) / CUDA_TILE;
  visit_tile_columns(splat_ellipse(screen, extent), width, height, CUDA_TILE,
                     [&](int column, int top, int bottom) {
                       for (int row = top / CUDA_TILE; row <= bottom / CUDA_TILE; ++row)
                         visit(row * columns + column);
                     });
}

}  // namespace

// One thread a (camera, splat).
extern "C" __global__ void pack_splats(const float* screen, const float* extent, long long items,
                                       PackedSplat* packed) {
  const long long item = thread_index();
  if (item >= items) return;
  const float* const s = screen + SCREEN_FIELDS * item;
  const SplatEllipse e = splat_ellipse(s, extent + 2 * item);
  packed[item] = {e.x, e.y, e.xx, e.xy, e.yy, s[5], s[6], e.half_width};
}

// One thread a rank, as the next one: how many tiles its splat touches.
extern "C" __global__ void count_tiles(const float* screen, const float* extent, const long long* order,
                                       long long items, int width, int height, int* counts) {
  const long long rank = thread_index();
  if (rank >= items) return;
  const long long item = order[rank];
  int count = 0;
  visit_tiles(screen + SCREEN_FIELDS * item, extent + 2 * item, width, height, [&](int) { ++count; });
  counts[rank] = count;
}

// ends: the running sum of counts. Keys are tiles of all cameras. rank_items and rank_ends: of 4 bytes.
extern "C" __global__ void fill_pairs(const float* screen, const float* extent, const long long* order,
                                      long long items, long long count, int width, int height,
                                      const long long* ends, SortKeys keys, int* slot_items, int* rank_items,
                                      int* rank_ends) {
  const long long rank = thread_index();
  if (rank >= items) return;
  const long long item = order[rank], end = ends[rank];
  rank_items[rank] = static_cast<int>(item), rank_ends[rank] = static_cast<int>(end);
  long long slot = rank == 0 ? 0 : ends[rank - 1];
  const int tiles = ((width + CUDA_TILE - 1) / CUDA_TILE) * ((height + CUDA_TILE - 1) / CUDA_TILE);
  const int first = static_cast<int>(item / count) * tiles;
  const auto add = [&](int key) {
    if (slot >= end) return;
    keys.store(slot, key);
    slot_items[slot++] = static_cast<int>(item);
  };
  visit_tiles(screen + SCREEN_FIELDS * item, extent + 2 * item, width, height,
              [&](int tile) { add(first + tile); });
  // Should a compiler round otherwise here than where tiles were counted: pairs of no tile.
  while (slot < end) add(static_cast<int>(items / count) * tiles);
}

// One thread a pair, in the order of tiles; slots of 8 bytes, as torch sorts them.
extern "C" __global__ void gather_pairs(const long long* slots, const int* slot_items, long long pairs,
                                        int* pair_items, int* pair_slots) {
  const long long pair = thread_index();
  if (pair >= pairs) return;
  const long long slot = slots[pair];
  pair_items[pair] = slot_items[slot], pair_slots[pair] = static_cast<int>(slot);
}
