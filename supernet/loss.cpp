#include "supernet/loss.hpp"

#define AT_PER_OPERATOR_HEADERS
#include <ATen/core/Tensor.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>

namespace thimble {
namespace {

at::Tensor label_loss(const at::Tensor& logits, const std::vector<std::int64_t>& labels, double smoothing) {
  auto* first = const_cast<std::int64_t*>(labels.data());
  const at::Tensor wanted = at::from_blob(first, {logits.size(0)}, at::TensorOptions().dtype(at::kLong));
  return at::cross_entropy_loss(logits, wanted, {}, at::Reduction::Mean, -100, smoothing);
}

}  // namespace

at::Tensor loss_of(const at::Tensor& logits, const Batch& batch, const Targets& targets) {
  at::Tensor hard = label_loss(logits, batch.labels, targets.label_smoothing);
  if (batch.mixed > 0)
    hard = hard.mul(1 - batch.mixed).add(label_loss(logits, batch.mixed_labels, targets.label_smoothing), batch.mixed);
  if (!targets.teacher) return hard;
  auto* answers = const_cast<float*>(targets.teacher->data());
  const at::Tensor soft = at::cross_entropy_loss(logits, at::from_blob(answers, logits.sizes(), logits.options()));
  return hard.mul(1 - targets.teacher_share).add(soft, targets.teacher_share);
}

}  // namespace thimble
