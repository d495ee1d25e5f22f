#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "supernet/trainer.hpp"

namespace thimble {

/// Everything that the bits of a training's result depend on, but for the step: what is trained with its fresh weights,
/// pictures, recipe, seed, distance of the curve's points, and the instruction set (sums round differently in each).
/// The number of threads is not part of it: it changes nothing.
/// @param trainee  as of Trainee::key
/// @param kernels  Kernels::name of those in use
std::uint64_t training_key(const std::string& trainee, const ImageSet& images, const TrainRecipe& recipe,
                           const TrainOptions& options, std::string_view kernels);

/// The part of a supernet (its space and weights), or of one subnet with its weights.
std::string key_of(const Supernet& supernet, const std::optional<Subnet>& fixed);

}  // namespace thimble
