#include "deploy/layer_table.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "deploy/kernels/layer_table.h"
#include "graph/base/check.hpp"

namespace thimble {
namespace {

constexpr std::int64_t kPointerBytes = 4;  // of the target

bool reads_second(const Step& step) { return step.layer.operands == 2 || step.kernel == THIMBLE_CONCAT; }

}  // namespace

std::int64_t LayerTable::flash_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& layer : layers) bytes += 2 * static_cast<std::int64_t>(layer.size());
  return (bytes + 3) / 4 * 4 + kPointerBytes * static_cast<std::int64_t>(kernels.size());
}

LayerTable layer_table(const Plan& plan, const std::vector<thimble_layer>& layers) {
  const std::vector<const Step*> steps = plan.steps();
  std::set<thimble_kernel_id> used;
  for (const Step* step : steps) used.insert(step->kernel);
  LayerTable table;
  table.kernels.assign(used.begin(), used.end());
  thimble_layer before{};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const thimble_layer& layer = layers.at(i);
    const auto index = std::find(table.kernels.begin(), table.kernels.end(), steps[i]->kernel) - table.kernels.begin();
    THIMBLE_CHECK(index < THIMBLE_TABLE_MOST_KERNELS && layer.relu <= 1 && layer.wide <= 3 &&
                      steps[i]->weight_bytes / 4 < std::int64_t{1} << 31,
                  "a layer that the table has no room for");
    THIMBLE_CHECK((layer.input | layer.output | layer.scratch) % 4 == 0, "an offset that is not a multiple of 4");
    std::array<std::uint16_t, THIMBLE_TABLE_MOST_HALVES> halves;
    const std::uint32_t count = thimble_put_layer(&before, &layer, static_cast<std::uint32_t>(index),
                                                  static_cast<std::uint32_t>(steps[i]->weight_bytes / 4),
                                                  reads_second(*steps[i]), halves.data());
    table.layers.emplace_back(halves.begin(), halves.begin() + count);
  }
  return table;
}

LayerTable layer_table(const Plan& plan) {
  std::vector<thimble_layer> layers;
  for (const Step* step : plan.steps()) layers.push_back(step->layer);
  return layer_table(plan, layers);
}

}  // namespace thimble
