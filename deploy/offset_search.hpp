#pragma once
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "deploy/memory_plan.hpp"

namespace thimble {

/// The steps of a MemoryProblem with its inputs as steps of their own before them, sizes rounded up, and lives worked
/// out.
struct PreparedMemory {
  explicit PreparedMemory(const MemoryProblem& problem, bool overlap);

  std::vector<std::int64_t> bytes;  ///< per tensor
  std::vector<StepMemory> steps;    ///< first `input_count` steps only make an input; overlaps that may not be are gone
  std::vector<std::vector<int>> live;  ///< per step: tensors made before it and read in it or later
  std::size_t input_count = 0;

  /// Bytes that a step needs by itself, in its best way.
  std::int64_t least_bytes(std::size_t step) const;
};

/// Depth-first search for offsets within a limit.
class OffsetSearch {
 public:
  OffsetSearch(const PreparedMemory& memory, int node_limit) : memory_(memory), nodes_left_(node_limit) {}

  /// True where a placement within `limit` (a multiple of 8) was found; it is then in `choices` and `offsets`.
  bool run(std::int64_t limit);
  bool gave_up() const { return nodes_left_ <= 0; }

  struct Choice {
    std::int64_t offset = 0, scratch = 0;
    int overlap = -1;
  };
  const std::vector<Choice>& choices() const { return choices_; }        ///< per prepared step
  const std::vector<std::int64_t>& offsets() const { return offsets_; }  ///< per tensor; -1: never made
  std::int64_t used_bytes() const;

 private:
  struct Range {
    std::int64_t begin, end;
  };
  bool place_from(std::size_t step);
  std::vector<Choice> choices_of(std::size_t step) const;
  void add_apart(std::size_t step, const std::vector<Range>& taken, std::vector<Choice>& found) const;
  void add_overlapping(std::size_t step, std::vector<Choice>& found) const;
  bool add_scratch(std::vector<Range> taken, Range output, std::int64_t scratch_bytes, Choice& choice) const;
  std::vector<Range> taken_by(const std::vector<int>& tensors, int without) const;
  std::uint64_t state_of(std::size_t step) const;

  const PreparedMemory& memory_;
  int nodes_left_;
  std::int64_t limit_ = 0;
  std::vector<std::int64_t> offsets_;
  std::vector<Choice> choices_;
  std::unordered_set<std::uint64_t> failed_;
};

}  // namespace thimble
