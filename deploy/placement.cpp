#include "deploy/placement.hpp"

#include <algorithm>

#include "deploy/memory_plan.hpp"

namespace thimble {
namespace {

constexpr std::int64_t kAlignment = 8;

std::int64_t round_up(std::int64_t value) { return (value + kAlignment - 1) / kAlignment * kAlignment; }

struct Life {
  int first = -1, last = -1;
};

/// First and last step of every tensor.
std::vector<Life> lives_of(const MemoryProblem& problem) {
  std::vector<Life> lives(problem.tensor_bytes.size());
  const auto use = [&](int tensor, int step) {
    Life& life = lives[static_cast<std::size_t>(tensor)];
    if (life.first < 0) life.first = step;
    life.last = std::max(life.last, step);
  };
  for (int tensor : problem.inputs) use(tensor, 0);
  const int count = static_cast<int>(problem.steps.size());
  for (int step = 0; step < count; ++step) {
    for (int tensor : problem.steps[static_cast<std::size_t>(step)].inputs) use(tensor, step);
    use(problem.steps[static_cast<std::size_t>(step)].output, step);
  }
  for (int tensor : problem.outputs) use(tensor, count - 1);
  return lives;
}

/// A step may write over its first input if nobody reads that afterwards, nor as its other operand.
std::vector<bool> eligible_steps(const MemoryProblem& problem, const std::vector<Life>& lives) {
  std::vector<bool> eligible;
  for (std::size_t i = 0; i < problem.steps.size(); ++i) {
    const StepMemory& step = problem.steps[i];
    const int over = step.inputs.empty() ? -1 : step.inputs[0];
    eligible.push_back(step.in_place_scratch_bytes &&
                       lives[static_cast<std::size_t>(over)].last == static_cast<int>(i) &&
                       std::count(step.inputs.begin(), step.inputs.end(), over) == 1 &&
                       std::find(problem.outputs.begin(), problem.outputs.end(), over) == problem.outputs.end());
  }
  return eligible;
}

/// The buffers of one choice of steps in place: chains of tensors that share memory, then scratch.
struct Buffers {
  std::vector<LiveBuffer> lives;
  std::vector<int> of_tensor, of_scratch;  ///< -1: none
};

int chain_of(const MemoryProblem& problem, const std::vector<bool>& in_place, const std::vector<Life>& lives,
             Buffers& buffers, int tensor) {
  int& chain = buffers.of_tensor[static_cast<std::size_t>(tensor)];
  const Life& life = lives[static_cast<std::size_t>(tensor)];
  const std::int64_t bytes = problem.tensor_bytes[static_cast<std::size_t>(tensor)];
  if (chain < 0) {
    const std::size_t writer = static_cast<std::size_t>(life.first);
    const bool shares = in_place[writer] && problem.steps[writer].output == tensor;
    if (shares) {
      chain = chain_of(problem, in_place, lives, buffers, problem.steps[writer].inputs[0]);
    } else {
      chain = static_cast<int>(buffers.lives.size());
      buffers.lives.push_back({life.first, life.last, bytes});
    }
  }
  LiveBuffer& buffer = buffers.lives[static_cast<std::size_t>(chain)];
  buffer.last_step = std::max(buffer.last_step, life.last);
  buffer.bytes = std::max(buffer.bytes, bytes);
  return chain;
}

std::int64_t scratch_bytes(const StepMemory& step, bool in_place) {
  return in_place ? *step.in_place_scratch_bytes : step.scratch_bytes;
}

Buffers buffers_of(const MemoryProblem& problem, const std::vector<bool>& in_place, const std::vector<Life>& lives) {
  Buffers buffers;
  buffers.of_tensor.assign(problem.tensor_bytes.size(), -1);
  buffers.of_scratch.assign(problem.steps.size(), -1);
  for (std::size_t tensor = 0; tensor < lives.size(); ++tensor)
    if (problem.tensor_bytes[tensor] > 0 && lives[tensor].first >= 0)
      chain_of(problem, in_place, lives, buffers, static_cast<int>(tensor));
  for (std::size_t i = 0; i < problem.steps.size(); ++i) {
    const std::int64_t bytes = scratch_bytes(problem.steps[i], in_place[i]);
    if (bytes == 0) continue;
    buffers.of_scratch[i] = static_cast<int>(buffers.lives.size());
    buffers.lives.push_back({static_cast<int>(i), static_cast<int>(i), bytes});
  }
  return buffers;
}

/// Takes steps out of place one by one as long as the peak does not grow.
std::vector<bool> least_in_place(const MemoryProblem& problem, std::vector<bool> in_place,
                                 const std::vector<Life>& lives) {
  std::int64_t peak = live_bytes_bound(buffers_of(problem, in_place, lives).lives);
  for (std::size_t i = 0; i < in_place.size(); ++i) {
    if (!in_place[i]) continue;
    in_place[i] = false;
    const std::int64_t without = live_bytes_bound(buffers_of(problem, in_place, lives).lives);
    in_place[i] = without > peak;
    peak = std::min(peak, without);
  }
  return in_place;
}

/// Bytes that one step needs at least, whatever the others do.
std::int64_t bytes_of_step(const MemoryProblem& problem, const std::vector<Life>& lives, bool eligible,
                           std::size_t index) {
  const StepMemory& step = problem.steps[index];
  std::int64_t live = 0;
  for (std::size_t tensor = 0; tensor < lives.size(); ++tensor)
    if (lives[tensor].first <= static_cast<int>(index) && lives[tensor].last >= static_cast<int>(index))
      live += round_up(problem.tensor_bytes[tensor]);
  const std::int64_t apart = live + round_up(step.scratch_bytes);
  if (!eligible) return apart;
  const std::int64_t shared = std::min(round_up(problem.tensor_bytes[static_cast<std::size_t>(step.inputs[0])]),
                                       round_up(problem.tensor_bytes[static_cast<std::size_t>(step.output)]));
  return std::min(apart, live - shared + round_up(*step.in_place_scratch_bytes));
}

Placement placed(const MemoryProblem& problem, const std::vector<bool>& in_place, const std::vector<Life>& lives) {
  const Buffers buffers = buffers_of(problem, in_place, lives);
  const MemoryPlan plan = plan_memory(buffers.lives, {.alignment = kAlignment});
  const auto offset = [&](int buffer, std::int64_t none) {
    return buffer < 0 ? none : plan.offsets[static_cast<std::size_t>(buffer)];
  };
  Placement placement;
  placement.bytes = plan.bytes;
  placement.optimal = plan.optimal;
  placement.in_place = in_place;
  for (int buffer : buffers.of_tensor) placement.tensor_offsets.push_back(offset(buffer, -1));
  for (int buffer : buffers.of_scratch) placement.scratch_offsets.push_back(offset(buffer, 0));
  return placement;
}

}  // namespace

Placement place(const MemoryProblem& problem, bool allow_in_place) {
  const std::vector<Life> lives = lives_of(problem);
  std::vector<bool> eligible = eligible_steps(problem, lives);
  if (!allow_in_place) eligible.assign(eligible.size(), false);
  const std::vector<bool> few = least_in_place(problem, eligible, lives);
  Placement best = placed(problem, few, lives);
  if (best.bytes > live_bytes_bound(buffers_of(problem, few, lives).lives)) {
    const Placement other = placed(problem, eligible, lives);
    if (other.bytes < best.bytes) best = other;
  }
  for (std::size_t i = 0; i < problem.steps.size(); ++i) {
    const std::int64_t bytes = bytes_of_step(problem, lives, eligible[i], i);
    if (bytes > best.lower_bound_bytes) best.peak_step = static_cast<int>(i);
    best.lower_bound_bytes = std::max(best.lower_bound_bytes, bytes);
  }
  return best;
}

}  // namespace thimble
