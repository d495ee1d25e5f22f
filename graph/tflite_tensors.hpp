#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/flat_file.hpp"
#include "graph/graph.hpp"

namespace thimble::tflite {

/// A reason why one operator cannot be imported.
struct Unsupported {
  std::string reason;
};

inline constexpr std::size_t kMaxNameLength = 256;               ///< longer names are cut
inline constexpr std::size_t kMaxTables = std::size_t{1} << 18;  ///< of each list: operators, tensors, buffers, ...

/// Moves the tensors of a .tflite file into a graph, under their own indices, as operators ask for them. What no
/// operator reads stays an empty constant. Values are copied up to 256 MiB.
/// @pre tensors and buffers  at most kMaxTables each
/// @error Unsupported  thrown where Thimble lacks something, Error where the file is wrong
class TensorImporter {
 public:
  TensorImporter(std::vector<FlatTable> tensors, std::vector<FlatTable> buffers, Graph& graph);

  /// Converts the tensor unless it is there already; returns its index.
  int use(int index);
  /// A tensor in use that must have 4 dimensions.
  const Tensor& image(int index) const;
  /// Values of a small int32 constant that parametrises an operator.
  std::vector<std::int32_t> parameters(int index) const;
  /// A bias of zeros, in a new tensor.
  int add_zero_bias(int channels, const std::string& name);
  /// Depthwise weights [1,K_h,K_w,M] over one channel as a convolution's [M,K_h,K_w,1], in a new tensor.
  int add_transposed_weights(int index);

 private:
  const FlatTable& source(int index) const;
  std::span<const std::uint8_t> bytes_of(const FlatTable& source) const;
  Quantization quantization_of(const FlatTable& source);
  void fill(Tensor& tensor, std::span<const std::uint8_t> bytes);
  void charge(std::size_t bytes);

  std::vector<FlatTable> tensors_, buffers_;
  std::vector<bool> used_;
  Graph& graph_;
  std::int64_t activation_elements_ = 0;
  std::size_t copied_bytes_ = 0;
};

}  // namespace thimble::tflite
