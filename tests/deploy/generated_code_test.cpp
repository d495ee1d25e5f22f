// The generated C library, built for this computer with the sanitizers: what it does on a microcontroller unseen.
#include <filesystem>

#include "deploy/c_writer.hpp"
#include "graph/base/files.hpp"
#include "graph/base/run_process.hpp"
#include "graph/int8_interpreter.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/random_networks.hpp"

using namespace thimble;
namespace fs = std::filesystem;

namespace {

/// Random inputs with the answers of the reference interpreter.
KnownAnswers reference_answers(const Graph& graph, int cases) {
  const Int8Interpreter network(graph);
  Int8Workspace workspace = network.workspace();
  KnownAnswers answers;
  Rng rng({23});
  for (int i = 0; i < cases; ++i) {
    std::vector<std::int8_t> input;
    for (std::int64_t k = 0; k < graph.tensor(graph.inputs.at(0)).elements(); ++k)
      input.push_back(static_cast<std::int8_t>(rng.between(-128, 127)));
    network.run(input, workspace);
    const auto& output = workspace.values.at(static_cast<std::size_t>(graph.outputs.at(0)));
    answers.inputs.insert(answers.inputs.end(), input.begin(), input.end());
    answers.outputs.insert(answers.outputs.end(), output.begin(), output.end());
  }
  return answers;
}

/// The model, and the kernels with the twins for this computer, which a project for a microcontroller leaves out.
std::vector<std::string> library_sources() {
  std::vector<std::string> sources = {"model.c", "model_api.c"};
  for (const auto& entry : fs::directory_iterator(fs::path(THIMBLE_SOURCE_DIR) / "deploy/kernels"))
    if (entry.path().extension() == ".c") sources.push_back(entry.path().string());
  return sources;
}

ProcessResult build_and_run(const fs::path& folder) {
  std::vector<std::string> command = {"gcc",
                                      "-std=c11",
                                      "-Wall",
                                      "-Wextra",
                                      "-Werror",
                                      "-O1",
                                      "-g",
                                      "-I.",
                                      "-Ithimble",
                                      "-fsanitize=address,undefined",
                                      "-fno-sanitize-recover=all",
                                      "-o",
                                      "model"};
  for (const std::string& source : library_sources()) command.push_back(source);
  command.push_back(std::string(THIMBLE_SOURCE_DIR) + "/tests/deploy/generated_main.c");
  const ProcessResult built = run_process(command, folder.string());
  return built.exit_code != 0 ? built : run_process({"./model"}, folder.string());
}

}  // namespace

TEST_CASE("the generated library is free of undefined behaviour and gives the reference's bits",
          "[deploy][generated]") {
  if (run_process({"arm-none-eabi-gcc", "--version"}).exit_code != 0) {
    WARN("skipped: arm-none-eabi-gcc is not installed");
    return;
  }
  const TemporaryFolder cache;
  const Target target;
  const CodeInventory inventory = measure_code(target, cache.path());
  for (std::uint64_t seed = 40; seed < 43; ++seed) {
    INFO("seed " << seed);
    const test::RandomNetwork network = test::random_network(seed);
    const Result<Plan, PlanError> plan = make_plan(network.int8);
    const TemporaryFolder folder;
    write_firmware(*plan, network.int8, target, inventory, reference_answers(network.int8, 3), folder.path());
    const ProcessResult result = build_and_run(folder.path());
    INFO(result.output);
    CHECK(result.exit_code == 0);
    CHECK(result.output == "3 cases\n");
  }
}
