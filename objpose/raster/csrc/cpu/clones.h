// Code built for several instruction sets, the best of which is chosen when it runs.
#pragma once

#include "shared/platform.h"

#if defined(OBJPOSE_TARGET_CLONES)
#define OBJPOSE_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define OBJPOSE_CLONES
#endif

#if defined(_MSC_VER)
#define OBJPOSE_RESTRICT __restrict
#else
#define OBJPOSE_RESTRICT __restrict__
#endif

// Between a lambda's parameters and its body: as OBJPOSE_HD for functions.
#if defined(__GNUC__)
#define OBJPOSE_INLINE_LAMBDA __attribute__((always_inline))
#else
#define OBJPOSE_INLINE_LAMBDA
#endif

namespace objpose {

constexpr unsigned CACHE_LINE = 64;  // bytes

// What lies here will be read soon.
OBJPOSE_HD void prefetch(const void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address);
#else
  (void)address;
#endif
}

// Lanes of the set that all of the code is compiled for.
#if defined(__AVX512VL__)
constexpr int NATIVE_LANES = 16;
#elif defined(__AVX2__)
constexpr int NATIVE_LANES = 8;
#else
constexpr int NATIVE_LANES = 4;
#endif

// The same pointer, of which compilers believe that it depends on `turn`: they then keep nothing that it points
// to in registers from one turn of a loop to the next, where that would take more than there are.
OBJPOSE_HD const float* anew(const float* values, int turn) {
#if defined(__GNUC__)
  asm("" : "+r"(values) : "r"(turn));
#else
  (void)turn;
#endif
  return values;
}

#if defined(OBJPOSE_TARGET_CLONES)
template <typename Work, typename... Arguments>
__attribute__((target("arch=x86-64-v4"))) void run_with_16_lanes(Arguments&... arguments) {
  Work::template run<16>(arguments...);
}
template <typename Work, typename... Arguments>
__attribute__((target("arch=x86-64-v3"))) void run_with_8_lanes(Arguments&... arguments) {
  Work::template run<8>(arguments...);
}
#endif

// Calls Work::run<W>(arguments...), always inlined, with as many lanes W (cpu_lanes.h) as a register holds.
template <typename Work, typename... Arguments>
void run_with_lanes(Arguments&&... arguments) {
#if defined(OBJPOSE_TARGET_CLONES)
  if (__builtin_cpu_supports("x86-64-v4")) return run_with_16_lanes<Work>(arguments...);
  if (__builtin_cpu_supports("x86-64-v3")) return run_with_8_lanes<Work>(arguments...);
#endif
  Work::template run<NATIVE_LANES>(arguments...);
}

}  // namespace objpose
