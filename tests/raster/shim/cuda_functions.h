// What our kernels call of CUDA, on the shim.
#pragma once

#include <type_traits>

#include "cuda_shim.h"

namespace shim {

template <typename To, typename From>
To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

}  // namespace shim

inline int __syncthreads_or(int predicate) {
  shim::fibers[threadIdx.x].vote = predicate != 0;
  shim::meet(shim::AT_BLOCK);
  return shim::any_vote;
}

inline void __syncthreads() { shim::meet(shim::AT_BLOCK); }

template <typename Value>
Value __shfl_xor_sync(unsigned, Value value, unsigned bits) {
  shim::show_warp(value);
  return shim::shown_by<Value>(threadIdx.x ^ bits);
}

inline unsigned __ballot_sync(unsigned, bool vote) {
  shim::show_warp(vote);
  const unsigned first = threadIdx.x / shim::WARP * shim::WARP;
  unsigned votes = 0;
  for (unsigned lane = 0; lane < shim::WARP; ++lane)
    votes |= static_cast<unsigned>(shim::shown_by<bool>(first + lane)) << lane;
  return votes;
}

inline int __ffs(unsigned bits) { return __builtin_ffs(static_cast<int>(bits)); }
inline int __clz(unsigned bits) { return bits == 0 ? 32 : __builtin_clz(bits); }
inline unsigned __float_as_uint(float value) { return shim::bits_as<unsigned>(value); }
inline float __uint_as_float(unsigned bits) { return shim::bits_as<float>(bits); }

template <typename Value>
Value __ldcg(const Value* address) {
  return *address;
}

template <typename Value>
Value atomicMax(Value* address, Value value) {
  const Value before = *address;
  if (value > before) *address = value;
  return before;
}

template <typename Value>
Value atomicAdd(Value* address, Value value) {
  static_assert(std::is_integral_v<Value>, "a sum of floats would hang on the order of the threads");
  const Value before = *address;
  *address += value;
  return before;
}
