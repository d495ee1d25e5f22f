#include "search/space/network_config.hpp"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "graph/base/error.hpp"
#include "tests/catch.hpp"

using namespace thimble;
using nlohmann::json;

namespace {

json small_network() {
  return {{"first_conv",
           {{"in_channels", 3}, {"out_channels", 8}, {"kernel_size", 3}, {"stride", 2}, {"act_func", "relu6"}}},
          {"blocks",
           {{{"mobile_inverted_conv",
              {{"in_channels", 8}, {"out_channels", 16}, {"kernel_size", 5}, {"stride", 2}, {"expand_ratio", 3}}},
             {"shortcut", nullptr}},
            {{"mobile_inverted_conv",
              {{"out_channels", 16}, {"kernel_size", 7}, {"stride", 1}, {"mid_channels", 40}, {"expand_ratio", 9}}},
             {"shortcut", {{"name", "IdentityLayer"}}}}}},
          {"feature_mix_layer", nullptr},
          {"classifier", {{"out_features", 5}}},
          {"resolution", 32}};
}

std::string written(const json& network) {
  const std::string path = (std::filesystem::temp_directory_path() / "thimble_network.json").string();
  std::ofstream(path) << network.dump();
  return path;
}

std::string problems_of(const json& network) {
  try {
    load_network_config(written(network));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a network configuration becomes a graph", "[space]") {
  const Graph graph = load_network_config(written(small_network()));
  CHECK(validate(graph).empty());
  CHECK(graph.tensor(graph.outputs.at(0)).shape == Shape{1, 5});
  std::vector<std::string> names;
  for (const Operator& op : graph.operators) names.push_back(op.name);
  CHECK(names == std::vector<std::string>{"first_conv", "block1.expand", "block1.dw", "block1.project", "block2.expand",
                                          "block2.dw", "block2.project", "block2.add", "pool", "classifier"});
  CHECK(graph.operators[4].inputs.size() == 3);
  CHECK(graph.tensor(graph.operators[4].outputs[0]).shape == Shape{1, 8, 8, 40});
}

TEST_CASE("all problems of a network configuration are named", "[space]") {
  json network = small_network();
  network["blocks"][0]["mobile_inverted_conv"]["kernel_size"] = -3;
  network["blocks"][1]["mobile_inverted_conv"]["use_se"] = true;
  network["classifier"] = nullptr;
  const std::string text = problems_of(network);
  CHECK(text.find("blocks[0].mobile_inverted_conv.kernel_size") != std::string::npos);
  CHECK(text.find("blocks[1].mobile_inverted_conv.use_se") != std::string::npos);
  CHECK(text.find("classifier.out_features") != std::string::npos);
  CHECK(problems_of(json::array()).find("is not a JSON object") != std::string::npos);
}

TEST_CASE("the published MCUNet networks have the published MACs and parameters", "[space]") {
  const std::filesystem::path folder = test::test_data("mcunet_configs");
  THIMBLE_SKIP_WITHOUT(folder, "folder of published configurations");
  const std::map<std::string, std::pair<double, double>> published = {
      // millions
      {"mbv2-w0.3-r80_imagenet", {7.3, 0.623}},        {"mbv2-w0.35-r144_imagenet", {23.5, 0.738}},
      {"mcunet-10fps_imagenet", {6.4, 0.736}},         {"mcunet-5fps_imagenet", {12.8, 0.624}},
      {"mcunet-256kb-1mb_imagenet", {67.3, 0.714}},    {"mcunet-320kb-1mb_imagenet", {81.8, 0.722}},
      {"mcunet-512kb-2mb_imagenet", {125.9, 1.711}},   {"proxyless-w0.25-r112_imagenet", {10.7, 0.560}},
      {"proxyless-w0.3-r176_imagenet", {38.3, 0.743}}, {"proxyless_mobile", {320.4, 4.046}},
  };
  for (const auto& [name, expected] : published) {
    INFO(name);
    const Graph graph = load_network_config((folder / (name + ".json")).string());
    CHECK(validate(graph).empty());
    CHECK(static_cast<double>(macs(graph)) / 1e6 == Approx(expected.first).margin(0.06));
    CHECK(static_cast<double>(params(graph)) / 1e6 == Approx(expected.second).epsilon(0.02));
  }
}
