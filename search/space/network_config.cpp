#include "search/space/network_config.hpp"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "graph/base/error.hpp"
#include "graph/base/files.hpp"
#include "search/space/graph_builder.hpp"

namespace thimble {
namespace {

using nlohmann::json;

/// Reads numbers and notes what is wrong, with its place in the file.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void problem(const std::string& key, const std::string& value, const std::string& rule) {
    issues_.push_back({file_, 0, 0, key, value, rule});
  }

  /// A whole number in [1, most], alone or the single element of a list.
  int number(const json& object, const std::string& place, const char* key, int most) {
    json value = object.is_object() && object.contains(key) ? object[key] : json();
    if (value.is_array() && value.size() == 1) value = value[0];
    if (value.is_number() && value.get<double>() >= 1 && value.get<double>() <= most &&
        value.get<double>() == std::floor(value.get<double>()))
      return static_cast<int>(value.get<double>());
    problem(place + "." + key, value.dump(), "must be a whole number from 1 to " + std::to_string(most));
    return 1;
  }

  void finish() const {
    if (!issues_.empty()) throw ConfigError(issues_);
  }

 private:
  std::string file_;
  std::vector<ConfigIssue> issues_;
};

constexpr int kMostChannels = 65535, kMostKernel = 63, kMostStride = 8, kMostResolution = 4096;

struct Convolution {
  int out_channels = 1, kernel = 1, stride = 1;
  Activation activation = Activation::kNone;
};

Convolution read_convolution(Reader& reader, const json& layer, const std::string& place) {
  Convolution conv{reader.number(layer, place, "out_channels", kMostChannels),
                   reader.number(layer, place, "kernel_size", kMostKernel),
                   reader.number(layer, place, "stride", kMostStride)};
  const std::string activation = layer.is_object() ? layer.value("act_func", json("")).dump() : "";
  if (activation == "\"relu6\"") conv.activation = Activation::kRelu6;
  if (activation == "\"relu\"") conv.activation = Activation::kRelu;
  if (layer.is_object() && layer.value("groups", 1) != 1)
    reader.problem(place + ".groups", layer["groups"].dump(), "must be 1");
  return conv;
}

void add_block(Reader& reader, GraphBuilder& builder, const Graph& graph, const json& block, int index) {
  const std::string place = "blocks[" + std::to_string(index) + "].mobile_inverted_conv";
  const json conv = block.is_object() ? block.value("mobile_inverted_conv", json()) : json();
  if (!conv.is_object() || conv.value("name", "") == "ZeroLayer") return;  // the shortcut alone
  if (conv.contains("use_se") && conv["use_se"] == true)
    reader.problem(place + ".use_se", "true", "squeeze-and-excitation is not imported");
  const int in_channels = graph.tensor(builder.current()).shape[3];
  const int out_channels = reader.number(conv, place, "out_channels", kMostChannels);
  int mid_channels = in_channels;
  if (conv.contains("mid_channels") && !conv["mid_channels"].is_null()) {
    mid_channels = reader.number(conv, place, "mid_channels", kMostChannels);
  } else if (conv.contains("expand_ratio") && conv["expand_ratio"].is_number()) {
    mid_channels = static_cast<int>(std::lround(in_channels * conv["expand_ratio"].get<double>()));
  } else {
    reader.problem(place + ".expand_ratio", "nothing", "must be a number, or mid_channels be given");
  }
  if (mid_channels < 1 || mid_channels > kMostChannels)
    return reader.problem(place, std::to_string(mid_channels), "the expanded channels leave 1 to 65535");
  const int stride = reader.number(conv, place, "stride", kMostStride);
  const bool shortcut = block.contains("shortcut") && !block["shortcut"].is_null();
  if (shortcut && (stride != 1 || out_channels != in_channels))
    return reader.problem(place, "a shortcut", "needs stride 1 and as many channels out as in");
  builder.inverted_bottleneck("block" + std::to_string(index + 1), mid_channels != in_channels, mid_channels,
                              out_channels, reader.number(conv, place, "kernel_size", kMostKernel), stride, shortcut);
}

json parse(const std::string& path) {
  json network = json::parse(read_file(path), nullptr, false);
  if (!network.is_object()) throw ConfigError({{path, 0, 0, "", "", "is not a JSON object"}});
  return network;
}

}  // namespace

Graph load_network_config(const std::string& path) {
  const json network = parse(path);
  Reader reader(path);
  const int resolution = reader.number(network, "", "resolution", kMostResolution);
  const json first = network.value("first_conv", json());
  Graph graph;
  graph.name = std::filesystem::path(path).stem().string();
  GraphBuilder builder(graph, resolution, resolution, reader.number(first, "first_conv", "in_channels", kMostChannels));
  const Convolution stem = read_convolution(reader, first, "first_conv");
  reader.finish();
  builder.conv("first_conv", stem.out_channels, stem.kernel, stem.stride, stem.activation);
  const json blocks = network.value("blocks", json::array());
  for (std::size_t i = 0; i < blocks.size(); ++i) add_block(reader, builder, graph, blocks[i], static_cast<int>(i));
  if (const json mix = network.value("feature_mix_layer", json()); !mix.is_null()) {
    const Convolution conv = read_convolution(reader, mix, "feature_mix_layer");
    builder.conv("feature_mix", conv.out_channels, conv.kernel, conv.stride, conv.activation);
  }
  const int classes = reader.number(network.value("classifier", json()), "classifier", "out_features", kMostChannels);
  reader.finish();
  builder.global_pool("pool");
  builder.fully_connected("classifier", classes);
  builder.finish();
  return graph;
}

}  // namespace thimble
