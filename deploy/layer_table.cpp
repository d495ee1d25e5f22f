#include "deploy/layer_table.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "deploy/kernels/layer_table.h"
#include "graph/base/check.hpp"

namespace thimble {
namespace {

constexpr std::int64_t kPointerBytes = 4;  // of the target

using Form = std::array<std::uint8_t, THIMBLE_TABLE_FORM_BYTES>;

Form form_of(const thimble_layer& l) {
  return {l.kernel_h, l.kernel_w, l.stride_h,  l.stride_w,  l.pad_top,
          l.pad_left, l.operands, l.ring_rows, l.broadcast, l.more_rows};
}

/// Writes layers one after the other; knows what the decoder knows.
class TableWriter {
 public:
  explicit TableWriter(const std::vector<thimble_kernel_id>& kernels) : kernels_(kernels) {}

  std::vector<std::uint16_t> next(const thimble_layer& layer, thimble_kernel_id kernel, std::int64_t weight_bytes) {
    halves_.clear();
    parts_ = 0;
    add_form(layer);
    add_shape(layer);
    add_places(layer, kernel);
    add_number(static_cast<std::uint32_t>(weight_bytes / 4));
    add_bytes(layer.input_zero, layer.output_zero);
    add_bytes(layer.activation_min, layer.activation_max);
    halves_.insert(halves_.begin(), static_cast<std::uint16_t>(head_of(layer, kernel) | parts_ << 8));
    return halves_;
  }

 private:
  int head_of(const thimble_layer& layer, thimble_kernel_id kernel) const {
    const auto index = std::find(kernels_.begin(), kernels_.end(), kernel) - kernels_.begin();
    THIMBLE_CHECK(index < THIMBLE_TABLE_MOST_KERNELS && layer.relu <= 1 && layer.wide <= 3,
                  "a layer that the table has no room for");
    return static_cast<int>(index) | layer.relu << 5 | layer.wide << 6;
  }

  template <class Byte>
  void add_bytes(Byte low, Byte high) {
    halves_.push_back(
        static_cast<std::uint16_t>(static_cast<std::uint8_t>(low) | static_cast<std::uint8_t>(high) << 8));
  }

  void add_number(std::uint32_t value) {
    THIMBLE_CHECK(value < 1u << 31, "a number that the table has no room for");
    const bool is_long = value >= 1u << 15;
    halves_.push_back(static_cast<std::uint16_t>((value & 0x7fff) | (is_long ? 0x8000 : 0)));
    if (is_long) halves_.push_back(static_cast<std::uint16_t>(value >> 15));
  }

  void add_dimensions(int part, std::initializer_list<std::uint16_t> dimensions) {
    parts_ |= part;
    halves_.insert(halves_.end(), dimensions);
  }

  void add_part(int part, std::uint32_t number) {
    parts_ |= part;
    add_number(number);
  }

  void add_place(int part, std::uint32_t& known, std::uint32_t offset) {
    if (offset == known) return;
    THIMBLE_CHECK(offset % 4 == 0, "an offset that is not a multiple of 4");
    add_part(part, offset / 4);
    known = offset;
  }

  void add_form(const thimble_layer& layer) {
    constexpr Form kPlain = {1, 1, 1, 1, 0, 0, 1, 0, 0, 0};
    const Form form = form_of(layer);
    if (form == kPlain) return;
    parts_ |= THIMBLE_TABLE_FORM;
    for (std::size_t i = 0; i < form.size(); i += 2) add_bytes(form[i], form[i + 1]);
  }

  void add_shape(const thimble_layer& l) {
    if (l.in_h != rows_ || l.in_w != columns_ || l.in_c != channels_)
      add_dimensions(THIMBLE_TABLE_IN, {l.in_h, l.in_w, l.in_c});
    if (l.out_h != l.in_h || l.out_w != l.in_w) add_dimensions(THIMBLE_TABLE_OUT_ROWS, {l.out_h, l.out_w});
    if (l.out_c != l.in_c) add_dimensions(THIMBLE_TABLE_OUT_C, {l.out_c});
    rows_ = l.out_h, columns_ = l.out_w, channels_ = l.out_c;
  }

  void add_places(const thimble_layer& layer, thimble_kernel_id kernel) {
    add_place(THIMBLE_TABLE_INPUT, place_, layer.input);
    add_place(THIMBLE_TABLE_OUTPUT, place_, layer.output);
    if (layer.scratch_bytes != 0) add_place(THIMBLE_TABLE_SCRATCH, scratch_, layer.scratch);
    if ((layer.operands != 2 && kernel != THIMBLE_CONCAT) || layer.input2 == second_) return;
    add_part(THIMBLE_TABLE_INPUT2, layer.input2);
    second_ = layer.input2;
  }

  const std::vector<thimble_kernel_id>& kernels_;
  std::vector<std::uint16_t> halves_;
  int parts_ = 0;
  std::uint32_t rows_ = 0, columns_ = 0, channels_ = 0, place_ = 0, scratch_ = 0, second_ = 0;
};

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
  TableWriter writer(table.kernels);
  for (std::size_t i = 0; i < steps.size(); ++i)
    table.layers.push_back(writer.next(layers.at(i), steps[i]->kernel, steps[i]->weight_bytes));
  return table;
}

LayerTable layer_table(const Plan& plan) {
  std::vector<thimble_layer> layers;
  for (const Step* step : plan.steps()) layers.push_back(step->layer);
  return layer_table(plan, layers);
}

}  // namespace thimble
