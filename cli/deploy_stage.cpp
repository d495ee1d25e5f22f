#include "cli/deploy_stage.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/front_check.hpp"
#include "cli/front_scores.hpp"
#include "cli/known_answers.hpp"
#include "cli/progress.hpp"
#include "cli/quantized_subnet.hpp"
#include "cli/space_stage.hpp"
#include "cli/stop.hpp"
#include "cli/train_stage.hpp"
#include "deploy/simplify/crop_windows.hpp"
#include "evaluators/int8_accuracy.hpp"

using nlohmann::json;

namespace thimble {
namespace {

constexpr int kNoiseImages = 16;

std::vector<LayerSqnr> layer_noise(JobContext& context, const QuantizedSubnet& network, int resolution) {
  const auto inputs = network_inputs(context.data().train, kNoiseImages, resolution);
  return layer_sqnr(network.float_graph, network.int8_graph, inputs);
}

/// Loss from fp32 to int8 of the whole subnet.
double network_decibel(JobContext& context, const QuantizedSubnet& network, int resolution) {
  return output_decibel(network.int8_graph, layer_noise(context, network, resolution));
}

/// The front in int8, on the pictures that chose it.
class FrontInInt8 {
 public:
  FrontInInt8(JobContext& context, const Supernet& supernet)
      : context_(context),
        images_(scoring_images(context)),
        accuracy_(supernet, context.data().train, images_, context.job().search.calibration),
        board_(context, supernet.space()) {}

  /// @return {sqnr_db, top1_int8, known_answers, bit_exact}
  json score(const Subnet& subnet) {
    const QuantizedSubnet network = quantize_subnet(context_, accuracy_, subnet);
    json scores = board_.check(subnet, network.int8_graph, images_);
    scores["sqnr_db"] = network_decibel(context_, network, subnet.resolution);
    scores["top1_int8"] = int8_top1(network.int8_graph, images_, 0, context_.job().threads);
    return scores;
  }

 private:
  JobContext& context_;
  ImageSet images_;
  SubnetAccuracy accuracy_;
  FrontCheck board_;
};

/// Fills in what `FrontInInt8` says of every member of the front; those that an earlier call got to are not asked
/// again.
void score_front_in_int8(JobContext& context, const Supernet& supernet, const SearchResult& search, FrontScores& scores,
                         json& front) {
  FrontInInt8 int8(context, supernet);
  Progress bar("int8 accuracy and answers of the front", static_cast<std::int64_t>(search.front.size()));
  for (std::size_t i = 0; i < search.front.size(); ++i) {
    throw_if_stopped();
    json& member = front["front"][i];
    std::optional<json> known = scores.find(member);
    if (!known) {
      known = int8.score(search.front[i].subnet);
      scores.keep(member, *known);
    }
    member.update(*known);
    bar.update(static_cast<std::int64_t>(i) + 1);
  }
}

json layer_facts(const Measurement& measurement, const std::vector<LayerSqnr>& noise) {
  json layers = json::array();
  for (const LayerMeasurement& layer : measurement.layers) {
    const auto found =
        std::find_if(noise.begin(), noise.end(), [&](const LayerSqnr& n) { return n.name == layer.name; });
    layers.push_back({{"name", layer.name},
                      {"op", layer.op},
                      {"macs", layer.macs},
                      {"cycles", layer.cycles},
                      {"sqnr_db", found == noise.end() ? json() : json(found->decibel)}});
  }
  return layers;
}

/// The winner on its way from weights to a verified firmware.
class Winner {
 public:
  Winner(JobContext& context, const Supernet& supernet, const Subnet& subnet)
      : context_(context),
        subnet_(subnet),
        test_(first_images(context.data().test, context.job().deploy.test_images)),
        weights_(fine_tuned(context, supernet, subnet)),
        accuracy_(weights_, context.data().train, test_, context.job().search.calibration),
        network_(quantize_subnet(context, accuracy_, subnet)),
        inventory_(code_inventory(context)) {}

  json deploy(BoardTimes& times) {
    const auto planned = subnet_planner(context_, weights_.space()).plan(network_.int8_graph);
    THIMBLE_CHECK(planned.has_value(), "the winner has a plan");
    json facts = subnet_facts(subnet_, *planned);
    add_accuracy(facts);
    throw_if_stopped();
    const auto measured = times.measure(*planned);
    if (!measured)
      throw BoardError("the winner cannot be run on " + context_.board().name + ": " + measured.error().message);
    add_times(facts, *measured);
    times.let_go();
    add_firmware(facts, *planned);
    return facts;
  }

 private:
  void add_accuracy(json& facts) {
    facts["top1_fp32"] = accuracy_.top1(subnet_);
    facts["top1_int8"] = int8_top1(network_.int8_graph, test_, 0, context_.job().threads);
    facts["test_images"] = test_.count();
  }

  void add_times(json& facts, const Measurement& measured) const {
    facts["cycles"] = measured.cycles;
    facts["latency_us"] = measured.latency_us;
    facts["provenance"] = to_text(measured.provenance);
    const std::vector<LayerSqnr> noise = layer_noise(context_, network_, subnet_.resolution);
    facts["sqnr_db"] = output_decibel(network_.int8_graph, noise);
    facts["layers"] = layer_facts(measured, noise);
  }

  void add_firmware(json& facts, const PlannedSubnet& planned) {
    const KnownAnswers answers =
        known_answers(network_.int8_graph, test_, context_.job().deploy.known_answers, context_.job().threads);
    const Graph deployed = with_cropped_windows(network_.int8_graph);
    const FirmwareCheck check = deploy_and_check(planned, deployed, context_.board(), inventory_, answers,
                                                 context_.run().firmware(), test_.class_names);
    facts["known_answers"] = check.cases;
    facts["bit_exact"] = check.bit_exact;
    facts["probe_cycles"] = facts["cycles"];  // of the same plan in the probe firmware, before this image was built
    if (check.cycles > 0) {  // else the core counts no cycles, and the probe's figure stays
      facts["cycles"] = check.cycles;
      facts["latency_us"] = static_cast<double>(check.cycles) / context_.board().clock_hz() * 1e6;
    }
    facts["linked_sram_bytes"] = check.linked.sram_bytes;
    facts["linked_flash_bytes"] = check.linked.flash_bytes;
    facts["elf"] = "firmware/firmware.elf";
    if (!check.bit_exact) context_.tell("the firmware differs from the reference:\n" + check.console);
  }

  JobContext& context_;
  Subnet subnet_;
  ImageSet test_;
  Supernet weights_;
  SubnetAccuracy accuracy_;
  QuantizedSubnet network_;
  CodeInventory inventory_;
};

}  // namespace

void deploy_stage(JobContext& context, BoardTimes& times, const Supernet& supernet, const SearchResult& search) {
  json front = read_json(context.run().front_json());
  THIMBLE_CHECK(!front.is_null() && !search.front.empty(), "the search comes before the deployment");
  times.let_go();  // the front's firmware runs on the same board
  FrontScores scores(context.run());
  score_front_in_int8(context, supernet, search, scores, front);
  front["winner"] = Winner(context, supernet, search.front.front().subnet).deploy(times);
  write_front(context.run(), front);
  scores.clear();
}

}  // namespace thimble
