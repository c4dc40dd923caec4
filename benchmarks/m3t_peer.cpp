// M3T (DLR-RM/3DObjectTracking, MIT) behind two pipes, for m3t_peer.py. Settings of its evaluation on RBOT.
//
//     m3t_peer OBJ MODEL FX FY CX CY WIDTH HEIGHT TEXTURE < commands > answers
//
// OBJ: the mesh in metres about its centre. MODEL: where M3T keeps its sparse views. CX, CY: as M3T wants them.
// Commands: 'i' with WIDTH * HEIGHT * 3 bytes of BGR: the next image; 't': follow the object into it; 's' with 16
// floats, row by row: start from this cam_from_obj in the image that is there. Each is answered by 17 floats:
// cam_from_obj, and the milliseconds of the cycle, images' copies not counted.

#include <m3t/basic_depth_renderer.h>
#include <m3t/link.h>
#include <m3t/optimizer.h>
#include <m3t/region_modality.h>
#include <m3t/renderer_geometry.h>
#include <m3t/silhouette_renderer.h>
#include <m3t/texture_modality.h>
#include <m3t/tracker.h>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

class PipeCamera : public m3t::ColorCamera {
 public:
  explicit PipeCamera(const m3t::Intrinsics &intrinsics) : ColorCamera{"camera"} {
    intrinsics_ = intrinsics;
    image_ = cv::Mat::zeros(intrinsics.height, intrinsics.width, CV_8UC3);
  }
  bool SetUp() override { return set_up_ = true; }
  bool UpdateImage(bool) override { return true; }
  bool Read() {
    const size_t bytes = image_.total() * image_.elemSize();
    return std::fread(image_.data, 1, bytes, stdin) == bytes;
  }
};

template <typename T>
std::shared_ptr<T> Ready(std::shared_ptr<T> part) {
  if (part->SetUp()) return part;
  std::fprintf(stderr, "M3T could not set up %s\n", part->name().c_str());
  std::exit(1);
}

std::shared_ptr<m3t::RegionModality> Region(const std::shared_ptr<m3t::Body> &body,
                                            const std::shared_ptr<PipeCamera> &camera, const char *file) {
  auto model = Ready(std::make_shared<m3t::RegionModel>("model", body, file, 0.8f, 4, 200, 0.01f, 0.002f, false, 1000));
  auto region = std::make_shared<m3t::RegionModality>("region", body, camera, model);
  region->set_n_lines_max(200);
  region->set_use_adaptive_coverage(false);
  region->set_min_continuous_distance(3.0f);
  region->set_function_length(8);
  region->set_distribution_length(12);
  region->set_function_amplitude(0.36f);
  region->set_function_slope(0.0f);
  region->set_learning_rate(1.3f);
  region->set_scales({5, 2, 2, 1});
  region->set_standard_deviations({20.0f, 7.0f, 3.0f, 1.5f});
  region->set_n_histogram_bins(32);
  region->set_learning_rate_f(0.2f);
  region->set_learning_rate_b(0.2f);
  region->set_unconsidered_line_length(0.5f);
  region->set_max_considered_line_length(20.0f);
  region->set_n_unoccluded_iterations(0);
  return Ready(region);
}

std::shared_ptr<m3t::TextureModality> Texture(const std::shared_ptr<m3t::Body> &body,
                                              const std::shared_ptr<PipeCamera> &camera,
                                              const std::shared_ptr<m3t::RendererGeometry> &geometry) {
  auto renderer = std::make_shared<m3t::FocusedSilhouetteRenderer>("silhouettes", geometry, camera);
  renderer->AddReferencedBody(body);
  auto texture = std::make_shared<m3t::TextureModality>("texture", body, camera, Ready(renderer));
  texture->set_descriptor_type(m3t::TextureModality::DescriptorType::ORB);
  texture->set_focused_image_size(200);
  texture->set_descriptor_distance_threshold(0.7f);
  texture->set_tukey_norm_constant(20.0f);
  texture->set_standard_deviations({5.0f, 1.0f});
  texture->set_max_keyframe_rotation_difference(10.0f * m3t::kPi / 180.0f);
  texture->set_max_keyframe_age(1000);
  texture->set_n_keyframes(1);
  texture->set_orb_n_features(300);
  texture->set_orb_scale_factor(1.2f);
  texture->set_orb_n_levels(3);
  return Ready(texture);
}

void Follow(const std::shared_ptr<m3t::Tracker> &tracker, int iteration) {
  for (int i = 0; i < tracker->n_corr_iterations(); ++i) {
    tracker->CalculateCorrespondences(iteration, i);
    for (int j = 0; j < tracker->n_update_iterations(); ++j) {
      tracker->CalculateGradientAndHessian(iteration, i, j);
      tracker->CalculateOptimization(iteration, i, j);
    }
  }
  tracker->CalculateResults(iteration);
}

bool Start(const std::shared_ptr<m3t::Tracker> &tracker, const std::shared_ptr<m3t::Body> &body) {
  float values[16];
  if (std::fread(values, sizeof(float), 16, stdin) != 16) return false;
  m3t::Transform3fA cam_from_obj;
  cam_from_obj.matrix() = Eigen::Map<Eigen::Matrix<float, 4, 4, Eigen::RowMajor>>(values);
  body->set_body2world_pose(cam_from_obj);
  return tracker->StartModalities(0);
}

void Answer(FILE *answers, const std::shared_ptr<m3t::Body> &body, float milliseconds) {
  float values[17];
  Eigen::Map<Eigen::Matrix<float, 4, 4, Eigen::RowMajor>> cam_from_obj(values);
  cam_from_obj = body->body2world_pose().matrix();
  values[16] = milliseconds;
  std::fwrite(values, sizeof(float), 17, answers);
  std::fflush(answers);
}

int main(int argc, char **argv) {
  if (argc != 10) return 2;
  FILE *answers = fdopen(dup(STDOUT_FILENO), "wb");
  dup2(STDERR_FILENO, STDOUT_FILENO);  // M3T tells its progress there
  const m3t::Intrinsics intrinsics{std::stof(argv[3]), std::stof(argv[4]), std::stof(argv[5]),
                                   std::stof(argv[6]), std::stoi(argv[7]), std::stoi(argv[8])};
  auto camera = Ready(std::make_shared<PipeCamera>(intrinsics));
  auto body = Ready(std::make_shared<m3t::Body>("body", argv[1], 1.0f, true, false, m3t::Transform3fA::Identity()));
  auto geometry = Ready(std::make_shared<m3t::RendererGeometry>("geometry"));
  geometry->AddBody(body);
  auto link = std::make_shared<m3t::Link>("link", body);
  link->AddModality(Region(body, camera, argv[2]));
  if (argv[9][0] == '1') link->AddModality(Texture(body, camera, geometry));
  auto optimizer = std::make_shared<m3t::Optimizer>("optimizer", Ready(link), 1000.0f, 30000.0f);
  auto tracker = std::make_shared<m3t::Tracker>("tracker", 7, 2);
  tracker->AddOptimizer(Ready(optimizer));
  if (!tracker->SetUp(false)) return 1;
  int iteration = 0;
  for (int command = std::getchar(); command != EOF; command = std::getchar()) {
    const auto begin = std::chrono::steady_clock::now();
    if (command == 'i' && !camera->Read()) return 1;
    if (command == 's' && !Start(tracker, body)) return 1;
    if (command == 't') Follow(tracker, iteration++);
    const std::chrono::duration<float, std::milli> passed = std::chrono::steady_clock::now() - begin;
    Answer(answers, body, passed.count());
  }
}
