// The same headers compile for the host (cpu/meshes.cpp) and, through NVRTC, for the device (cuda/meshes.cu).
#pragma once

#if defined(__CUDACC__)
#define OBJPOSE_HD __host__ __device__ __forceinline__
#elif defined(__GNUC__)
// Inlined always: a function cloned for several instruction sets takes its callees along only by inlining
// them.
#define OBJPOSE_HD inline __attribute__((always_inline))
#else
#define OBJPOSE_HD inline
#endif

#if !defined(__CUDACC__)
#include <cmath>
using std::exp;
using std::exp2;
using std::fabs;
using std::floor;
using std::log;
using std::log1p;
using std::log2;
using std::sqrt;
#endif
