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
