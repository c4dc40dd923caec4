// Enough of CUDA to run our kernels on the CPU: the blocks of a grid in turn, the threads
// of a block as threads of the system, which meet at __syncthreads() and, warp by warp, at __ballot_sync().
#pragma once

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __shared__ static  // blocks come in turn

struct Index3 {
  unsigned x, y, z;
};

inline thread_local Index3 threadIdx, blockIdx;
inline Index3 blockDim{1, 1, 1}, gridDim{1, 1, 1};

namespace shim {

constexpr int WARP = 32;

// Lets `count` threads go when all have come; each brings a bit and takes away everybody's.
class Meeting {
 public:
  explicit Meeting(int count) : count_(count) {}

  unsigned join(unsigned bits) {
    std::unique_lock<std::mutex> lock(lock_);
    const int round = round_;
    gathered_ |= bits;
    if (++arrived_ == count_) {
      result_ = gathered_;
      gathered_ = 0, arrived_ = 0, ++round_;
      all_here_.notify_all();
    } else {
      all_here_.wait(lock, [&] { return round_ != round; });
    }
    return result_;
  }

 private:
  const int count_;
  int arrived_ = 0, round_ = 0;
  unsigned gathered_ = 0, result_ = 0;
  std::mutex lock_;
  std::condition_variable all_here_;
};

inline Meeting* block_meeting;
inline std::vector<Meeting*> warp_meetings;
// What the lanes of each warp show each other; two of them in turn, so that one meeting an exchange is enough.
inline std::vector<std::vector<double>> warp_values;
inline thread_local int exchanges = 0;
inline std::mutex atomic_lock;

// Calls body() as every thread of every block.
template <typename Body>
void run_grid(unsigned blocks, unsigned threads, const Body& body) {
  blockDim = {threads, 1, 1}, gridDim = {blocks, 1, 1};
  Meeting everyone(static_cast<int>(threads));
  block_meeting = &everyone;
  std::vector<std::unique_ptr<Meeting>> warps;
  warp_meetings.clear();
  warp_values.assign((threads + WARP - 1) / WARP, std::vector<double>(2 * WARP));
  for (unsigned first = 0; first < threads; first += WARP) {
    warps.push_back(std::make_unique<Meeting>(static_cast<int>(std::min<unsigned>(WARP, threads - first))));
    warp_meetings.push_back(warps.back().get());
  }
  std::vector<std::thread> team;
  for (unsigned t = 0; t < threads; ++t)
    team.emplace_back([&, t] {
      threadIdx = {t, 0, 0};
      for (unsigned block = 0; block < blocks; ++block) {
        blockIdx = {block, 0, 0};
        body();
        everyone.join(0);  // the next block starts when this one has ended
      }
    });
  for (std::thread& thread : team) thread.join();
}

// Calls a kernel with arguments given by address, as cuLaunchKernel does.
template <typename... Arguments, std::size_t... I>
void run_kernel(void (*kernel)(Arguments...), unsigned blocks, unsigned threads, void** arguments,
                std::index_sequence<I...>) {
  const std::tuple<Arguments...> values(*static_cast<Arguments*>(arguments[I])...);
  run_grid(blocks, threads, [&] { std::apply(kernel, values); });
}

template <typename... Arguments>
void run_kernel(void (*kernel)(Arguments...), unsigned blocks, unsigned threads, void** arguments) {
  run_kernel(kernel, blocks, threads, arguments, std::index_sequence_for<Arguments...>{});
}

}  // namespace shim

inline void __syncthreads() { shim::block_meeting->join(0); }

inline int __syncthreads_or(int predicate) { return shim::block_meeting->join(predicate != 0) != 0; }

// What the lane `from` shows the others of its warp.
template <typename Value>
Value shown_by(Value value, unsigned from) {
  const unsigned lane = threadIdx.x % shim::WARP, warp = threadIdx.x / shim::WARP;
  double* const values = shim::warp_values[warp].data() + shim::exchanges++ % 2 * shim::WARP;
  values[lane] = static_cast<double>(value);
  shim::warp_meetings[warp]->join(0);
  return static_cast<Value>(values[from]);
}

template <typename Value>
Value __shfl_down_sync(unsigned, Value value, unsigned step) {
  const unsigned lane = threadIdx.x % shim::WARP;
  return shown_by(value, lane + step < shim::WARP ? lane + step : lane);
}

template <typename Value>
Value __shfl_sync(unsigned, Value value, unsigned from) {
  return shown_by(value, from);
}

inline unsigned __ballot_sync(unsigned, bool vote) {
  const unsigned lane = threadIdx.x % shim::WARP;
  return shim::warp_meetings[threadIdx.x / shim::WARP]->join(static_cast<unsigned>(vote) << lane);
}

inline int __ffs(unsigned bits) {
  for (int i = 0; i < 32; ++i)
    if (bits >> i & 1) return i + 1;
  return 0;
}

template <typename To, typename From>
To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}
inline unsigned __float_as_uint(float value) { return bits_as<unsigned>(value); }
inline float __uint_as_float(unsigned bits) { return bits_as<float>(bits); }

template <typename Value>
Value atomicMax(Value* address, Value value) {
  const std::lock_guard<std::mutex> guard(shim::atomic_lock);
  const Value before = *address;
  if (value > before) *address = value;
  return before;
}

template <typename Value>
Value atomicAdd(Value* address, Value value) {
  const std::lock_guard<std::mutex> guard(shim::atomic_lock);
  const Value before = *address;
  *address += value;
  return before;
}
