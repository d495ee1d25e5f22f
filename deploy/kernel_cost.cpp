#include "deploy/kernel_cost.hpp"

#include <utility>

namespace thimble {
namespace {

std::int64_t in_groups(std::int64_t count, std::int64_t group) { return (count + group - 1) / group; }

bool is_pixel_window(const thimble_layer& layer) { return layer.kernel_h * layer.kernel_w == 1 && layer.stride_w == 1; }

/// Per pair of pixels: four channels in 15 cycles per pair of inputs, then rounding; the pixels' columns are widened,
/// and gathered row by row of the window.
std::int64_t pair_cycles(const thimble_layer& layer, std::int64_t rounding) {
  const std::int64_t column = std::int64_t{layer.kernel_h} * layer.kernel_w * layer.in_c;
  const bool in_registers = layer.in_c == 8 || layer.in_c == 16;
  const std::int64_t once = is_pixel_window(layer) ? (in_registers ? 80 : 280) : 60 * layer.kernel_h + 30;
  return in_groups(layer.out_c, 4) * (15 * column / 2 + rounding) + 7 * column / 2 + once;
}

/// Pairs of pixels: of a row, or of the whole map where no column has to be gathered; then a last pixel takes
/// `odd_quarters` quarters of a pair's time.
std::int64_t by_pairs(const thimble_layer& layer, std::int64_t pair_cycles, std::int64_t odd_quarters) {
  if (!is_pixel_window(layer)) return layer.out_h * in_groups(layer.out_w, 2) * pair_cycles;
  const std::int64_t pixels = std::int64_t{layer.out_h} * layer.out_w;
  return (4 * (pixels / 2) + odd_quarters * (pixels % 2)) * pair_cycles / 4;
}

std::int64_t direct_cycles(const thimble_layer& layer) { return by_pairs(layer, pair_cycles(layer, 45), 3); }

/// Two tiles of 2x2 outputs and four channels at a time: 16 sums of 16 cycles per pair of inputs; each pair of tiles is
/// transformed.
std::int64_t winograd_cycles(const thimble_layer& layer) {
  const std::int64_t pairs = in_groups(layer.out_h, 2) * in_groups(layer.out_w, 4);
  const std::int64_t sums = 16 * (16 * std::int64_t{layer.in_c} / 2 + 5 * in_groups(layer.in_c, 16) + 4);
  return pairs * (in_groups(layer.out_c, 4) * (sums + 760) + 90 * std::int64_t{layer.in_c} + 800);
}

/// One pixel, and two blocks of four channels at a time.
std::int64_t fully_connected_cycles(const thimble_layer& layer) {
  return in_groups(layer.out_c, 8) * (19 * in_groups(layer.in_c, 2) + 90) + 3 * std::int64_t{layer.in_c} + 200;
}

std::int64_t small_cycles(const thimble_layer& layer) { return by_pairs(layer, pair_cycles(layer, 55) + 20, 4); }

std::int64_t outputs_of(const thimble_layer& layer) { return std::int64_t{layer.out_h} * layer.out_w * layer.out_c; }

std::int64_t depthwise_cycles(const thimble_layer& layer) {
  const std::int64_t taps = std::int64_t{layer.kernel_h} * layer.kernel_w, stride = layer.stride_h * layer.stride_w;
  return outputs_of(layer) * (taps + (stride == 1 ? 8 : 23)) + 200 * std::int64_t{layer.out_c};
}

/// Channel by channel: six or four outputs of a row in 17.5 cycles per pair of taps, or in 27 and 23 per row of three;
/// then rounding, and what it takes to lay out the weights and the inputs.
std::int64_t small_depthwise_cycles(const thimble_layer& layer) {
  const bool ones = layer.stride_w == 1, threes = layer.kernel_w == 3 && layer.stride_w <= 2;
  const std::int64_t taps = std::int64_t{layer.kernel_h} * (layer.kernel_w / 2 + 1);
  const std::int64_t products = threes ? layer.kernel_h * (ones ? 27 : 23) : 35 * in_groups(taps, 2);
  const std::int64_t groups = layer.out_h * in_groups(layer.out_w, ones ? 6 : 4);
  const std::int64_t each = layer.relu != 0 ? 10 : 14, results = layer.out_h * (each * layer.out_w + 15);
  const std::int64_t inputs = layer.in_h * (9 * std::int64_t{layer.in_w} / 2 + 20);
  return layer.out_c * (400 + 20 * taps + groups * (products + 34) + results + inputs);
}

/// Pieces that several kernels share.
enum Part { kGemmOfTwo = 1, kGemmOfOneAndFour = 2, kSmallDepthwise = 4, kFastDepthwise = 8, kLargeWindows = 16 };
constexpr std::pair<Part, std::int64_t> kParts[] = {{kGemmOfTwo, 2100},
                                                    {kGemmOfOneAndFour, 4000},
                                                    {kSmallDepthwise, 2300},
                                                    {kFastDepthwise, 4000},
                                                    {kLargeWindows, 3000}};

struct Code {
  std::int64_t bytes = 0;
  int parts = 0;
};

Code code_of(thimble_kernel_id kernel) {
  switch (kernel) {
    case THIMBLE_CONV2D:
      return {700, kGemmOfTwo | kGemmOfOneAndFour};
    case THIMBLE_POINTWISE:
    case THIMBLE_FULLY_CONNECTED:
      return {150, kGemmOfTwo | kGemmOfOneAndFour};
    case THIMBLE_SMALL_CONV2D:
      return {800, kGemmOfTwo};
    case THIMBLE_WINOGRAD:
      return {4500, 0};
    case THIMBLE_DEPTHWISE_3X3:
      return {4500, kFastDepthwise};
    case THIMBLE_DEPTHWISE_5X5:
    case THIMBLE_DEPTHWISE_7X7:
      return {2500, kFastDepthwise | kLargeWindows};
    case THIMBLE_DEPTHWISE_NARROW:
      return {1400, 0};
    case THIMBLE_DEPTHWISE_NINE:
      return {650, 0};
    case THIMBLE_SMALL_DEPTHWISE:
      return {0, kSmallDepthwise};
    default:
      return {2000, 0};
  }
}

}  // namespace

std::int64_t modelled_cycles(thimble_kernel_id kernel, const thimble_layer& layer) {
  switch (kernel) {
    case THIMBLE_CONV2D:
    case THIMBLE_POINTWISE:
      return direct_cycles(layer);
    case THIMBLE_FULLY_CONNECTED:
      return fully_connected_cycles(layer);
    case THIMBLE_SMALL_CONV2D:
      return small_cycles(layer);
    case THIMBLE_WINOGRAD:
      return winograd_cycles(layer);
    case THIMBLE_DEPTHWISE_3X3:
    case THIMBLE_DEPTHWISE_5X5:
    case THIMBLE_DEPTHWISE_7X7:
    case THIMBLE_DEPTHWISE_NARROW:
      return depthwise_cycles(layer);
    case THIMBLE_DEPTHWISE_NINE:
      return 240 * std::int64_t{layer.out_c};
    case THIMBLE_SMALL_DEPTHWISE:
      return small_depthwise_cycles(layer);
    default:
      return 0;
  }
}

std::int64_t code_bytes(const KernelSet& kernels) {
  std::int64_t bytes = 0;
  int parts = 0;
  for (std::size_t id = 0; id < kernels.size(); ++id) {
    if (!kernels.test(id)) continue;
    const Code code = code_of(static_cast<thimble_kernel_id>(id));
    bytes += code.bytes;
    parts |= code.parts;
  }
  for (const auto& [part, part_bytes] : kParts)
    if ((parts & part) != 0) bytes += part_bytes;
  return bytes;
}

std::int64_t code_bytes(thimble_kernel_id kernel) { return code_bytes(KernelSet().set(kernel)); }

}  // namespace thimble
