#pragma once
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "graph/tflite_import.hpp"
#include "tests/catch.hpp"

namespace thimble::test {

/// A model of the shared material: its file, and what TFLite's reference kernels computed.
struct GoldenModel {
  std::string name, file, int8_file;  ///< int8_file: the variant with int8 input and output, where `file` has floats
};
inline const std::vector<GoldenModel> kGoldenModels = {
    {"ad01", "ad01_int8.tflite", ""},
    {"kws", "kws_ref_model.tflite", ""},
    {"vww96", "vww_96_int8.tflite", ""},
    {"resnet_ic", "pretrainedResnet_quant.tflite", ""},
    {"streaming_ww", "str_ww_ref_model.tflite", ""},
    {"te_vww", "vww.tflite", "vww_int8io.tflite"},
    {"te_detection", "detection.tflite", "detection_int8io.tflite"},
    {"te_mcunetv2_large", "mcunetv2_large.tflite", "mcunetv2_large_int8io.tflite"},
};

inline std::vector<char> read_bytes(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline std::vector<std::int8_t> read_int8(const std::filesystem::path& path) {
  const std::vector<char> bytes = read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

inline std::vector<std::uint8_t> read_model(const std::filesystem::path& path) {
  const std::vector<char> bytes = read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

/// One line of layers.txt.
struct GoldenLayer {
  int seed = 0, op = 0, tensor = 0;
  std::string name, type;
  std::size_t bytes = 0;
  std::uint32_t crc = 0;
};

inline std::vector<GoldenLayer> read_layers(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::vector<GoldenLayer> layers;
  for (std::string line; std::getline(stream, line);) {
    if (line.empty() || line[0] == '#') continue;
    GoldenLayer layer;
    std::istringstream(line) >> layer.seed >> layer.op >> layer.name >> layer.tensor >> layer.type >> layer.bytes >>
        std::hex >> layer.crc;
    layers.push_back(layer);
  }
  return layers;
}

}  // namespace thimble::test
