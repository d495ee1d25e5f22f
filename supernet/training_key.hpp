#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "supernet/trainer.hpp"

namespace thimble {

/// Everything that the bits of a training's result depend on, but for the step: space, fresh weights, the one subnet if
/// it is one, pictures, recipe, seed, distance of the curve's points, and the instruction set (sums round differently
/// in each). The number of threads is not part of it: it changes nothing.
/// @param kernels  Kernels::name of those in use
std::uint64_t training_key(const Supernet& supernet, const std::optional<Subnet>& fixed, const ImageSet& images,
                           const TrainRecipe& recipe, const TrainOptions& options, std::string_view kernels);

}  // namespace thimble
