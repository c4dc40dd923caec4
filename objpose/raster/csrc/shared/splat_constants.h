// Every constant of the rasterizer of splats, each with its reason.
#pragma once

namespace objpose {

// Added to the covariance on the screen (pixel^2), so that no splat falls between pixel centres.
constexpr float LOW_PASS = 0.3f;

// What brings less is below the step of an 8-bit image. It also gives every splat an end.
constexpr float MIN_ALPHA = 1.0f / 255.0f;

// Nothing is quite opaque: gradients divide by 1 - alpha.
constexpr float MAX_ALPHA = 0.999f;

// Where less light comes through, what lies behind is left out: it could not be seen.
constexpr float MIN_TRANSMITTANCE = 1e-4f;

// The perspective is linearised at x/z and y/z no farther out than this, or than this share of the image
// outside of it: far outside, the linearised splat would grow without bound and reach back into the image.
// Within 45 degrees of the axis nothing is clamped, so that there a crop's splats are those of the image.
constexpr float CLAMP_SLOPE = 1.0f;
constexpr float CLAMP_MARGIN = 0.15f;

// Splats that reach farther than this (pixels) are left out: their shape is beyond what floats can hold.
constexpr float MAX_EXTENT = 1e6f;

// A splat on the screen: centre x, y; conic a, b, c; opacity; depth.
constexpr int SCREEN_FIELDS = 7;

// The twist of a camera: (v, w).
constexpr int TWIST = 6;

}  // namespace objpose
