#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace thimble {

enum class BoardKind {
  kHost,      ///< this computer
  kVirtual,   ///< QEMU and a cycle model
  kHardware,  ///< a probe on a cable
};

/// What a board is, from configs/boards/NAME.yaml. Keys are the members' names.
struct Board {
  std::string name;  ///< the file's name without .yaml
  std::string display_name;
  std::string core;  ///< "cortex-m4", as -mcpu takes it; "host"
  double clock_mhz = 0;
  int ram_size_kb = 0, flash_size_kb = 0;  ///< 1 KiB = 1024 bytes
  std::string qemu_machine;                ///< of a virtual board
  std::string startup;                     ///< of hardware: the built-in board whose start-up code it takes
  std::string uart_port_wildcard;
  int uart_baudrate = 115200;
  std::string openocd_config;
  std::vector<std::string> openocd_extra;
  std::string probe_serial;    ///< of the debug probe
  std::string usb_path;        ///< where it is plugged in: "1-1.2", as lsusb -t and /sys/bus/usb/devices name it
  std::string power;           ///< command that takes the board's power away and gives it back
  std::string energy_command;  ///< reads an energy meter around what is timed (EnergyMeter)

  BoardKind kind() const;
  /// What boards of equal hardware have in common: the built-in board whose start-up code and probe they take.
  const std::string& type() const { return startup.empty() ? name : startup; }
  double clock_hz() const { return clock_mhz * 1e6; }
  std::int64_t ram_bytes() const { return std::int64_t{1024} * ram_size_kb; }
  std::int64_t flash_bytes() const { return std::int64_t{1024} * flash_size_kb; }
};

/// Names of the boards that Thimble brings and of those in `user_folder`, sorted.
std::vector<std::string> board_names(const std::string& user_folder = "");

/// A board by its name, or by the path of its file (anything that ends in .yaml). Files of `user_folder` go first.
/// @error ConfigError  no such board (the rule names those there are, and the nearest), or what is wrong in its file
Board load_board(const std::string& name, const std::string& user_folder = "");

}  // namespace thimble
