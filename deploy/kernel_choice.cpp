#include "deploy/kernel_choice.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "deploy/kernel_cost.hpp"

namespace thimble {
namespace {

using Options = std::vector<KernelOption>;
using Choice = std::vector<std::size_t>;

std::int64_t weights_of(const std::vector<Options>& layers, const Choice& choice) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) bytes += layers[i][choice[i]].bytes;
  return bytes;
}

std::int64_t cycles_of(const std::vector<Options>& layers, const Choice& choice) {
  std::int64_t cycles = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) cycles += layers[i][choice[i]].cycles;
  return cycles;
}

std::int64_t code_of(const std::vector<Options>& layers, const Choice& choice) {
  KernelSet used;
  for (std::size_t i = 0; i < layers.size(); ++i) used.set(layers[i][choice[i]].kernel);
  return code_bytes(used);
}

std::int64_t total_bytes(const std::vector<Options>& layers, const Choice& choice) {
  return weights_of(layers, choice) + code_of(layers, choice);
}

/// The allowed option of each layer that `less` puts first, the earlier one among equals.
template <class Less>
std::optional<Choice> best_of_each(const std::vector<Options>& layers, const KernelSet& allowed, const Less& less) {
  Choice choice;
  for (const Options& options : layers) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < options.size(); ++i)
      if (allowed.test(options[i].kernel) && (!best || less(options[i], options[*best]))) best = i;
    if (!best) return std::nullopt;
    choice.push_back(*best);
  }
  return choice;
}

std::optional<Choice> smallest(const std::vector<Options>& layers, const KernelSet& allowed) {
  return best_of_each(layers, allowed, [](const KernelOption& a, const KernelOption& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.cycles < b.cycles;
  });
}

std::optional<Choice> fastest(const std::vector<Options>& layers, const KernelSet& allowed) {
  return best_of_each(layers, allowed,
                      [](const KernelOption& a, const KernelOption& b) { return a.cycles < b.cycles; });
}

/// A layer's move to a faster option.
struct Upgrade {
  std::size_t layer = 0, option = 0;
  std::int64_t saved = 0, bytes = 0;

  /// Saves more cycles per byte; the same layers are always in the same order.
  bool operator<(const Upgrade& other) const {
    const std::int64_t a = saved * other.bytes, b = other.saved * bytes;
    return a != b ? a > b : layer != other.layer ? layer < other.layer : option < other.option;
  }
};

std::vector<Upgrade> upgrades_from(const std::vector<Options>& layers, const Choice& choice, const KernelSet& allowed) {
  std::vector<Upgrade> upgrades;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    const KernelOption& now = layers[layer][choice[layer]];
    for (std::size_t i = 0; i < layers[layer].size(); ++i) {
      const KernelOption& then = layers[layer][i];
      if (allowed.test(then.kernel) && then.cycles < now.cycles)
        upgrades.push_back({layer, i, now.cycles - then.cycles, std::max<std::int64_t>(then.bytes - now.bytes, 1)});
    }
  }
  std::sort(upgrades.begin(), upgrades.end());
  return upgrades;
}

/// Takes upgrades while they fit; none that is slower than what its layer has by then.
Choice upgraded(const std::vector<Options>& layers, Choice choice, const KernelSet& allowed, std::int64_t budget) {
  for (const Upgrade& upgrade : upgrades_from(layers, choice, allowed)) {
    const std::size_t before = choice[upgrade.layer];
    if (layers[upgrade.layer][upgrade.option].cycles >= layers[upgrade.layer][before].cycles) continue;
    choice[upgrade.layer] = upgrade.option;
    if (total_bytes(layers, choice) > budget) choice[upgrade.layer] = before;
  }
  return choice;
}

/// Every set of kernels that may be allowed: those that some layer cannot do without, and any of the others.
std::vector<KernelSet> kernel_sets(const std::vector<Options>& layers) {
  KernelSet needed, all;
  for (const Options& options : layers) {
    if (options.size() == 1) needed.set(options[0].kernel);
    for (const KernelOption& option : options) all.set(option.kernel);
  }
  std::vector<KernelSet> sets = {needed};
  for (std::size_t id = 0; id < all.size(); ++id) {
    if (!all.test(id) || needed.test(id)) continue;
    const std::size_t count = sets.size();
    for (std::size_t i = 0; i < count; ++i) sets.push_back(KernelSet(sets[i]).set(id));
  }
  return sets;
}

/// Takes upgrades until the layers take no more cycles than that; nothing where they always do.
std::optional<Choice> quick_enough(const std::vector<Options>& layers, Choice choice, const KernelSet& allowed,
                                   std::int64_t most_cycles) {
  for (const Upgrade& upgrade : upgrades_from(layers, choice, allowed)) {
    if (cycles_of(layers, choice) <= most_cycles) break;
    if (layers[upgrade.layer][upgrade.option].cycles < layers[upgrade.layer][choice[upgrade.layer]].cycles)
      choice[upgrade.layer] = upgrade.option;
  }
  if (cycles_of(layers, choice) > most_cycles) return std::nullopt;
  return choice;
}

/// The fewest bytes in at most so many cycles.
Choice smallest_of_all(const std::vector<Options>& layers, std::int64_t most_cycles) {
  Choice best;
  for (const KernelSet& allowed : kernel_sets(layers)) {
    std::optional<Choice> choice = smallest(layers, allowed);
    if (choice) choice = quick_enough(layers, *choice, allowed, most_cycles);
    if (choice && (best.empty() || total_bytes(layers, *choice) < total_bytes(layers, best))) best = *choice;
  }
  return best;
}

}  // namespace

std::vector<std::size_t> choose_kernels(const std::vector<std::vector<KernelOption>>& layers, PlanMode mode,
                                        std::int64_t budget) {
  const bool one_way = std::all_of(layers.begin(), layers.end(), [](const Options& o) { return o.size() == 1; });
  if (one_way) return Choice(layers.size(), 0);
  const Choice wanted = *fastest(layers, KernelSet().set());
  if (mode == PlanMode::kSize) return smallest_of_all(layers, cycles_of(layers, wanted) * 3 / 2);
  if (budget <= 0 || total_bytes(layers, wanted) <= budget) return wanted;
  Choice best = smallest_of_all(layers, std::numeric_limits<std::int64_t>::max());
  for (const KernelSet& allowed : kernel_sets(layers)) {
    const auto start = smallest(layers, allowed);
    if (!start || total_bytes(layers, *start) > budget) continue;
    const Choice choice = upgraded(layers, *start, allowed, budget);
    if (cycles_of(layers, choice) < cycles_of(layers, best) || total_bytes(layers, best) > budget) best = choice;
  }
  return best;
}

}  // namespace thimble
