// How correspondence lines lie in an image. Set up in double: they are few, and which pixel a line meets must
// not depend on the instruction set.
#pragma once

#include <algorithm>

#include "shared/line_constants.h"
#include "shared/platform.h"
#include "shared/rigid_pose.h"
#include "shared/twist_rows.h"

namespace objpose {

struct Image {
  const unsigned char* rgb;  // (height, width, 3)
  int height, width;
};

struct Pinhole {
  double fx, fy, cx, cy;

  explicit Pinhole(const float* K) : fx(K[0]), fy(K[4]), cx(K[2]), cy(K[5]) {}
};

// Contour points of views of an object: raster/lines/bundles.py, Outline.
struct Outline {
  const float *points, *normals, *reach;
  const int* view;
  const unsigned char* usable;
  int count;

  OBJPOSE_HD long long point(int pose, int i) const { return static_cast<long long>(view[pose]) * count + i; }
  OBJPOSE_HD long long line(int pose, int i) const { return static_cast<long long>(pose) * count + i; }
};

// Where an image crosses an outline at one of its points.
struct Crossing {
  double centre[2], normal[2];  // pixels; unit
  double reach[2];              // pixels inward, outward
  bool is_seen;                 // usable, in front of the camera, in the image

  OBJPOSE_HD Crossing(const Outline& outline, int pose, int i, const RigidPose& cam_from_obj,
                      const Pinhole& K, const Image& image) {
    const long long at = outline.point(pose, i);
    double p[3], n[3];
    cam_from_obj.apply(outline.points + 3 * at, p);
    cam_from_obj.turn(outline.normals + 3 * at, n);
    is_seen = outline.usable[outline.line(pose, i)] && p[2] > NEAREST;
    if (!is_seen) return;
    centre[0] = K.fx * p[0] / p[2] + K.cx, centre[1] = K.fy * p[1] / p[2] + K.cy;
    normal[0] = K.fx * (n[0] * p[2] - p[0] * n[2]), normal[1] = K.fy * (n[1] * p[2] - p[1] * n[2]);
    const double length = sqrt(normal[0] * normal[0] + normal[1] * normal[1]);
    is_seen = length > 0 && centre[0] > -0.5 && centre[0] < image.width - 0.5 && centre[1] > -0.5 &&
              centre[1] < image.height - 0.5;
    const double pixels = length / (p[2] * p[2]);  // a metre
    for (int k = 0; k < 2; ++k) {
      normal[k] /= length;
      reach[k] = outline.reach[2 * at + k] * pixels;
    }
  }
};

// Pixels along a line, `stride` apart on the image axis that the line is nearest to. So no pixel is met
// twice, and along that axis the pixels' distance from the line's centre is exact.
struct Walk {
  bool is_flat;
  int first, advance;
  double from_major, from_minor, major, lean;

  OBJPOSE_HD Walk(const Crossing& line, int steps, int stride) {
    is_flat = fabs(line.normal[0]) >= fabs(line.normal[1]);
    major = line.normal[is_flat ? 0 : 1];
    lean = line.normal[is_flat ? 1 : 0] / major;
    from_major = line.centre[is_flat ? 0 : 1], from_minor = line.centre[is_flat ? 1 : 0];
    advance = major < 0 ? -stride : stride;
    first = static_cast<int>(floor(from_major - advance * (steps - 1) / 2.0 + 0.5));
  }
  OBJPOSE_HD double offset(int step) const { return first + advance * step - from_major; }
  // Pixels along the normal, and those of a pixel of the axis.
  OBJPOSE_HD double distance(int step) const { return offset(step) / major; }
  OBJPOSE_HD double slope() const { return 1 / fabs(major); }
  OBJPOSE_HD double across(int step) const { return from_minor + offset(step) * lean + 0.5; }
};

// The pixels of a walk one by one. What lies across is counted in 2^-32 pixels: far finer than what a
// walk's length makes of it.
struct Steps {
  long long across, lean;
  int along, advance;
  bool is_flat;

  OBJPOSE_HD explicit Steps(const Walk& walk)
      : across(static_cast<long long>(floor(walk.across(0) * ONE))),
        lean(static_cast<long long>(floor(walk.advance * walk.lean * ONE + 0.5))),
        along(walk.first),
        advance(walk.advance),
        is_flat(walk.is_flat) {}
  OBJPOSE_HD int row() const { return is_flat ? static_cast<int>(across >> 32) : along; }
  OBJPOSE_HD int column() const { return is_flat ? along : static_cast<int>(across >> 32); }
  OBJPOSE_HD bool is_inside(const Image& image) const {
    return static_cast<unsigned>(column()) < static_cast<unsigned>(image.width) &&
           static_cast<unsigned>(row()) < static_cast<unsigned>(image.height);
  }
  OBJPOSE_HD const unsigned char* pixel(const Image& image) const {
    return image.rgb + 3 * (static_cast<long long>(row()) * image.width + column());
  }
  OBJPOSE_HD void next() { along += advance, across += lean; }
  OBJPOSE_HD void skip(int count) { along += count * advance, across += count * lean; }

 private:
  static constexpr double ONE = 4294967296.0;
};

OBJPOSE_HD int color_of(const unsigned char* rgb) {
  constexpr int SHIFT = 3, BITS = 5;
  static_assert(COLOR_LEVELS == 256 >> SHIFT && COLOR_LEVELS == 1 << BITS, "levels are bits of a byte");
  return (rgb[0] >> SHIFT) << (2 * BITS) | (rgb[1] >> SHIFT) << BITS | rgb[2] >> SHIFT;
}

}  // namespace objpose
