// engine_linked [--subnets N] [--run N] [--seed S] [--boards B,..] [--modes M,..] [--max-resolution R] [--cache FOLDER]
//               [--threads N] [--json] SPACE.yaml... MODEL.tflite... CONFIG.json...
//
// Predicted SRAM and flash against the bytes that the linker places, network by network: N random subnets of the
// spaces, and the models, on every board. The first subnets (--run) are also run, and compared with the reference. Exit
// code 1 where anything differs.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>

#include "benchmarks/arguments.hpp"
#include "benchmarks/engine/linked_networks.hpp"
#include "deploy/firmware_linker.hpp"
#include "deploy/fitted_plan.hpp"
#include "graph/base/error.hpp"
#include "graph/base/parallel.hpp"
#include "profiler/board_target.hpp"
#include "profiler/firmware_run.hpp"

using namespace thimble;
using namespace thimble::linked;
namespace fs = std::filesystem;

namespace {

constexpr int kCases = 2;
constexpr double kSecondsPerCase = 60;

struct Options {
  int subnets = 50, run = 10, max_resolution = 1 << 20, threads = 2;
  std::uint64_t seed = 1;
  std::string boards = "virtual-m3,virtual-m4,virtual-m7,virtual-m55", modes = "speed,size";
  fs::path cache;
  bool json = false;
  std::vector<fs::path> spaces, models;
};

/// One line of the table: a board and a mode.
struct Line {
  Board board;
  PlanMode mode;
  CodeInventory inventory;
  FirmwareLinker linker;
  int checked = 0, equal = 0, too_large = 0, run = 0, exact = 0;
  std::int64_t sram_difference = 0, flash_difference = 0;  ///< linked minus predicted, the worst
  std::vector<std::string> findings{};
};

const char* to_text(PlanMode mode) { return mode == PlanMode::kSize ? "size" : "speed"; }

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  std::istringstream text(list);
  for (std::string word; std::getline(text, word, ',');) words.push_back(word);
  return words;
}

std::vector<std::unique_ptr<Line>> lines_of(const Options& options) {
  std::vector<std::unique_ptr<Line>> lines;
  for (const std::string& name : words_of(options.boards))
    for (const std::string& word : words_of(options.modes)) {
      const Board board = load_board(name);
      const PlanMode mode = word == "size" ? PlanMode::kSize : PlanMode::kSpeed;
      const Target target = target_of(board);
      lines.push_back(std::unique_ptr<Line>(
          new Line{board, mode, measure_code(target, options.cache, mode), FirmwareLinker(target, mode)}));
    }
  return lines;
}

/// What one network came to on one board.
struct Verdict {
  bool fits = false, linked = false;
  std::int64_t sram_difference = 0, flash_difference = 0;
  bool run = false, exact = false;
  std::string finding;  ///< empty where all is well
};

void run_on_board(const Line& line, const fs::path& elf, Verdict& verdict) {
  const auto run = run_firmware(elf, line.board, kCases * kSecondsPerCase);
  verdict.run = true;
  verdict.exact = run && run->exit_code == 0 && run->console == "KAT ok\n" && run->regions.size() == kCases;
  if (!verdict.exact) verdict.finding += run ? " said " + run->console : " " + run.error().message;
}

Verdict check(const Line& line, const Network& network) {
  Verdict verdict;
  const MemoryLimits limits{line.board.ram_bytes(), line.board.flash_bytes()};
  const auto fitted = fit_plan(network.shapes, {.mode = line.mode}, line.inventory, limits);
  if (!fitted) return {.fits = true, .finding = " has no plan: " + thimble::to_text(fitted.error())};
  const Footprint& size = fitted->size;
  verdict.fits = size.peak_sram_bytes() <= limits.sram_bytes && size.flash_bytes() <= limits.flash_bytes;
  if (!verdict.fits) return verdict;
  const TemporaryFolder folder;
  const auto built = line.linker.link(fitted->plan, network.deployed, line.inventory, network.answers, folder.path());
  if (!built) return {.fits = true, .finding = " does not build: " + built.error().output};
  verdict.linked = true;
  verdict.sram_difference = built->linked.sram_bytes - size.peak_sram_bytes();
  verdict.flash_difference = built->linked.flash_bytes - size.flash_bytes();
  if (verdict.sram_difference != 0 || verdict.flash_difference != 0)
    verdict.finding = " SRAM predicted " + std::to_string(size.peak_sram_bytes()) + " linked " +
                      std::to_string(built->linked.sram_bytes) + ", flash predicted " +
                      std::to_string(size.flash_bytes()) + " linked " + std::to_string(built->linked.flash_bytes);
  if (!network.answers.inputs.empty()) run_on_board(line, built->elf, verdict);
  return verdict;
}

/// A layer that cannot be packed is a finding, and no end of the others.
Verdict checked(const Line& line, const Network& network) {
  try {
    return check(line, network);
  } catch (const std::exception& error) {
    return {.fits = true, .finding = std::string(" ") + error.what()};
  }
}

void add(Line& line, const Network& network, const Verdict& verdict) {
  if (!verdict.fits) return void(++line.too_large);
  const auto worse = [](std::int64_t& worst, std::int64_t now) {
    if (std::abs(now) > std::abs(worst)) worst = now;
  };
  ++line.checked;
  line.equal += verdict.linked && verdict.sram_difference == 0 && verdict.flash_difference == 0;
  line.run += verdict.run;
  line.exact += verdict.exact;
  worse(line.sram_difference, verdict.sram_difference);
  worse(line.flash_difference, verdict.flash_difference);
  if (!verdict.finding.empty())
    line.findings.push_back(line.board.name + " " + to_text(line.mode) + ": " + network.name + ":" + verdict.finding);
}

Network network_at(const Options& options, int index) {
  if (index >= options.subnets)
    return network_of_file(options.models[static_cast<std::size_t>(index - options.subnets)]);
  return random_subnet(options.spaces, options.seed, index, options.max_resolution, index < options.run ? kCases : 0);
}

void check_all(const Options& options, std::vector<std::unique_ptr<Line>>& lines) {
  const int count = options.subnets + static_cast<int>(options.models.size());
  std::mutex table;
  int done = 0;
  parallel_for(count, options.threads, [&](int index) {
    const Network network = network_at(options, index);
    for (const auto& line : lines) {
      const Verdict verdict = checked(*line, network);
      const std::lock_guard lock(table);
      add(*line, network, verdict);
    }
    const std::lock_guard lock(table);
    std::fprintf(stderr, "%d of %d: %s\n", ++done, count, network.name.c_str());
  });
}

void print_table(const std::vector<std::unique_ptr<Line>>& lines) {
  std::printf("%-12s %-5s %8s %6s %10s %11s %8s %14s\n", "board", "mode", "checked", "equal", "worst SRAM",
              "worst flash", "too big", "run, bit-exact");
  for (const auto& line : lines)
    std::printf("%-12s %-5s %8d %6d %8ld B %9ld B %8d %8d of %d\n", line->board.name.c_str(), to_text(line->mode),
                line->checked, line->equal, static_cast<long>(line->sram_difference),
                static_cast<long>(line->flash_difference), line->too_large, line->exact, line->run);
  for (const auto& line : lines)
    for (const std::string& finding : line->findings) std::printf("%s\n", finding.c_str());
}

void print_json(const std::vector<std::unique_ptr<Line>>& lines) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& line : lines)
    rows.push_back({{"board", line->board.name},
                    {"mode", to_text(line->mode)},
                    {"checked", line->checked},
                    {"equal", line->equal},
                    {"worst_sram_difference", line->sram_difference},
                    {"worst_flash_difference", line->flash_difference},
                    {"too_large", line->too_large},
                    {"run", line->run},
                    {"bit_exact", line->exact},
                    {"findings", line->findings}});
  std::printf("%s\n", rows.dump(1).c_str());
}

Options options_of(int argc, char** argv) {
  Options options;
  const auto number = [](int& to) { return [&to](const std::string& value) { to = std::stoi(value); }; };
  read_arguments(argc, argv,
                 {.options = {{"--subnets", number(options.subnets)},
                              {"--run", number(options.run)},
                              {"--seed", [&](const std::string& value) { options.seed = std::stoull(value); }},
                              {"--boards", [&](const std::string& value) { options.boards = value; }},
                              {"--modes", [&](const std::string& value) { options.modes = value; }},
                              {"--max-resolution", number(options.max_resolution)},
                              {"--threads", number(options.threads)},
                              {"--cache", [&](const std::string& value) { options.cache = value; }}},
                  .flags = {{"--json", &options.json}},
                  .word = [&](const std::string& word) {
                    (word.ends_with(".yaml") ? options.spaces : options.models).emplace_back(word);
                  }});
  return options;
}

/// 77, by which ctest knows a test that was skipped, where the tools are missing.
int missing_tools(const Options& options) {
  for (const char* program : {"arm-none-eabi-gcc", "qemu-system-arm"})
    if ((options.run > 0 || std::strcmp(program, "qemu-system-arm") != 0) &&
        run_process({program, "--version"}).exit_code != 0) {
      std::printf("skipped: %s is not installed\n", program);
      return 77;
    }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = options_of(argc, argv);
    if (const int skipped = missing_tools(options)) return skipped;
    std::vector<std::unique_ptr<Line>> lines = lines_of(options);
    check_all(options, lines);
    options.json ? print_json(lines) : print_table(lines);
    for (const auto& line : lines)
      if (line->checked == 0 || !line->findings.empty()) return 1;
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "engine_linked: %s\n", error.what());
    return 2;
  }
}
