#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/graph.hpp"

namespace thimble::tflite {

/// One field of an operator's options table.
struct FileOption {
  int field = 0;
  std::variant<std::int8_t, std::int32_t, float, std::vector<std::int32_t>> value{};
};

struct FileOperator {
  int builtin_code = 0;
  int version = 1;  ///< the operator's oldest version that a runtime needs
  std::vector<std::int32_t> inputs{}, outputs{};
  int options_type = 0;
  std::vector<FileOption> options{};
};

/// The content of a .tflite file: one subgraph, constants in the tensors themselves.
struct File {
  std::string name{};
  std::vector<Tensor> tensors{};
  std::vector<FileOperator> operators{};
  std::vector<std::int32_t> inputs{}, outputs{};
};

/// The bytes of the file: identifier TFL3, schema version 3, an empty buffer 0, constants aligned to 16 bytes. The same
/// content gives the same bytes.
std::vector<std::uint8_t> write_file(const File& file);

}  // namespace thimble::tflite
