// The kernels as a library for the CPU: launch() takes what cuLaunchKernel takes.
#include <cmath>
#include <cstdio>
#include <string>

#include "cuda_functions.h"

// Behind the shim.
#include "cuda/drawn.cu"
#include "cuda/judge.cu"
#include "cuda/meshes.cu"
#include "cuda/registration.cu"
#include "cuda/splat_adjoint.cu"
#include "cuda/splat_bins.cu"
#include "cuda/splat_blend.cu"
#include "cuda/splat_normal.cu"
#include "cuda/splat_shade.cu"
#include "cuda/splats.cu"
#include "cuda/steps.cu"
#include "cuda/surface.cu"

#define RUN_IF_NAMED(kernel) \
  if (name == #kernel) return shim::run_kernel(kernel, blocks, threads, arguments), true;
#define RUN_IF_BLENDING(colors)               \
  RUN_IF_NAMED(blend_splats_##colors)         \
  RUN_IF_NAMED(blend_splats_adjoint_##colors) \
  RUN_IF_NAMED(gather_gradients_##colors)

#define RUN_IF_SHADING(harmonics)        \
  RUN_IF_NAMED(shade_splats_##harmonics) \
  RUN_IF_NAMED(shade_splats_adjoint_##harmonics)

// For the test of the shim itself: half of the warp never comes.
static void half_a_warp() {
  if (threadIdx.x % 2 == 0) __ballot_sync(~0u, true);
}

static bool run(const std::string& name, unsigned blocks, unsigned threads, void** arguments) {
  RUN_IF_NAMED(half_a_warp)
  RUN_IF_NAMED(project_vertices)
  RUN_IF_NAMED(fill_keys)
  RUN_IF_NAMED(fill_listed)
  RUN_IF_NAMED(resolve_keys)
  RUN_IF_NAMED(interpolate)
  RUN_IF_NAMED(interpolate_adjoint)
  RUN_IF_NAMED(sum_corners)
  RUN_IF_NAMED(sample_texture)
  RUN_IF_NAMED(face_normals)
  RUN_IF_NAMED(project_splats)
  RUN_IF_NAMED(project_splats_adjoint)
  RUN_IF_NAMED(pack_splats)
  RUN_IF_NAMED(count_tiles)
  RUN_IF_NAMED(fill_pairs)
  RUN_IF_NAMED(gather_pairs)
  RUN_IF_NAMED(splat_slopes_of)
  RUN_IF_NAMED(splat_normal)
  RUN_IF_NAMED(drawn_color_agreement)
  RUN_IF_NAMED(drawn_color_equations)
  RUN_IF_NAMED(drawn_depth_equations)
  RUN_IF_NAMED(drawn_outline_equations)
  RUN_IF_NAMED(register_points)
  RUN_IF_NAMED(surface_agreement)
  RUN_IF_NAMED(seen_through)
  RUN_IF_NAMED(damped_steps)
  RUN_IF_NAMED(moved_poses)
  RUN_IF_NAMED(posed_points)
  RUN_IF_NAMED(taken_steps)
  RUN_IF_NAMED(drawn_shape_counts)
  RUN_IF_NAMED(drawn_edge_equations)
  OBJPOSE_FOR_HARMONICS(RUN_IF_SHADING)
  OBJPOSE_FOR_COLORS(RUN_IF_BLENDING)
  return false;
}

// 0: it ran; 1: there is no such kernel; 2: some threads waited for others in vain.
extern "C" int launch(const char* kernel, unsigned blocks, unsigned threads, void** arguments) {
  try {
    return run(kernel, blocks, threads, arguments) ? 0 : 1;
  } catch (const std::runtime_error& error) {
    std::fprintf(stderr, "%s: %s\n", kernel, error.what());
    return 2;
  }
}

// In which order blocks and threads run.
extern "C" void run_backwards(int backwards) { shim::backwards = backwards != 0; }
