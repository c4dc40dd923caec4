// The order in which splats are blended.
#pragma once

#include <cstring>
#include <vector>

#include "shared/splat_box.h"

namespace objpose {

// Splats that may be drawn by their depths, those of equal depth in their own order.
class DepthOrder {
 public:
  // screen (count, SCREEN_FIELDS), extent (count, 2).
  void sort(const float* screen, const float* extent, long long count) {
    keys_.clear();
    long long starts[PASSES][BUCKETS + 1] = {{0}};
    for (long long i = 0; i < count; ++i) {
      const float* const splat = screen + SCREEN_FIELDS * i;
      if (!is_drawable(splat, extent + 2 * i) || !(splat[5] > 0.0f)) continue;
      Key key = {0, static_cast<int>(i)};
      std::memcpy(&key.depth, splat + 6, sizeof(key.depth));
      keys_.push_back(key);
      for (int pass = 0; pass < PASSES; ++pass) ++starts[pass][key.bucket(pass) + 1];
    }
    spare_.resize(keys_.size());
    for (int pass = 0; pass < PASSES; ++pass) {
      for (int i = 0; i < BUCKETS; ++i) starts[pass][i + 1] += starts[pass][i];
      for (const Key& key : keys_) spare_[starts[pass][key.bucket(pass)]++] = key;
      keys_.swap(spare_);
    }
    ids_.clear();
    for (const Key& key : keys_) ids_.push_back(key.id);
  }
  const std::vector<int>& ids() const { return ids_; }

 private:
  // Depths are positive, so their bits sort as they do; each pass keeps the order of equals.
  static constexpr int BITS = 11, BUCKETS = 1 << BITS, PASSES = 3;

  struct Key {
    unsigned depth;
    int id;

    int bucket(int pass) const { return depth >> (BITS * pass) & (BUCKETS - 1); }
  };

  std::vector<Key> keys_, spare_;
  std::vector<int> ids_;
};

}  // namespace objpose
