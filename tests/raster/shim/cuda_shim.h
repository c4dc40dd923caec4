// Enough of CUDA to run our kernels on the CPU: the blocks of a grid in turn, and the threads of a block in
// turn too, as fibers that give way where they wait for others. Forwards or backwards, so that a test can see
// whether an answer hangs on the order. A meeting to which not all come is an error.
#pragma once

#include <ucontext.h>

#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __shared__ static  // blocks come in turn
#define __launch_bounds__(...)
#define __forceinline__ inline

struct Index3 {
  unsigned x, y, z;
};
struct alignas(16) float4 {
  float x, y, z, w;
};

inline Index3 threadIdx, blockIdx, blockDim{1, 1, 1}, gridDim{1, 1, 1};

namespace shim {

constexpr unsigned WARP = 32;
constexpr std::size_t STACK = 1 << 17;

enum State { AT_WARP, AT_BLOCK, RUNS, ENDED };

struct Fiber {
  ucontext_t start;
  jmp_buf here;
  std::unique_ptr<char[]> stack{new char[STACK]};
  bool begun = false;
  State state = RUNS;
  bool vote = false;  // where its block meets
  // What it shows its warp; two places in turn, for the quicker ones are at the next meeting already.
  std::uint64_t shown[2] = {0, 0};
  int turn = 0;
};

inline std::vector<Fiber> fibers;
inline jmp_buf scheduler;
inline std::function<void()> kernel_body;
inline bool backwards = false, any_vote = false;

inline void begin() {
  kernel_body();
  fibers[threadIdx.x].state = ENDED;
  _longjmp(scheduler, 1);
}

inline void resume(unsigned thread) {
  threadIdx = {thread, 0, 0};
  Fiber& fiber = fibers[thread];
  if (_setjmp(scheduler) != 0) return;
  if (fiber.begun) _longjmp(fiber.here, 1);
  fiber.begun = true;
  getcontext(&fiber.start);
  fiber.start.uc_stack.ss_sp = fiber.stack.get(), fiber.start.uc_stack.ss_size = STACK;
  makecontext(&fiber.start, begin, 0);
  setcontext(&fiber.start);
}

// Goes on when all are here.
inline void meet(State at) {
  Fiber& fiber = fibers[threadIdx.x];
  fiber.state = at;
  if (_setjmp(fiber.here) == 0) _longjmp(scheduler, 1);
}

template <typename Value>
void show_warp(Value value) {
  static_assert(sizeof(Value) <= sizeof(std::uint64_t));
  Fiber& fiber = fibers[threadIdx.x];
  fiber.turn ^= 1;
  std::memcpy(&fiber.shown[fiber.turn], &value, sizeof(value));
  meet(AT_WARP);
}

template <typename Value>
Value shown_by(unsigned thread) {
  Value value;
  std::memcpy(&value, &fibers[thread].shown[fibers[threadIdx.x].turn], sizeof(value));
  return value;
}

// Lets those go on who wait together: all of first ... last - 1, but the ended where a block meets.
inline bool release(std::size_t first, std::size_t last, State at) {
  bool waits = false, vote = false;
  for (std::size_t t = first; t < last; ++t) {
    if (fibers[t].state != at && !(at == AT_BLOCK && fibers[t].state == ENDED)) return false;
    waits = waits || fibers[t].state == at;
    vote = vote || (fibers[t].state == at && fibers[t].vote);
  }
  if (at == AT_BLOCK) any_vote = vote;
  for (std::size_t t = first; t < last; ++t)
    if (fibers[t].state == at) fibers[t].state = RUNS;
  return waits;
}

inline void run_block() {
  const std::size_t count = fibers.size();
  for (Fiber& fiber : fibers) fiber.begun = false, fiber.state = RUNS;
  for (bool goes_on = true; goes_on;) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t thread = backwards ? count - 1 - i : i;
      if (fibers[thread].state == RUNS) resume(static_cast<unsigned>(thread));
    }
    goes_on = release(0, count, AT_BLOCK);
    for (std::size_t first = 0; first < count; first += WARP)
      goes_on = release(first, first + WARP, AT_WARP) || goes_on;
  }
  for (const Fiber& fiber : fibers)
    if (fiber.state != ENDED) throw std::runtime_error("threads wait for others that never come");
}

// Calls a kernel with arguments given by address, as cuLaunchKernel does; whole warps.
template <typename... Arguments, std::size_t... I>
void run_kernel(void (*kernel)(Arguments...), unsigned blocks, unsigned threads, void** arguments,
                std::index_sequence<I...>) {
  const std::tuple<Arguments...> values(*static_cast<Arguments*>(arguments[I])...);
  kernel_body = [&] { std::apply(kernel, values); };
  if (fibers.size() != threads) fibers = std::vector<Fiber>(threads);
  blockDim = {threads, 1, 1}, gridDim = {blocks, 1, 1};
  for (unsigned i = 0; i < blocks; ++i) {
    blockIdx = {backwards ? blocks - 1 - i : i, 0, 0};
    run_block();
  }
}

template <typename... Arguments>
void run_kernel(void (*kernel)(Arguments...), unsigned blocks, unsigned threads, void** arguments) {
  run_kernel(kernel, blocks, threads, arguments, std::index_sequence_for<Arguments...>{});
}

}  // namespace shim
