// Where the compiler can, a function is built for several instruction sets and the best is chosen at load time.
#pragma once

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
