// Work space that outlives a call. Memory that is asked for anew in each costs a fault of the system a page,
// which was a quarter of the time of blending's adjoint.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace objpose {

constexpr size_t MOST_KEPT = 1 << 20;  // pairs: space for more of them, some 100 MB, is given back

// A Space that nobody else works with: one of an earlier call, with what it held then, or a new one.
template <typename Space>
class Kept {
 public:
  Kept() : space_(take()) {}
  Kept(Kept&&) = default;
  ~Kept() {
    if (space_ == nullptr || space_->pairs() > MOST_KEPT) return;
    const std::lock_guard<std::mutex> guard(pool().lock);
    pool().spaces.push_back(std::move(space_));
  }
  Space& operator*() const { return *space_; }

 private:
  struct Pool {
    std::mutex lock;
    std::vector<std::unique_ptr<Space>> spaces;
  };

  static Pool& pool() {
    static Pool* const only = new Pool;  // never ends: threads may still work when the process does
    return *only;
  }
  static std::unique_ptr<Space> take() {
    const std::lock_guard<std::mutex> guard(pool().lock);
    if (pool().spaces.empty()) return std::make_unique<Space>();
    std::unique_ptr<Space> last = std::move(pool().spaces.back());
    pool().spaces.pop_back();
    return last;
  }

  std::unique_ptr<Space> space_;
};

}  // namespace objpose
