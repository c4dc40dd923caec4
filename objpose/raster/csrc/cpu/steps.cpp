// Steps of poses on the CPU, behind the C ABI of abi.h: shapes and units are those of steps/stages.py. There
// are few: each call works on one thread.
#include "cpu/abi.h"
#include "shared/pose_step.h"

using namespace objpose;

OBJPOSE_API int objpose_damped_steps(const float* normal, const float* gradient, const float* damping,
                                     long long poses, float* out) {
  return guarded([&] {
    for (long long i = 0; i < poses; ++i)
      damped_step(normal + 36 * i, gradient + 6 * i, damping[i], out + 6 * i);
  });
}

OBJPOSE_API int objpose_moved_poses(const float* centre, const float* cam_from_obj, const float* twist,
                                    long long poses, float* out) {
  return guarded([&] {
    for (long long i = 0; i < poses; ++i)
      move_about_centre(centre, cam_from_obj + 7 * i, twist + 6 * i, out + 7 * i);
  });
}

OBJPOSE_API int objpose_posed_points(const float* point, const float* cam_from_obj, long long poses,
                                     float* out) {
  return guarded([&] {
    for (long long i = 0; i < poses; ++i) pose_point(point, cam_from_obj + 7 * i, out + 3 * i);
  });
}

OBJPOSE_API int objpose_taken_steps(const float* cam_from_obj, const float* normal, const float* gradient,
                                    const float* cost, const float* damping, const unsigned char* converged,
                                    const float* trial, const float* trial_normal,
                                    const float* trial_gradient, const float* trial_cost, const float* step,
                                    float tolerance, long long poses, float* out, float* out_normal,
                                    float* out_gradient, float* out_cost, float* out_damping,
                                    unsigned char* out_converged, unsigned char* out_accepted) {
  return guarded([&] {
    const PoseSystems here{cam_from_obj, normal, gradient, cost};
    const PoseSystems there{trial, trial_normal, trial_gradient, trial_cost};
    const TakenSteps taken{out,         out_normal,    out_gradient, out_cost,
                           out_damping, out_converged, out_accepted};
    for (long long i = 0; i < poses; ++i)
      take_step(here, damping, converged, there, step, tolerance, i, taken);
  });
}
