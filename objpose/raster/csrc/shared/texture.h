// Trilinear texture lookup. Texture coordinates as in OpenGL: (0, 0) is the bottom-left corner of the image,
// v points up, and they repeat outside [0, 1].
#pragma once

#include "shared/platform.h"

namespace objpose {

// Levels of halved size, one after the other, each (height, width, 3) bytes.
struct Pyramid {
  const unsigned char* texels;
  const int* sizes;  // (levels, 2): height, width
  int levels;
};

// Of a texel no more than one beside the image: no division.
OBJPOSE_HD int wrapped(int i, int size) { return i < 0 ? i + size : i < size ? i : i - size; }

// The part of a coordinate behind the point; 0 of one that is not finite.
OBJPOSE_HD float fraction_of(float coordinate) {
  const float fraction = coordinate - floor(coordinate);
  return fraction >= 0.0f ? fraction : 0.0f;
}

// Bilinear lookup in one level, weighted, added to out (3), in [0, 1].
OBJPOSE_HD void add_bilinear(const unsigned char* texels, int height, int width, float u, float v,
                             float weight, float* out) {
  const float x = fraction_of(u) * width - 0.5f, y = (1.0f - fraction_of(v)) * height - 0.5f;
  const float floor_x = floor(x), floor_y = floor(y);
  const float fx = x - floor_x, fy = y - floor_y;
  const int x0 = wrapped(static_cast<int>(floor_x), width),
            x1 = wrapped(static_cast<int>(floor_x) + 1, width);
  const int y0 = wrapped(static_cast<int>(floor_y), height),
            y1 = wrapped(static_cast<int>(floor_y) + 1, height);
  const unsigned char* top = texels + 3LL * y0 * width;
  const unsigned char* bottom = texels + 3LL * y1 * width;
  const float scale = weight / 255.0f;
  for (int c = 0; c < 3; ++c) {
    const float upper = (1.0f - fx) * top[3 * x0 + c] + fx * top[3 * x1 + c];
    const float lower = (1.0f - fx) * bottom[3 * x0 + c] + fx * bottom[3 * x1 + c];
    out[c] += scale * ((1.0f - fy) * upper + fy * lower);
  }
}

// The level at which a pixel covers one texel. corner_uv: three (u, v) pairs; footprint as in barycentric.h.
// It is the level of equal area (the determinant of the screen-space derivatives): slanted surfaces stay
// sharp.
OBJPOSE_HD float mip_level(const Pyramid& pyramid, const float* uv0, const float* uv1, const float* uv2,
                           float footprint) {
  const float det = (uv1[0] - uv0[0]) * (uv2[1] - uv0[1]) - (uv2[0] - uv0[0]) * (uv1[1] - uv0[1]);
  const float texels = static_cast<float>(fabs(det)) * footprint * pyramid.sizes[0] * pyramid.sizes[1];
  const float level = texels > 1.0f ? 0.5f * static_cast<float>(log2(texels)) : 0.0f;
  const float last = static_cast<float>(pyramid.levels - 1);
  return level < last ? level : last;
}

OBJPOSE_HD void sample_pyramid(const Pyramid& pyramid, float u, float v, float level, float* out) {
  out[0] = out[1] = out[2] = 0.0f;
  const int fine = static_cast<int>(level);
  const float blend = level - fine;
  const unsigned char* texels = pyramid.texels;
  for (int l = 0; l < fine; ++l) texels += 3LL * pyramid.sizes[2 * l] * pyramid.sizes[2 * l + 1];
  const int height = pyramid.sizes[2 * fine], width = pyramid.sizes[2 * fine + 1];
  add_bilinear(texels, height, width, u, v, 1.0f - blend, out);
  if (blend > 0.0f) {
    texels += 3LL * height * width;
    add_bilinear(texels, pyramid.sizes[2 * fine + 2], pyramid.sizes[2 * fine + 3], u, v, blend, out);
  }
}

// uvs: (vertices, 2). corners: the three vertex indices. out: (3) in [0, 1].
OBJPOSE_HD void sample_texture_pixel(const Pyramid& pyramid, const float* uvs, const int* corners, float b1,
                                     float b2, float footprint, float* out) {
  const float* uv0 = uvs + 2LL * corners[0];
  const float* uv1 = uvs + 2LL * corners[1];
  const float* uv2 = uvs + 2LL * corners[2];
  const float b0 = 1.0f - b1 - b2;
  const float u = b0 * uv0[0] + b1 * uv1[0] + b2 * uv2[0], v = b0 * uv0[1] + b1 * uv1[1] + b2 * uv2[1];
  sample_pyramid(pyramid, u, v, mip_level(pyramid, uv0, uv1, uv2, footprint), out);
}

}  // namespace objpose
