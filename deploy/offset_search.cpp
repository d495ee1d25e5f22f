#include "deploy/offset_search.hpp"

#include <algorithm>

#include "graph/base/rng.hpp"

namespace thimble {
namespace {

constexpr std::int64_t kAlignment = 8;

std::int64_t round_up(std::int64_t value) { return (value + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

PreparedMemory::PreparedMemory(const MemoryProblem& problem, bool overlap) : input_count(problem.inputs.size()) {
  for (std::int64_t size : problem.tensor_bytes) bytes.push_back(round_up(size));
  for (int input : problem.inputs) {
    StepMemory step;
    step.output = input;
    steps.push_back(step);
  }
  steps.insert(steps.end(), problem.steps.begin(), problem.steps.end());

  std::vector<int> first(bytes.size(), -1), last(bytes.size(), -1);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    first[static_cast<std::size_t>(steps[i].output)] = static_cast<int>(i);
    for (int tensor : steps[i].inputs) last[static_cast<std::size_t>(tensor)] = static_cast<int>(i);
  }
  for (int output : problem.outputs) last[static_cast<std::size_t>(output)] = static_cast<int>(steps.size());
  live.resize(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const int now = static_cast<int>(i);
    for (std::size_t tensor = 0; tensor < bytes.size(); ++tensor) {
      if (first[tensor] >= 0 && first[tensor] < now && last[tensor] >= now) live[i].push_back(static_cast<int>(tensor));
    }
    std::erase_if(steps[i].overlaps, [&](const Overlap& way) {
      const int over = steps[i].inputs.at(static_cast<std::size_t>(way.input));
      return !overlap || last[static_cast<std::size_t>(over)] != now ||
             std::count(steps[i].inputs.begin(), steps[i].inputs.end(), over) != 1;
    });
    steps[i].scratch_bytes = round_up(steps[i].scratch_bytes);
    for (Overlap& way : steps[i].overlaps) way.scratch_bytes = round_up(way.scratch_bytes);
  }
}

std::int64_t PreparedMemory::least_bytes(std::size_t index) const {
  const StepMemory& step = steps[index];
  const std::int64_t output = bytes[static_cast<std::size_t>(step.output)];
  std::int64_t others = 0;
  for (int tensor : live[index]) others += bytes[static_cast<std::size_t>(tensor)];
  std::int64_t least = others + output + step.scratch_bytes;
  for (const Overlap& way : step.overlaps) {
    const std::int64_t input = bytes[static_cast<std::size_t>(step.inputs[static_cast<std::size_t>(way.input)])];
    least = std::min(least, others - input + std::max(way.distance + input, output) + way.scratch_bytes);
  }
  return least;
}

bool OffsetSearch::run(std::int64_t limit) {
  limit_ = limit;
  offsets_.assign(memory_.bytes.size(), -1);
  choices_.assign(memory_.steps.size(), {});
  failed_.clear();
  return place_from(0);
}

std::int64_t OffsetSearch::used_bytes() const {
  std::int64_t used = 0;
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const StepMemory& step = memory_.steps[i];
    const int way = choices_[i].overlap;
    const std::int64_t scratch =
        way < 0 ? step.scratch_bytes : step.overlaps[static_cast<std::size_t>(way)].scratch_bytes;
    used = std::max(used, choices_[i].offset + memory_.bytes[static_cast<std::size_t>(step.output)]);
    if (scratch > 0) used = std::max(used, choices_[i].scratch + scratch);
  }
  return used;
}

/// All that the rest of the search depends on: which step, and where what is live lies.
std::uint64_t OffsetSearch::state_of(std::size_t step) const {
  std::uint64_t state = mix64(step);
  for (int tensor : memory_.live[step])
    state = mix64(state ^ static_cast<std::uint64_t>(offsets_[static_cast<std::size_t>(tensor)]));
  return state;
}

bool OffsetSearch::place_from(std::size_t step) {
  if (step == memory_.steps.size()) return true;
  const std::uint64_t state = state_of(step);
  if (failed_.contains(state)) return false;
  for (const Choice& choice : choices_of(step)) {
    if (--nodes_left_ <= 0) return false;
    choices_[step] = choice;
    offsets_[static_cast<std::size_t>(memory_.steps[step].output)] = choice.offset;
    if (place_from(step + 1)) return true;
  }
  failed_.insert(state);
  return false;
}

std::vector<OffsetSearch::Range> OffsetSearch::taken_by(const std::vector<int>& tensors, int without) const {
  std::vector<Range> taken;
  for (int tensor : tensors) {
    const std::int64_t begin = offsets_[static_cast<std::size_t>(tensor)];
    if (tensor != without) taken.push_back({begin, begin + memory_.bytes[static_cast<std::size_t>(tensor)]});
  }
  std::sort(taken.begin(), taken.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  return taken;
}

std::vector<OffsetSearch::Choice> OffsetSearch::choices_of(std::size_t step) const {
  std::vector<Choice> found;
  add_apart(step, taken_by(memory_.live[step], -1), found);
  add_overlapping(step, found);
  return found;
}

/// Puts the scratch into the lowest gap that takes it; false where there is none.
bool OffsetSearch::add_scratch(std::vector<Range> taken, Range output, std::int64_t scratch_bytes,
                               Choice& choice) const {
  if (scratch_bytes == 0) return true;
  taken.insert(std::upper_bound(taken.begin(), taken.end(), output,
                                [](const Range& a, const Range& b) { return a.begin < b.begin; }),
               output);
  std::int64_t begin = 0;
  for (const Range& range : taken) {
    if (begin + scratch_bytes <= range.begin) break;
    begin = std::max(begin, range.end);
  }
  choice.scratch = begin;
  return begin + scratch_bytes <= limit_;
}

void OffsetSearch::add_apart(std::size_t index, const std::vector<Range>& taken, std::vector<Choice>& found) const {
  const StepMemory& step = memory_.steps[index];
  const std::int64_t bytes = memory_.bytes[static_cast<std::size_t>(step.output)];
  std::int64_t begin = 0;
  for (std::size_t gap = 0; gap <= taken.size(); ++gap) {
    const std::int64_t end = gap < taken.size() ? taken[gap].begin : limit_;
    const std::int64_t scratch = step.scratch_bytes;
    const std::int64_t positions[] = {begin, end - bytes, begin + scratch, end - bytes - scratch};
    for (std::size_t i = 0; i < (scratch > 0 ? 4u : 2u); ++i) {
      Choice choice{positions[i], 0, -1};
      const bool inside = positions[i] >= begin && positions[i] + bytes <= end;
      const bool tried = std::find(positions, positions + i, positions[i]) != positions + i;
      if (inside && !tried && add_scratch(taken, {positions[i], positions[i] + bytes}, scratch, choice))
        found.push_back(choice);
    }
    if (gap < taken.size()) begin = std::max(begin, taken[gap].end);
  }
}

void OffsetSearch::add_overlapping(std::size_t index, std::vector<Choice>& found) const {
  const StepMemory& step = memory_.steps[index];
  const std::int64_t bytes = memory_.bytes[static_cast<std::size_t>(step.output)];
  for (std::size_t i = 0; i < step.overlaps.size(); ++i) {
    const Overlap& way = step.overlaps[i];
    const int input = step.inputs[static_cast<std::size_t>(way.input)];
    const std::int64_t input_begin = offsets_[static_cast<std::size_t>(input)];
    Choice choice{input_begin - way.distance, 0, static_cast<int>(i)};
    const Range both{choice.offset,
                     std::max(choice.offset + bytes, input_begin + memory_.bytes[static_cast<std::size_t>(input)])};
    const std::vector<Range> others = taken_by(memory_.live[index], input);
    const bool free =
        both.begin >= 0 && both.end <= limit_ && std::none_of(others.begin(), others.end(), [&](const Range& other) {
          return other.begin < both.end && both.begin < other.end;
        });
    if (free && add_scratch(others, both, way.scratch_bytes, choice)) found.push_back(choice);
  }
}

}  // namespace thimble
