// The kernels as a library for the CPU: launch() takes what cuLaunchKernel takes.
#include <algorithm>
#include <memory>
#include <string>

#include "cuda_shim.h"
#include "cuda/drawn.cu"
#include "cuda/judge.cu"
#include "cuda/meshes.cu"
#include "cuda/registration.cu"
#include "cuda/splat_blend.cu"
#include "cuda/splats.cu"
#include "cuda/steps.cu"

#define RUN_IF_NAMED(kernel) \
  if (name == #kernel) return shim::run_kernel(kernel, blocks, threads, arguments), 0

extern "C" int launch(const char* kernel_name, unsigned blocks, unsigned threads, void** arguments) {
  const std::string name(kernel_name);
  RUN_IF_NAMED(project_vertices);
  RUN_IF_NAMED(fill_keys);
  RUN_IF_NAMED(resolve_keys);
  RUN_IF_NAMED(interpolate);
  RUN_IF_NAMED(interpolate_adjoint);
  RUN_IF_NAMED(sample_texture);
  RUN_IF_NAMED(face_normals);
  RUN_IF_NAMED(project_splats);
  RUN_IF_NAMED(project_splats_adjoint);
  RUN_IF_NAMED(shade_splats);
  RUN_IF_NAMED(shade_splats_adjoint);
  RUN_IF_NAMED(count_tiles);
  RUN_IF_NAMED(fill_pairs);
  RUN_IF_NAMED(find_ranges);
  RUN_IF_NAMED(splat_slopes_of);
  RUN_IF_NAMED(blend_splats);
  RUN_IF_NAMED(blend_splats_adjoint);
  RUN_IF_NAMED(splat_normal);
  RUN_IF_NAMED(drawn_color_agreement);
  RUN_IF_NAMED(drawn_color_equations);
  RUN_IF_NAMED(drawn_depth_equations);
  RUN_IF_NAMED(drawn_outline_equations);
  RUN_IF_NAMED(register_points);
  RUN_IF_NAMED(surface_agreement);
  RUN_IF_NAMED(seen_through);
  RUN_IF_NAMED(damped_steps);
  RUN_IF_NAMED(moved_poses);
  RUN_IF_NAMED(drawn_shape_counts);
  RUN_IF_NAMED(drawn_edge_equations);
  RUN_IF_NAMED(posed_points);
  return 1;
}
