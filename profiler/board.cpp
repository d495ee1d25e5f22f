#include "profiler/board.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "deploy/target.hpp"
#include "graph/base/config.hpp"
#include "graph/base/nearest_word.hpp"
#include "profiler/command_words.hpp"
#include "profiler/resources.hpp"

namespace thimble {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kCores = {"host",       "cortex-m0", "cortex-m0plus", "cortex-m3",
                                         "cortex-m33", "cortex-m4", "cortex-m55",    "cortex-m7"};

void add_names(const fs::path& folder, std::set<std::string>& names) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".yaml") names.insert(entry.path().stem().string());
}

[[noreturn]] void throw_unknown(const std::string& name, const std::string& user_folder) {
  const std::vector<std::string> names = board_names(user_folder);
  std::string rule = "no such board; there are";
  for (const std::string& known : names) rule += (&known == &names.front() ? " " : ", ") + known;
  const std::string nearest = nearest_word(name, names);
  if (!nearest.empty()) rule += "; did you mean " + nearest + "?";
  ConfigIssue issue;
  issue.key = "board";
  issue.value = name;
  issue.rule = rule;
  throw ConfigError({issue});
}

fs::path file_of(const std::string& name, const std::string& user_folder) {
  if (fs::path(name).extension() == ".yaml") return name;
  std::error_code error;
  for (const fs::path& folder : {fs::path(user_folder), board_folder()}) {
    const fs::path file = folder / (name + ".yaml");
    if (!folder.empty() && fs::exists(file, error)) return file;
  }
  throw_unknown(name, user_folder);
}

/// A command that cannot be taken apart shows here, not when a board is to run.
void read_command(ConfigMap& map, const std::string& key, std::string& command) {
  map.read(key, command);
  try {
    words_of(command);
  } catch (const Error& error) {
    map.problem(key, error.what());
  }
}

void read_connection(ConfigMap& map, Board& board) {
  map.read("uart_port_wildcard", board.uart_port_wildcard);
  map.read("uart_baudrate", board.uart_baudrate, Range{.above = 0});
  map.read("openocd_config", board.openocd_config);
  map.read("openocd_extra", board.openocd_extra);
  map.read("probe_serial", board.probe_serial);
  map.read("usb_path", board.usb_path);
  read_command(map, "power", board.power);
  read_command(map, "energy_command", board.energy_command);
  if (!board.energy_command.empty() && board.kind() != BoardKind::kHardware)
    map.problem("energy_command", "is for a board of hardware: no meter reads " + board.name);
}

}  // namespace

BoardKind Board::kind() const {
  if (core == "host") return BoardKind::kHost;
  return qemu_machine.empty() ? BoardKind::kHardware : BoardKind::kVirtual;
}

std::vector<std::string> board_names(const std::string& user_folder) {
  std::set<std::string> names;
  add_names(board_folder(), names);
  if (!user_folder.empty()) add_names(user_folder, names);
  return {names.begin(), names.end()};
}

Board load_board(const std::string& name, const std::string& user_folder) {
  const fs::path path = file_of(name, user_folder);
  ConfigFile file = ConfigFile::load(path.string());
  ConfigMap map = file.root();
  Board board;
  board.name = path.stem().string();
  board.display_name = board.name;
  map.read("display_name", board.display_name);
  map.require("core");
  map.read_choice("core", board.core, kCores);
  map.require("clock_mhz");
  map.read("clock_mhz", board.clock_mhz, Range{.above = 0, .most = 10000});
  map.require("ram_size_kb");
  map.read("ram_size_kb", board.ram_size_kb, Range{.above = 0});
  map.require("flash_size_kb");
  map.read("flash_size_kb", board.flash_size_kb, Range{.above = 0});
  if (map.has("qemu_machine")) map.read_choice("qemu_machine", board.qemu_machine, machine_names());
  board.startup = board.name;
  if (map.has("startup")) map.read_choice("startup", board.startup, startup_names());
  read_connection(map, board);
  file.finish();
  return board;
}

}  // namespace thimble
