#pragma once
#include <string>

#include "supernet/trainer.hpp"

namespace thimble::test {

/// One thread, a checkpoint every 3 steps, a point of the curve every 4.
inline TrainOptions quiet(const std::string& checkpoint = "") {
  TrainOptions options;
  options.threads = 1;
  options.checkpoint = checkpoint;
  options.checkpoint_every_steps = 3;
  options.curve_every_steps = 4;
  return options;
}

}  // namespace thimble::test
