// The entry points of the core. Compiled with this in front (-include), the core itself says where it differs.
#pragma once

extern "C" {
int objpose_rasterize(const float* vertices, long long vertex_count, const int* faces, long long face_count,
                      const double* cam_from_obj, const double* K, long long poses, int width, int height,
                      double near_depth, int threads, float* depth, int* face_ids, float* bary,
                      float* footprint);
int objpose_interpolate(const float* attributes, long long vertex_count, int channels, const int* faces,
                        long long face_count, const int* face_ids, const float* bary, long long pixels,
                        int threads, float* out);
int objpose_interpolate_adjoint(const float* attributes, long long vertex_count, int channels,
                                const int* faces, long long face_count, const int* face_ids,
                                const float* bary, const float* grad_out, long long pixels, int threads,
                                float* grad_attributes, float* grad_bary);
int objpose_sample_texture(const unsigned char* texels, const int* sizes, int levels, const float* uvs,
                           long long vertex_count, const int* faces, long long face_count,
                           const int* face_ids, const float* bary, const float* footprint, long long pixels,
                           int threads, float* out);
int objpose_face_normals(const float* vertices, long long vertex_count, const int* faces,
                         long long face_count, const double* cam_from_obj, const int* face_ids,
                         long long poses, long long pixels_per_pose, int threads, float* out);

int objpose_project_splats(const float* means, const float* wxyz, const float* scales, const float* opacities,
                           long long count, const double* cam_from_world, const double* K, long long cameras,
                           int width, int height, double near_depth, int antialias, int threads,
                           float* screen, float* extent);
int objpose_project_splats_adjoint(const float* means, const float* wxyz, const float* scales,
                                   const float* opacities, long long count, const double* cam_from_world,
                                   const double* K, long long cameras, int width, int height,
                                   double near_depth, int antialias, const float* extent,
                                   const float* grad_screen, int threads, float* grad_means, float* grad_wxyz,
                                   float* grad_scales, float* grad_opacities, double* grad_camera);
int objpose_shade_splats(const float* means, long long count, const float* sh, int coefficients,
                         const double* cam_from_world, long long cameras, int threads, float* colors,
                         float* slopes);
int objpose_shade_splats_adjoint(const float* means, long long count, const float* sh, int coefficients,
                                 const double* cam_from_world, long long cameras, const float* grad_colors,
                                 int threads, float* grad_means, float* grad_sh, double* grad_camera);
int objpose_blend_splats(const float* screen, const float* extent, long long cameras, long long count,
                         const float* colors, long long color_step, int channels, const float* background,
                         int width, int height, int threads, float* color, float* alpha, float* depth_sum,
                         float* median_depth);
int objpose_blend_splats_adjoint(const float* screen, const float* extent, long long cameras, long long count,
                                 const float* colors, long long color_step, int channels,
                                 const float* background, int width, int height, const float* grad_color,
                                 const float* grad_alpha, const float* grad_depth_sum,
                                 const float* grad_median_depth, int threads, float* grad_screen,
                                 float* grad_colors, float* grad_background);
int objpose_splat_normal_equations(const float* means, const float* wxyz, const float* scales,
                                   const float* opacities, long long count, const float* colors,
                                   long long color_step, const float* color_slopes, int channels,
                                   const double* cam_from_world, const double* K, long long cameras,
                                   int width, int height, double near_depth, int antialias,
                                   const float* background, const float* target, const float* target_depth,
                                   const float* target_alpha, const float* weights, const double* losses,
                                   int threads, double* sums);

int objpose_draw_paint(const float* vertices, long long vertex_count, const int* faces, long long face_count,
                       const float* colors, const float* uvs, const unsigned char* texels, const int* sizes,
                       int levels, const float* poses, long long pose_count, const float* K,
                       const unsigned char* counts, const float* light, int side, float near_depth, float plain,
                       float least, int clears_border, int threads, float* color, float* depth,
                       float* normals);
int objpose_paint_likeness(const float* color, const float* depth, long long pose_count, const float* seen,
                           long long pixels, int least, float plain, float* out);
int objpose_cell_means(const unsigned char* rgb, long long height, long long width, long long left,
                       long long top, int cell, int side, float* seen, unsigned char* inside);
int objpose_picture_channels(const float* rgb, int side, float* channels, float* slopes);

int objpose_nearest_views(const float* directions, long long views, const float* centre,
                          const float* cam_from_obj, long long poses, int* view);
int objpose_count_colors(const unsigned char* rgb, long long height, long long width, const float* points,
                         const float* normals, const float* reach, const int* view,
                         const unsigned char* usable, long long count, const float* cam_from_obj,
                         long long poses, const float* K, int* counts);
int objpose_blend_colors(const int* counts, float rate, float* histograms, float* table, float* smoothed,
                         double* contrast);
int objpose_line_profiles(const unsigned char* rgb, long long height, long long width, const float* table,
                          const float* points, const float* normals, const float* reach, const int* view,
                          const unsigned char* usable, long long count, const float* cam_from_obj,
                          long long poses, const float* K, int scale, float* placement, float* posterior,
                          long long positions);
int objpose_line_equations(const float* placement, const float* posterior, long long positions,
                           const float* points, const float* normals, const float* reach, const int* view,
                           const unsigned char* usable, long long count, const float* cam_from_obj,
                           long long poses, const float* K, const float* centre, float sigma, float* normal,
                           float* gradient, float* cost);
int objpose_line_statistics(const float* placement, const float* posterior, long long positions,
                            const float* points, const float* normals, const float* reach, const int* view,
                            const unsigned char* usable, long long count, const float* cam_from_obj,
                            long long poses, const float* K, float width, float* numbers);
int objpose_move_poses(const float* cam_from_obj, long long poses, const float* centre, const float* normal,
                       const float* gradient, const float* K, double radius, double shift_damping,
                       double turn_damping, float* out);

int objpose_depth_equations(const float* depth, long long height, long long width, const float* K,
                            const float* points, const float* normals, const int* view, long long count,
                            const float* cam_from_obj, long long poses, const float* centre, float radius,
                            float sigma, float noise, float margin, float* normal, float* gradient,
                            float* cost, int* counts);
int objpose_clear_hidden(const float* depth, long long height, long long width, const float* K,
                         const float* points, const float* front, const int* view, long long count,
                         const float* cam_from_obj, long long poses, float margin, float noise, float radius,
                         unsigned char* usable);
int objpose_grey_pyramid(const unsigned char* rgb, long long width, long long left, long long top,
                         long long part_width, long long part_height, long long levels, float* grey);
int objpose_find_corners(const float* grey, long long height, long long width, float* strength);
int objpose_patch_equations(const float* grey, long long height, long long width, long long left,
                            long long top, long long scale, const float* K, const float* points,
                            const float* values, const float* normals, const unsigned char* usable,
                            long long count, const float* cam_from_obj, long long poses, const float* centre,
                            float sigma, float* normal, float* gradient, float* cost, int* counts,
                            float* rms);

int objpose_drawn_color_equations(const float* color, const float* depth, long long poses, const int* index,
                                  const float* rays, const float* K, long long count, long long picture,
                                  const float* channels, const float* slopes, const float* measured,
                                  float reach, const float* pivot, int threads, float* normal,
                                  float* gradient, float* cost);
int objpose_drawn_depth_equations(const float* depth, const float* normals, long long poses, const int* index,
                                  const float* rays, const float* K, long long count, long long picture,
                                  const float* measured, float sigma, float reach, const float* pivot,
                                  int threads, float* normal, float* gradient, float* cost);
int objpose_drawn_outline_equations(const float* depth, long long poses, long long size, const float* rays,
                                    const float* K, const unsigned char* counts, const float* distance,
                                    const float* slope, float sigma, float reach, const float* pivot,
                                    int threads, float* normal, float* gradient, float* cost);
int objpose_drawn_edge_equations(const float* depth, long long poses, long long size, const float* rays,
                                 const float* K, const unsigned char* counts, const float* slopes, float reach,
                                 const float* pivot, int threads, float* normal, float* gradient,
                                 float* cost);
int objpose_drawn_color_agreement(const float* seen, const float* drawn, const float* weight, long long poses,
                                  long long height, long long width, long long with_structure, int threads,
                                  float* agreement);
int objpose_drawn_shape_counts(const float* depth, const float* measured, const unsigned char* mask,
                               const unsigned char* inside, const unsigned char* covered, long long poses,
                               long long size, long long border, float tolerance, int threads, float* weight,
                               float* counts);

int objpose_register_points(const float* points, const int* closest, const int* behind, const float* grid,
                            const float* scene, const float* scene_normals, long long count,
                            const float* cam_from_obj, long long poses, long long steps, float start,
                            float end, int threads, float* out);
int objpose_surface_agreement(const float* points, const int* closest, const int* behind, const float* grid,
                              const float* scene, const float* scene_normals, long long count,
                              const float* cam_from_obj, long long poses, float most, const float* similarity,
                              long long surface_count, int threads, float* out);
int objpose_seen_through(const float* depth, long long height, long long width, const float* K,
                         const float* probes, long long count, const float* cam_from_obj, long long poses,
                         float slack, int threads, float* out);
int objpose_damped_steps(const float* normal, const float* gradient, const float* damping, long long poses,
                         float* out);
int objpose_moved_poses(const float* centre, const float* cam_from_obj, const float* twist, long long poses,
                        float* out);
int objpose_posed_points(const float* point, const float* cam_from_obj, long long poses, float* out);
int objpose_taken_steps(const float* cam_from_obj, const float* normal, const float* gradient,
                        const float* cost, const float* damping, const unsigned char* converged, const float* trial,
                        const float* trial_normal, const float* trial_gradient, const float* trial_cost,
                        const float* step, float tolerance, long long poses, float* out, float* out_normal,
                        float* out_gradient, float* out_cost, float* out_damping, unsigned char* out_converged,
                        unsigned char* out_accepted);
}
