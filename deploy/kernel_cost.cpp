#include "deploy/kernel_cost.hpp"

namespace thimble {
namespace {

std::int64_t in_groups(std::int64_t count, std::int64_t group) { return (count + group - 1) / group; }

/// Two pixels and four channels at a time: 15 cycles per pair of inputs, then rounding; each pixel's column is
/// gathered.
std::int64_t direct_cycles(const thimble_layer& layer) {
  const std::int64_t column = std::int64_t{layer.kernel_h} * layer.kernel_w * layer.in_c;
  const std::int64_t pairs = layer.out_h * in_groups(layer.out_w, 2), blocks = in_groups(layer.out_c, 4);
  return pairs * (blocks * (15 * column / 2 + 100) + 3 * column + 300);
}

/// Two tiles of 2x2 outputs and four channels at a time: 16 sums of 16 cycles per pair of inputs; each pair of tiles is
/// transformed.
std::int64_t winograd_cycles(const thimble_layer& layer) {
  const std::int64_t pairs = in_groups(layer.out_h, 2) * in_groups(layer.out_w, 4);
  const std::int64_t sums = 16 * (16 * std::int64_t{layer.in_c} / 2 + 5 * in_groups(layer.in_c, 16) + 4);
  return pairs * (in_groups(layer.out_c, 4) * (sums + 760) + 90 * std::int64_t{layer.in_c} + 800);
}

}  // namespace

std::int64_t modelled_cycles(thimble_kernel_id kernel, const thimble_layer& layer) {
  switch (kernel) {
    case THIMBLE_CONV2D:
      return direct_cycles(layer);
    case THIMBLE_WINOGRAD:
      return winograd_cycles(layer);
    default:
      return 0;
  }
}

std::int64_t code_bytes(thimble_kernel_id kernel) {
  switch (kernel) {
    case THIMBLE_CONV2D:
      return 3000;
    case THIMBLE_WINOGRAD:
      return 4500;
    default:
      return 2000;
  }
}

}  // namespace thimble
