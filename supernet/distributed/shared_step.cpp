#include "supernet/distributed/shared_step.hpp"

namespace thimble {
namespace {

constexpr int kHeader = 3;     // loss, number of passes, stop
constexpr int kDigitBits = 8;  // of a number that is sent as floats: a sum of 4096 digits is exact

}  // namespace

SharedStep StepSum::operator()(const StepPasses& passes, bool stop, const std::vector<Parameter>& parameters) {
  message_ = {static_cast<float>(passes.loss), static_cast<float>(passes.count), stop ? 1.0f : 0.0f};
  for (const Parameter& parameter : parameters)
    if (parameter.gradient)
      message_.insert(message_.end(), parameter.gradient, parameter.gradient + parameter.values->size());
  ranks_.sum(message_);
  SharedStep step{{static_cast<double>(message_[0]), static_cast<int>(message_[1])}, message_[2] > 0, parameters};
  const float* next = message_.data() + kHeader;
  for (Parameter& parameter : step.parameters) {
    if (!parameter.gradient) continue;
    parameter.gradient = next;
    next += parameter.values->size();
  }
  return step;
}

void check_same_training(Ranks& ranks, std::uint64_t key, int step) {
  std::vector<float> digits;
  for (std::uint64_t number : {key, static_cast<std::uint64_t>(step)})
    for (int shift = 0; shift < 64; shift += kDigitBits)
      digits.push_back(static_cast<float>((number >> shift) & ((1u << kDigitBits) - 1)));
  std::vector<float> sums = digits;
  ranks.sum(sums);
  for (std::size_t i = 0; i < digits.size(); ++i)
    if (sums[i] != digits[i] * static_cast<float>(ranks.count()))
      throw Error("rank " + std::to_string(ranks.rank()) +
                  ": the ranks do not train the same: they differ in job, seed, data, build of Thimble or checkpoint");
}

Shards shards_of(const Ranks& ranks, int shards) {
  if (shards % ranks.count() != 0)
    throw Error(std::to_string(ranks.count()) + " ranks cannot share out " + std::to_string(shards) +
                " shards of a batch evenly: set supernet.shards to a multiple of " + std::to_string(ranks.count()));
  const int each = shards / ranks.count();
  return {ranks.rank() * each, (ranks.rank() + 1) * each};
}

}  // namespace thimble
