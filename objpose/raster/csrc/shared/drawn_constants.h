// What the C++ core, CUDA and the torch twin of drawn images must hold alike (constants.py), and why.
#pragma once

namespace objpose {

// Added to colours before the logarithm: sensor noise rules below.
constexpr float DARKEST = 0.05f;
// Natural log units: what shading, reflections of neighbours and sensor noise leave of chroma.
constexpr float CHROMA_SIGMA = 0.3f;
// The same of brightness, which shading moves more.
constexpr float BRIGHTNESS_SIGMA = 0.5f;
// Log units of colour cast that a light may have; beyond, it is another paint.
constexpr float LARGEST_CAST = 0.5f;
// Of reweighting, when the light is fitted.
constexpr int FIT_STEPS = 3;
// Pixels along the side of the neighbourhoods whose structure is compared.
constexpr int STRUCTURE_WINDOW = 9;
// Of the channels, squared: contrast below it says nothing.
constexpr float NOISE_VARIANCE = 0.4f;
// Sigmas: a pixel that the rendering misses costs what such a residual does, or overlap would not pay.
constexpr float MISSED = 2.0f;
// Of a drawn outline beyond the mask: something may stand in front of it there.
constexpr float OUTSIDE_WEIGHT = 0.5f;

// Pixels over which a silhouette is averaged for the direction of its outline.
constexpr int NORMAL_WINDOW = 7;
// Pixels between the places on a normal where edges are looked for, and how far along it, in those of the
// reach.
constexpr float EDGE_SPACING = 0.5f;
constexpr float EDGE_SIGMAS = 3.0f;
// Change of a colour in [0, 1] a pixel, of an edge that counts half.
constexpr float STRONG_EDGE = 0.04f;
// Of a full edge's weight: how likely the edge does not show.
constexpr float UNSEEN_EDGE = 0.3f;

}  // namespace objpose
