// What the C++ core and the torch twin of correspondence lines must hold alike (constants.py), and why.
#pragma once

namespace objpose {

// Colours: values of red, green and blue that a histogram tells apart.
constexpr int COLOR_LEVELS = 32;
// Pixels on each side of an outline that are counted. Further away is less likely what a border is seen
// against.
constexpr int COLOR_REACH = 20;
// Pixels next to an outline that are of both sides, or are so after the next small error.
constexpr float COLOR_GAP = 0.5f;
// Chance of a colour below which a histogram of some thousand pixels says little: it draws to 1/2. A tenth of
// this lets the few mixed pixels of a border shift it; ten times as much forgets colours of textures.
constexpr float RARE_COLOR = 1e-4f;

// The smooth step across a border: segments looked at, and how far from 1/2 it goes at its ends. What is left
// is the chance of a colour of the wrong side.
constexpr int EDGE_TAPS = 8;
constexpr float EDGE_CONTRAST = 0.43f;
// Segments of object and of background without which a line cannot show a border.
constexpr float LEAST_REACH = 3.0f;
// Of a pixel; no colour excludes a side.
constexpr float MOST_CERTAIN = 0.99f;

// The chance density, by that of a certain border at its place, that a line's border is anywhere else.
constexpr float OUTLIERS = 0.01f;
// Variance, in squared segments, of where a smooth step has the clearest border. Lines count by how near they
// come to it: what many places of a line may be says little, and is clutter more often.
constexpr float LEAST_VARIANCE = 0.5f;
// Share of a certain line's curvature that the most ambiguous one keeps, so that no step is without bound.
constexpr float SHALLOWEST = 0.1f;

// What describes a line: column and row of its centre, its normal, where position 0 is, the spacing, the
// weight.
constexpr int LINE_FIELDS = 7;
// What is told of a pose's lines: raster/lines/bundles.py, LineStatistics.
constexpr int LINE_NUMBERS = 6;
// Room on the stack for a line.
constexpr int MOST_POSITIONS = 64;

}  // namespace objpose
