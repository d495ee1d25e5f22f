#include "deploy/memory_plan.hpp"

#include <algorithm>
#include <numeric>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

bool meet(const LiveBuffer& a, const LiveBuffer& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

int step_count(const std::vector<LiveBuffer>& buffers) {
  int steps = 0;
  for (const LiveBuffer& buffer : buffers) steps = std::max(steps, buffer.last_step + 1);
  return steps;
}

std::vector<std::int64_t> live_bytes(const std::vector<LiveBuffer>& buffers) {
  std::vector<std::int64_t> live(static_cast<std::size_t>(step_count(buffers)));
  for (const LiveBuffer& buffer : buffers)
    for (int step = buffer.first_step; step <= buffer.last_step; ++step)
      live[static_cast<std::size_t>(step)] += buffer.bytes;
  return live;
}

std::vector<LiveBuffer> aligned(std::vector<LiveBuffer> buffers, std::int64_t alignment) {
  for (LiveBuffer& buffer : buffers) {
    THIMBLE_CHECK(buffer.bytes > 0 && buffer.first_step >= 0 && buffer.first_step <= buffer.last_step,
                  "a buffer without bytes or life");
    buffer.bytes = round_up(buffer.bytes, alignment);
  }
  return buffers;
}

/// The lowest offset of `index` that is free of the buffers placed before it.
std::int64_t first_fit(const std::vector<LiveBuffer>& buffers, const std::vector<std::int64_t>& offsets,
                       const std::vector<std::size_t>& placed, std::size_t index) {
  std::vector<std::size_t> neighbours;
  for (std::size_t other : placed)
    if (meet(buffers[index], buffers[other])) neighbours.push_back(other);
  std::sort(neighbours.begin(), neighbours.end(),
            [&](std::size_t a, std::size_t b) { return offsets[a] < offsets[b]; });
  std::int64_t offset = 0;
  for (std::size_t other : neighbours) {
    if (offset + buffers[index].bytes <= offsets[other]) break;
    offset = std::max(offset, offsets[other] + buffers[other].bytes);
  }
  return offset;
}

MemoryPlan first_fit_by_size(const std::vector<LiveBuffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  MemoryPlan plan;
  plan.offsets.resize(buffers.size());
  std::vector<std::size_t> placed;
  for (std::size_t index : order) {
    plan.offsets[index] = first_fit(buffers, plan.offsets, placed, index);
    plan.bytes = std::max(plan.bytes, plan.offsets[index] + buffers[index].bytes);
    placed.push_back(index);
  }
  return plan;
}

/// Depth-first search for a placement within `limit` bytes.
class OffsetSearch {
 public:
  OffsetSearch(const std::vector<LiveBuffer>& buffers, int node_limit)
      : buffers_(buffers), nodes_left_(node_limit), unplaced_bytes_(live_bytes(buffers)), top_(unplaced_bytes_.size()) {
    order_.resize(buffers.size());
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  }

  /// True where a placement was found; it is then in `offsets()`.
  bool run(std::int64_t limit) {
    limit_ = limit;
    offsets_.assign(buffers_.size(), kUnplaced);
    std::fill(top_.begin(), top_.end(), 0);
    return place_rest(buffers_.size(), {0, 0});
  }
  bool gave_up() const { return nodes_left_ <= 0; }
  const std::vector<std::int64_t>& offsets() const { return offsets_; }

 private:
  static constexpr std::int64_t kUnplaced = -1;

  /// Where a buffer goes, and its place in `order_`. Buffers are placed in ascending order of both: of two buffers that
  /// start at one offset (so never meet), only one order is tried.
  using Candidate = std::pair<std::int64_t, std::size_t>;

  std::int64_t lowest(const LiveBuffer& buffer) const {
    std::int64_t offset = 0;
    for (int step = buffer.first_step; step <= buffer.last_step; ++step)
      offset = std::max(offset, top_[static_cast<std::size_t>(step)]);
    return offset;
  }

  /// What is still to come lies at `floor` or above it.
  bool may_fit(std::int64_t floor) const {
    for (std::size_t step = 0; step < top_.size(); ++step)
      if (unplaced_bytes_[step] > 0 && std::max(top_[step], floor) + unplaced_bytes_[step] > limit_) return false;
    return true;
  }

  /// Raises the tops under `buffer` and remembers them in `before`.
  void put(const LiveBuffer& buffer, std::int64_t end, std::vector<std::int64_t>& before) {
    for (int step = buffer.first_step; step <= buffer.last_step; ++step) {
      before.push_back(top_[static_cast<std::size_t>(step)]);
      top_[static_cast<std::size_t>(step)] = end;
      unplaced_bytes_[static_cast<std::size_t>(step)] -= buffer.bytes;
    }
  }
  void take_back(const LiveBuffer& buffer, const std::vector<std::int64_t>& before) {
    for (int step = buffer.first_step; step <= buffer.last_step; ++step) {
      top_[static_cast<std::size_t>(step)] = before[static_cast<std::size_t>(step - buffer.first_step)];
      unplaced_bytes_[static_cast<std::size_t>(step)] += buffer.bytes;
    }
  }

  bool place(const Candidate& candidate, std::size_t left) {
    const auto [offset, rank] = candidate;
    const std::size_t index = order_[rank];
    const LiveBuffer& buffer = buffers_[index];
    std::vector<std::int64_t> before;
    offsets_[index] = offset;
    put(buffer, offset + buffer.bytes, before);
    const bool found = may_fit(offset) && place_rest(left - 1, {offset, rank + 1});
    take_back(buffer, before);
    if (!found) offsets_[index] = kUnplaced;
    return found;
  }

  std::vector<Candidate> candidates(const Candidate& from) const {
    std::vector<Candidate> found;
    for (std::size_t rank = 0; rank < order_.size(); ++rank) {
      const std::size_t index = order_[rank];
      if (offsets_[index] != kUnplaced) continue;
      const Candidate candidate{lowest(buffers_[index]), rank};
      if (candidate >= from && candidate.first + buffers_[index].bytes <= limit_) found.push_back(candidate);
    }
    std::sort(found.begin(), found.end());  // the lowest gap first, in it the largest buffer
    return found;
  }

  bool place_rest(std::size_t left, const Candidate& from) {
    if (left == 0) return true;
    for (const Candidate& candidate : candidates(from)) {
      if (--nodes_left_ <= 0) return false;
      if (place(candidate, left)) return true;
    }
    return false;
  }

  const std::vector<LiveBuffer>& buffers_;
  int nodes_left_;
  std::int64_t limit_ = 0;
  std::vector<std::int64_t> unplaced_bytes_;  ///< [step]
  std::vector<std::int64_t> top_;             ///< [step] end of what is placed
  std::vector<std::size_t> order_;
  std::vector<std::int64_t> offsets_;
};

/// First straight for the bound; where that is proved impossible, for less and less than the best so far.
void improve(const std::vector<LiveBuffer>& buffers, const MemoryPlanOptions& options, MemoryPlan& plan) {
  OffsetSearch search(buffers, options.node_limit);
  std::int64_t limit = plan.lower_bound_bytes;
  while (plan.bytes > plan.lower_bound_bytes && !search.gave_up()) {
    const bool found = search.run(limit);
    if (!found && limit == plan.bytes - options.alignment) break;
    if (found) {
      plan.offsets = search.offsets();
      plan.bytes = 0;
      for (std::size_t i = 0; i < buffers.size(); ++i)
        plan.bytes = std::max(plan.bytes, plan.offsets[i] + buffers[i].bytes);
    }
    limit = plan.bytes - options.alignment;
  }
  plan.optimal = !search.gave_up();
}

}  // namespace

std::int64_t live_bytes_bound(const std::vector<LiveBuffer>& buffers, std::int64_t alignment) {
  const std::vector<std::int64_t> live = live_bytes(aligned(buffers, alignment));
  return live.empty() ? 0 : *std::max_element(live.begin(), live.end());
}

MemoryPlan plan_memory(const std::vector<LiveBuffer>& unaligned, const MemoryPlanOptions& options) {
  const std::vector<LiveBuffer> buffers = aligned(unaligned, options.alignment);
  MemoryPlan plan = first_fit_by_size(buffers);
  plan.lower_bound_bytes = live_bytes_bound(buffers, options.alignment);
  plan.optimal = plan.bytes == plan.lower_bound_bytes;
  if (!plan.optimal) improve(buffers, options, plan);
  return plan;
}

}  // namespace thimble
