#pragma once
#include <cstdint>
#include <vector>

#include "graph/graph.hpp"
#include "supernet/data/image_set.hpp"

namespace thimble {

/// Top-1 of a quantised network, by the int8 reference interpreter.
/// @param graph   int8 with weights; its input is int8 [1,R,R,3], its output logits
/// @param images  the first `count` (0: all) are resized to R and classified; ties go to the lower class
/// @return fraction classified right
double int8_top1(const Graph& graph, const ImageSet& images, int count, int threads);

/// The network's output for each of the first `count` images.
std::vector<std::vector<std::int8_t>> int8_outputs(const Graph& graph, const ImageSet& images, int count, int threads);

}  // namespace thimble
