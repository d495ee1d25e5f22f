#pragma once
#include "supernet/batches.hpp"
#include "supernet/training_network.hpp"

namespace at {
class Tensor;
}

namespace thimble {

/// Mean cross entropy [] of logits [N,classes] against the batch's labels (mixed ones too) and a teacher's answers.
at::Tensor loss_of(const at::Tensor& logits, const Batch& batch, const Targets& targets);

}  // namespace thimble
