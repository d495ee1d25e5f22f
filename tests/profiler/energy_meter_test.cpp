#include "profiler/energy_meter.hpp"

#include <fstream>

#include "graph/base/error.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/scratch_folder.hpp"

using namespace thimble;
using thimble::test::ScratchFolder;

namespace {

/// A board whose meter's program is this shell script.
class MeteredBoard {
 public:
  explicit MeteredBoard(const std::string& script) {
    std::ofstream(folder_.path() / "meter.sh") << script;
    board_.energy_command = "sh \"" + (folder_.path() / "meter.sh").string() + "\" an argument";
  }
  const Board& board() const { return board_; }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }

 private:
  ScratchFolder folder_;
  Board board_;
};

/// What a whole reading ends with: "joules ...", or the failure without the command.
std::string reading_of(const MeteredBoard& metered) {
  const auto told = [&](const ProbeFailure& failure) {
    CHECK(failure.code == "energy_meter");
    CHECK(failure.kind == FailureKind::kBoard);
    const std::string place = "energy_command: " + metered.board().energy_command + " ";
    CHECK_THAT(failure.message, Catch::StartsWith(place));
    return failure.message.substr(place.size());
  };
  Result<EnergyMeter, ProbeFailure> meter = EnergyMeter::start(metered.board());
  if (!meter) return told(meter.error());
  const auto joules = meter->joules();
  return joules ? "joules " + std::to_string(*joules) : told(joules.error());
}

std::string reading_of_script(const std::string& script) { return reading_of(MeteredBoard(script)); }

}  // namespace

TEST_CASE("a meter's program is ready, sees the end of its input, and prints joules", "[profiler][energy]") {
  const MeteredBoard metered("echo $0 $1 $2 > \"$(dirname $0)/said\"\necho ready\ncat > /dev/null\necho 0.0125\n");
  CHECK(reading_of(metered) == "joules 0.012500");
  std::ifstream said(metered.file("said"));
  const std::string line{std::istreambuf_iterator<char>(said), {}};
  CHECK(line == metered.file("meter.sh").string() + " an argument\n");
  CHECK(reading_of_script("echo warming up; echo ready; cat; echo ' 1.5e-6 '") == "joules 0.000002");
  CHECK(reading_of_script("echo ready; cat; echo 0") == "joules 0.000000");
}

TEST_CASE("what a meter's program complains of is no part of the reading", "[profiler][energy]") {
  CHECK(reading_of_script("echo cold meter >&2; echo ready; cat; echo ready >&2; echo 0.5; echo drift >&2") ==
        "joules 0.500000");
  CHECK(reading_of_script("echo ready >&2; exit 0") == "ended with 0: ready");
  CHECK(reading_of_script("echo ready; cat; echo half; echo gone >&2; exit 1") == "ended with 1: half; gone");
}

TEST_CASE("the energy command of the documentation reads a meter", "[profiler][energy]") {
  std::ifstream readme(THIMBLE_SOURCE_DIR "/profiler/README.md");
  const std::string mark = "energy_command: ";
  std::string line;
  while (std::getline(readme, line) && !line.starts_with(mark)) continue;
  REQUIRE(line.starts_with(mark));
  const ScratchFolder folder;
  std::ofstream(folder.path() / "mine.yaml") << "core: cortex-m4\nclock_mhz: 100\nram_size_kb: 128\n"
                                                "flash_size_kb: 512\nstartup: nucleo-f446re\n"
                                             << line << "\n";
  Result<EnergyMeter, ProbeFailure> meter = EnergyMeter::start(load_board((folder.path() / "mine.yaml").string()));
  REQUIRE(meter);
  const auto joules = meter->joules();
  REQUIRE(joules);
  CHECK(*joules == 0.0125);
}

TEST_CASE("a command whose quote is never closed is refused with its board's file", "[profiler][energy]") {
  const ScratchFolder folder;
  for (const std::string key : {"power", "energy_command"}) {
    std::ofstream(folder.path() / "mine.yaml") << "core: cortex-m4\nclock_mhz: 100\nram_size_kb: 128\n"
                                                  "flash_size_kb: 512\nstartup: nucleo-f446re\n"
                                               << key << ": sh -c 'echo ready\n";
    CHECK_THROWS_WITH(load_board((folder.path() / "mine.yaml").string()),
                      Catch::Contains(key) && Catch::Contains("never closed"));
  }
}

TEST_CASE("a meter's program runs for as long as it is not asked", "[profiler][energy]") {
  const MeteredBoard metered("echo ready; cat; date +%s%N > \"$(dirname $0)/end\"; echo 1");
  Result<EnergyMeter, ProbeFailure> meter = EnergyMeter::start(metered.board());
  REQUIRE(meter);
  const Deadline moment(0.2);
  while (!moment.expired()) {
  }
  CHECK_FALSE(std::filesystem::exists(metered.file("end")));
  CHECK(meter->joules());
  CHECK(std::filesystem::exists(metered.file("end")));
}

TEST_CASE("a reading that cannot be is named", "[profiler][energy]") {
  const std::string rule = "must print the joules that were used, a number of at least 0, and printed: ";
  for (const char* reading : {"-0.1", "nan", "inf", "-inf", "1e999", "0.1 J", "0x10", "1 2", "", "a lot"}) {
    CAPTURE(reading);
    CHECK(reading_of_script("echo ready; cat; echo '" + std::string(reading) + "'") == rule + reading);
  }
}

TEST_CASE("a meter's program that fails is named, with what it said", "[profiler][energy]") {
  CHECK(reading_of_script("echo no meter at /dev/ttyUSB3; exit 3") == "ended with 3: no meter at /dev/ttyUSB3");
  CHECK(reading_of_script("echo ready; cat; echo the meter is gone >&2; exit 1") == "ended with 1: the meter is gone");
  CHECK(reading_of_script("echo already; exit 0") == "ended with 0: already");
  Board board;
  board.energy_command = "/nowhere/meter";
  const auto meter = EnergyMeter::start(board);
  REQUIRE_FALSE(meter);
  CHECK_THAT(meter.error().message, Catch::StartsWith("energy_command: /nowhere/meter ended with 127: ") &&
                                        Catch::Contains("/nowhere/meter: not found"));
}

TEST_CASE("a meter is for a board of hardware", "[profiler][energy]") {
  const ScratchFolder folder;
  const auto board_of = [&](const std::string& more) {
    std::ofstream(folder.path() / "mine.yaml") << "core: cortex-m4\nclock_mhz: 100\nram_size_kb: 128\n"
                                                  "flash_size_kb: 512\nenergy_command: meter --now\n"
                                               << more;
    return load_board((folder.path() / "mine.yaml").string());
  };
  CHECK(board_of("startup: nucleo-f446re\n").energy_command == "meter --now");
  CHECK_THROWS_WITH(board_of("qemu_machine: mps2-an386\n"),
                    Catch::Contains("energy_command") && Catch::Contains("is for a board of hardware"));
}
