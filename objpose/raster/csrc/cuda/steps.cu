// Steps of poses: one thread a pose.
#include "cuda/threads.h"
#include "shared/pose_step.h"

using namespace objpose;

extern "C" __global__ void damped_steps(const float* normal, const float* gradient, const float* damping,
                                        long long poses, float* out) {
  const long long pose = thread_index();
  if (pose < poses) damped_step(normal + 36 * pose, gradient + 6 * pose, damping[pose], out + 6 * pose);
}

extern "C" __global__ void moved_poses(const float* centre, const float* cam_from_obj, const float* twist,
                                       long long poses, float* out) {
  const long long pose = thread_index();
  if (pose < poses) move_about_centre(centre, cam_from_obj + 7 * pose, twist + 6 * pose, out + 7 * pose);
}

extern "C" __global__ void posed_points(const float* point, const float* cam_from_obj, long long poses,
                                        float* out) {
  const long long pose = thread_index();
  if (pose < poses) pose_point(point, cam_from_obj + 7 * pose, out + 3 * pose);
}

extern "C" __global__ void taken_steps(PoseSystems here, const float* damping, const unsigned char* converged,
                                       PoseSystems trial, const float* step, float tolerance,
                                       long long poses, TakenSteps out) {
  const long long pose = thread_index();
  if (pose < poses) take_step(here, damping, converged, trial, step, tolerance, pose, out);
}
