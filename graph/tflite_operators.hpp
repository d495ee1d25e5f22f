#pragma once
#include <optional>
#include <string>
#include <vector>

#include "graph/flat_file.hpp"
#include "graph/graph.hpp"
#include "graph/tflite_tensors.hpp"

namespace thimble::tflite {

/// Converts the operators of a .tflite file, one at a time, into a graph whose tensors a TensorImporter fills.
class OperatorImporter {
 public:
  OperatorImporter(TensorImporter& tensors, Graph& graph) : tensors_(tensors), graph_(graph) {}

  /// @param reasons  receives everything that Thimble lacks for this operator
  /// @return nothing where there are reasons
  /// @error Error  thrown where the file is wrong
  std::optional<Operator> convert(const FlatTable& source, int builtin_code, std::vector<std::string>& reasons);

 private:
  void read_options(Operator& op, const std::optional<FlatTable>& options);
  void read_window(Operator& op, const FlatTable& options, int activation_field);
  void read_activation(Operator& op, int code);
  void refuse_dilation(int height, int width);
  void use_tensors(Operator& op);
  void use(std::int32_t index);

  void connect(Operator& op);
  void connect_convolution(Operator& op);
  void connect_depthwise(Operator& op);
  void connect_fully_connected(Operator& op);
  void make_padding_explicit(Operator& op);
  void read_pad(Operator& op);
  void read_axes(Operator& op);
  void read_concat(Operator& op);
  void refuse_other_than_int8(const Operator& op);
  void refuse_activation(const char* role, const Tensor& tensor);
  void refuse_weights(const Operator& op);

  std::int32_t input(std::size_t index) const;
  void lacks(std::string reason) { reasons_->push_back(std::move(reason)); }

  TensorImporter& tensors_;
  Graph& graph_;
  // Of the operator at work:
  std::vector<std::int32_t> inputs_;  ///< as the file lists them
  int padding_scheme_ = 0, axis_ = 0;
  std::vector<std::string>* reasons_ = nullptr;
};

}  // namespace thimble::tflite
