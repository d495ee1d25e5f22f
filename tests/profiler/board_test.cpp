#include "profiler/board.hpp"

#include <filesystem>
#include <fstream>

#include "graph/base/error.hpp"
#include "profiler/doctor.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/scratch_folder.hpp"

using namespace thimble;
using thimble::test::ScratchFolder;

namespace {

void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

std::string problems_of(const std::string& name, const std::string& folder) {
  try {
    load_board(name, folder);
  } catch (const ConfigError& error) {
    std::string text;
    for (const ConfigIssue& issue : error.issues()) text += issue.key + " = " + issue.value + ": " + issue.rule + "\n";
    return text;
  }
  return "none";
}

}  // namespace

TEST_CASE("the boards that Thimble brings are sound", "[profiler][board]") {
  const std::vector<std::string> names = board_names();
  CHECK(std::find(names.begin(), names.end(), "host") != names.end());
  CHECK(std::find(names.begin(), names.end(), "virtual-m4") != names.end());
  for (const std::string& name : names) CHECK(load_board(name).name == name);
  const Board board = load_board("virtual-m4");
  CHECK(board.kind() == BoardKind::kVirtual);
  CHECK(board.core == "cortex-m4");
  CHECK(board.qemu_machine == "mps2-an386");
  CHECK(board.ram_bytes() == 4096 * 1024);
  CHECK(load_board("host").kind() == BoardKind::kHost);
}

TEST_CASE("a board that is not there is answered with those that are, and the nearest", "[profiler][board]") {
  ScratchFolder folder;
  CHECK(problems_of("virtual-m44", folder.path().string()) == "board = virtual-m44: no such board; there are " + [] {
    std::string list;
    for (const std::string& name : board_names()) list += (list.empty() ? "" : ", ") + name;
    return list;
  }() + "; did you mean virtual-m4?\n");
  CHECK(problems_of("xyz", folder.path().string()).find("did you mean") == std::string::npos);
}

TEST_CASE("a user's board is found by name and by path, and may be hardware", "[profiler][board]") {
  ScratchFolder folder;
  write(folder.path() / "mine.yaml",
        "core: cortex-m7\nclock_mhz: 216\nram_size_kb: 320\nflash_size_kb: 1024\nprobe_serial: \"0669\"\n"
        "openocd_extra: [\"adapter speed 1000\"]\n");
  const Board board = load_board("mine", folder.path().string());
  CHECK(board.kind() == BoardKind::kHardware);
  CHECK(board.clock_hz() == 216e6);
  CHECK(board.display_name == "mine");
  CHECK(board.openocd_extra == std::vector<std::string>{"adapter speed 1000"});
  CHECK(load_board((folder.path() / "mine.yaml").string()).probe_serial == "0669");
  CHECK(board_names(folder.path().string()).size() == board_names().size() + 1);
}

TEST_CASE("all that is wrong in a board file is named at once", "[profiler][board]") {
  ScratchFolder folder;
  write(folder.path() / "bad.yaml", "core: cortex-m44\nclock_mhz: -1\nram_size_kB: 320\nflash_size_kb: 1024\n");
  const std::string problems = problems_of("bad", folder.path().string());
  CHECK(problems.find("core = cortex-m44: ") != std::string::npos);
  CHECK(problems.find("clock_mhz = -1: ") != std::string::npos);
  CHECK(problems.find("ram_size_kb = : is missing") != std::string::npos);
  CHECK(problems.find("ram_size_kB = : unknown key; did you mean ram_size_kb?") != std::string::npos);
}

TEST_CASE("the doctor says of each tool where it is or how to get it", "[profiler][doctor]") {
  for (const Tool& tool : find_tools()) {
    CAPTURE(tool.name);
    CHECK(tool.found == tool.remedy.empty());
    CHECK(tool.found == !tool.version.empty());
    CHECK_FALSE(tool.purpose.empty());
  }
}
