#pragma once
#include <array>
#include <string>

#include "deploy/kernels/thimble.h"
#include "profiler/probe_plan.hpp"

namespace thimble {

/// What a layer's cycles are a linear function of: counts of what its kernel does.
inline constexpr std::size_t kLatencyFeatures = 18;
using LatencyFeatures = std::array<double, kLatencyFeatures>;

/// A layer as a latency model sees it: as one of its kernel's, and as one of those that the kernel computes in the same
/// way, which may count other things.
struct LatencyTerms {
  std::string kernel;     ///< "conv2d"; all depthwise kernels are "depthwise": they compute the same things
  std::string form;       ///< "depthwise_5x5 stride 2"
  LatencyFeatures any{};  ///< of a layer of whatever kernel: little, so that it can be told of one that nobody measured
  LatencyFeatures general{}, special{};
};

/// @pre the words are those of a layer that the kernel library takes
thimble_layer shape_of(const ProbeLayer& layer);
LatencyTerms latency_terms(const ProbeLayer& layer);

/// "depthwise_5x5" of thimble_depthwise_5x5_s8.
std::string short_kernel_name(std::uint32_t kernel_id);

}  // namespace thimble
