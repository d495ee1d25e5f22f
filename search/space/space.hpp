#pragma once
#include <array>
#include <string>
#include <vector>

#include "graph/base/config.hpp"

namespace thimble {

/// Depthwise kernels that there are training kernels for.
inline constexpr std::array kKernelSizes{3, 5, 7};

/// One stage of inverted bottlenecks: its first block has `stride`, the others stride 1.
struct Stage {
  int base_width = 16;  ///< output channels at width multiplier 1
  int stride = 1;
  std::vector<int> depths;            ///< numbers of blocks to choose from, ascending
  std::vector<int> kernel_sizes;      ///< of kKernelSizes, ascending
  std::vector<int> expansion_ratios;  ///< ascending, at least 2

  int max_depth() const { return depths.back(); }
  int max_kernel_size() const { return kernel_sizes.back(); }
  int max_expansion_ratio() const { return expansion_ratios.back(); }
};

/// A family of subnets (MCUNet section 3.1): MobileNetV2-style blocks with ReLU6, a stem, stages, and pool +
/// classifier.
struct SearchSpace {
  std::string name;
  int input_channels = 3;
  int classes = 2;
  std::vector<int> resolutions;           ///< ascending, square inputs
  std::vector<double> width_multipliers;  ///< ascending, no two with the same channels everywhere
  int stem_base_width = 32;               ///< 3x3 convolution, stride 2
  int first_block_base_width = 16;        ///< a fixed block without expansion, 3x3, stride 1; 0: none
  std::vector<Stage> stages;

  int max_resolution() const { return resolutions.back(); }
  int block_count() const;  ///< over all stages at full depth
};

/// Channels at a width multiplier: the nearest multiple of 8, at least 8 and at least 90 % of base * multiplier
/// (MobileNetV2's make_divisible).
int scaled_width(int base_width, double width_multiplier);

/// log10 of the number of subnets.
double log10_size(const SearchSpace& space);

/// Reads the keys of a space file (configs/spaces/*.yaml); problems go to the map's file.
/// A space with problems comes back as far as it was read: `ConfigFile::finish` throws them.
SearchSpace read_space(ConfigMap map);

/// Reads a space file. @error ConfigError  with everything that is wrong with it
SearchSpace load_space(const std::string& path);

}  // namespace thimble
