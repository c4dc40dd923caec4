// raster_cuda.cu as a library for the CPU: launch() takes what cuLaunchKernel takes.
#include <algorithm>
#include <memory>
#include <string>

#include "cuda_shim.h"
#include "raster_cuda.cu"

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
  return 1;
}
