#pragma once
#include <cstdint>

#include "supernet/data/image_set.hpp"

namespace thimble {

/// Pictures of a task that needs no download: is a figure (an articulated person of head, trunk, arms and legs) in a
/// cluttered scene? Classes "no_figure" and "figure", in turn. Every picture has gradients, distractor shapes,
/// figure-like decoys (a tree, a lamp, a pile or a scrambled set of the very same limbs), occlusion and noise; scale,
/// place, pose and colours vary. Picture i is a function of (seed, stream, i) alone.
/// @param stream  tells independent sets apart, e.g. 0: train, 1: test
/// @return uint8 [count, size, size, 3]
ImageSet render_figures(int count, int size, std::uint64_t seed, std::uint64_t stream, int threads);

}  // namespace thimble
