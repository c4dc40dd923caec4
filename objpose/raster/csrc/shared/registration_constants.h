// What the C++ core, CUDA and the torch twin of registration must hold alike (constants.py), and why.
#pragma once

namespace objpose {

// Cosine between two normals above which they look the same way: inner walls must not match outer ones.
constexpr float FACING = 0.3f;
// Of the mean curvature: what a flat or round patch leaves open must not answer to noise.
constexpr float ICP_DAMPING = 1e-2f;

}  // namespace objpose
