#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "graph/base/error.hpp"
#include "profiler/firmware_run.hpp"
#include "profiler/openocd/hardware_probe.hpp"
#include "profiler/probe_session.hpp"
#include "profiler/resources.hpp"
#include "profiler/uart/port_user.hpp"
#include "profiler/uart/uart_probe.hpp"
#include "profiler/virtual_probe.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/fake_board.hpp"
#include "tests/profiler/pty_port.hpp"
#include "tests/profiler/stlink_board.hpp"

using namespace thimble;
using thimble::test::port_name;
using thimble::test::ScratchFolder;
using thimble::test::small_plan;
using thimble::test::StLinkBoard;

namespace {

/// A transport that changes every third thing that is sent, and one of every so many bytes that come.
class BadWire : public Transport {
 public:
  explicit BadWire(Transport& wire) : wire_(wire) {}
  void write(std::span<const std::uint8_t> bytes, const Deadline& deadline) override {
    std::vector<std::uint8_t> sent(bytes.begin(), bytes.end());
    if (++writes_ % 3 == 1) sent.at(sent.size() / 2) ^= 0x10;
    wire_.write(sent, deadline);
  }
  std::size_t read(std::span<std::uint8_t> bytes, const Deadline& deadline) override {
    const std::size_t count = wire_.read(bytes, deadline);
    for (std::size_t i = 0; i < count; ++i)
      if (++received_ % kBytesPerChange == 10) bytes[i] ^= 0x20;
    return count;
  }

 private:
  static constexpr int kBytesPerChange = 97;
  Transport& wire_;
  int writes_ = 0, received_ = 0;
};

struct Cycles {
  std::vector<std::uint32_t> total, layers;
  bool operator==(const Cycles&) const = default;
};

Cycles cycles_over(Transport& transport) {
  ProbeSession session(transport);
  const Deadline deadline(60);
  const auto hello = session.hello(deadline);
  REQUIRE((hello ? "" : hello.error().message) == "");
  REQUIRE(session.load(small_plan(), deadline));
  const auto total = session.run({.runs = 3}, deadline);
  REQUIRE((total ? "" : total.error().message) == "");
  const auto layers = session.run({.mode = PROBE_PER_LAYER}, deadline);
  REQUIRE(layers);
  return {total->cycles, layers->cycles};
}

Cycles cycles_of(const Measurement& measurement) {
  Cycles cycles;
  cycles.total.assign(static_cast<std::size_t>(measurement.runs), static_cast<std::uint32_t>(measurement.cycles));
  for (const LayerMeasurement& layer : measurement.layers)
    cycles.layers.push_back(static_cast<std::uint32_t>(layer.cycles));
  return cycles;
}

std::string problem_of(const Board& board) {
  try {
    SerialPort port(board);
  } catch (const BoardError& error) {
    return error.what();
  }
  return "none";
}

/// Our end of one, and the name of the other.
class PseudoTerminal {
 public:
  PseudoTerminal() : end_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    REQUIRE((end_.number() >= 0 && grantpt(end_.number()) == 0 && unlockpt(end_.number()) == 0));
  }
  int number() const { return end_.number(); }
  std::string name() const { return ptsname(end_.number()); }

 private:
  FileDescriptor end_;
};

/// QEMU with the cycle model as the product starts it, but for its UART: a pseudo terminal.
class PtyEmulator {
 public:
  PtyEmulator(const Board& board, const std::filesystem::path& image)
      : qemu_({"qemu-system-arm", "-machine", board.qemu_machine, "-monitor", "none", "-display", "none", "-chardev",
               "pty,id=uart", "-serial", "chardev:uart", "-semihosting-config", "enable=on,target=native", "-plugin",
               find_resource(kCycleModel).string() + ",core=" + board.core + ",out=" + regions_file().string(),
               "-kernel", image.string()}) {
    const std::string before = "redirected to ";
    const Deadline deadline(10);
    std::size_t at;
    while ((at = qemu_.output().find(" (label uart)")) == std::string::npos) REQUIRE_FALSE(deadline.expired());
    const std::string said = qemu_.output().substr(0, at);
    std::filesystem::create_symlink(said.substr(said.find(before) + before.size()), link());
  }

  std::filesystem::path link() const { return folder_.path() / "port"; }
  std::vector<RegionCount> regions() const {
    std::ifstream file(regions_file());
    std::string text(std::istreambuf_iterator<char>(file), {});
    return take_regions(text);
  }

 private:
  std::filesystem::path regions_file() const { return folder_.path() / "regions"; }

  ScratchFolder folder_;
  ChildProcess qemu_;
};

}  // namespace

TEST_CASE("a plan takes the same cycles through OpenOCD, over the UART, and over a bad wire", "[profiler][uart]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const auto [name, part, other] = GENERATE(table<std::string, std::string, std::string>(
      {{"nucleo-f446re", "stm32f446", "nucleo-f412zg"}, {"nucleo-f412zg", "stm32f412", "nucleo-f446re"}}));
  CAPTURE(name);
  const ScratchFolder folder;
  const std::string port = port_name(folder.path() / "port");
  const StLinkBoard stlink(name, part, {"--icount", "--uart", (folder.path() / "port").string()});
  HardwareProbe by_openocd(stlink.board());
  const auto through_memory = by_openocd.run(small_plan(), {});
  REQUIRE((through_memory ? "" : through_memory.error().message) == "");
  Board board = stlink.board();
  board.openocd_config.clear();
  board.uart_port_wildcard = port_name(folder.path() / "por[t]");

  {
    const std::unique_ptr<Probe> by_uart = make_probe(board);
    CHECK(dynamic_cast<UartProbe*>(by_uart.get()) != nullptr);
    const auto over_uart = by_uart->run(small_plan(), {});
    REQUIRE((over_uart ? "" : over_uart.error().message) == "");
    CHECK(cycles_of(*over_uart) == cycles_of(*through_memory));
    CHECK(over_uart->stack_bytes == through_memory->stack_bytes);
    CHECK(over_uart->firmware_hash == through_memory->firmware_hash);
    CHECK(problem_of(board) ==
          name + ": the port " + port + " is in use: end the program that has it open (fuser " + port + " names it)");
  }
  {
    SerialPort wire(board);
    BadWire bad(wire);
    CHECK(cycles_over(bad) == cycles_of(*through_memory));
  }
  {
    UartProbe probe(board, find_probe_image(other, other));
    const auto result = probe.run(small_plan(), {});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == FailureKind::kBoard);
    CHECK(result.error().code == "wrong_firmware");
    CHECK_THAT(result.error().message,
               Catch::StartsWith(name + ": " + port + ": the board runs another probe firmware (checksum "));
  }
  CHECK(cycles_of(*by_openocd.run(small_plan(), {})) == cycles_of(*through_memory));  // which never lost its turn
}

TEST_CASE("a virtual board takes the same cycles over memory and over a pseudo terminal", "[profiler][uart]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const Board board = load_board("virtual-m4");
  const std::filesystem::path image = find_probe_image(board.name, board.name);
  Emulator emulator(board, image);
  cycles_over(emulator);
  const PtyEmulator by_port(board, image);
  Board of_port = board;
  of_port.uart_port_wildcard = port_name(by_port.link());
  SerialPort port(of_port);
  cycles_over(port);
  const std::vector<RegionCount> regions = emulator.take_regions();
  CHECK(regions.size() == 3 + small_plan().layers.size());
  CHECK(by_port.regions() == regions);
}

TEST_CASE("a serial port that is not there, not one, or not for us is named, with what to do", "[profiler][uart]") {
  const ScratchFolder folder;
  const auto make = [&](const std::string& name) { std::ofstream(folder.path() / name) << "no port"; };
  const auto path = [&](const std::string& name) { return (folder.path() / name).string(); };
  Board board;
  board.name = "mine";
  board.uart_port_wildcard = path("stlink_*");
  const std::string place = "mine.uart_port_wildcard = " + board.uart_port_wildcard;
  CHECK(problem_of(board) == place + " matches no port: plug the board in, or name its port (ls /dev/serial/by-id)");
  make("stlink_0669_if02");
  make("stlink_0670_if02");
  CHECK(problem_of(board) == place + " matches several ports: " + path("stlink_0669_if02") + ", " +
                                 path("stlink_0670_if02") + "; name one of them, or the board's probe_serial");
  board.probe_serial = "0670";
  CHECK(find_serial_port(board) == path("stlink_0670_if02"));
  CHECK(problem_of(board) == "mine: the port " + path("stlink_0670_if02") +
                                 " cannot be opened as a serial port: Inappropriate ioctl for device");
  board.probe_serial = "0671";
  CHECK(problem_of(board) == place +
                                 " matches ports, but none with mine.probe_serial = 0671 in its name: plug that board "
                                 "in, or correct the serial number");
  // Root may open everything: what others are told.
  CHECK(serial_port_problem(board, "/dev/ttyACM0", EACCES) ==
        "mine: the port /dev/ttyACM0 is not ours to open: join its group (sudo usermod -aG dialout $USER) and log in "
        "anew");
  CHECK(serial_port_problem(board, "/dev/ttyACM0", ENODEV) ==
        "mine: the port /dev/ttyACM0 is gone: plug the board in again");
}

TEST_CASE("a port that another program has open is not opened", "[profiler][uart]") {
  const PseudoTerminal terminal;
  const ScratchFolder folder;
  std::filesystem::create_symlink(terminal.name(), folder.path() / "port");
  Board board;
  board.name = "mine";
  board.uart_port_wildcard = port_name(folder.path() / "port");
  {
    const FileDescriptor port(open(terminal.name().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    const ChildProcess other({"sleep", "60"}, ChildProcess::Options{.descriptors = {{port.number(), 3}}});
    const Deadline deadline(10);
    while (!user_of(terminal.name()) && !deadline.expired()) {
    }
    CHECK(problem_of(board) == "mine: the port " + board.uart_port_wildcard + " is in use by sleep (process " +
                                   std::to_string(other.id()) + "): end it");
  }
  CHECK(problem_of(board) == "none");
}

TEST_CASE("what is sent takes the time that the wire takes", "[profiler][uart]") {
  const PseudoTerminal terminal;
  const ScratchFolder folder;
  std::filesystem::create_symlink(terminal.name(), folder.path() / "port");
  Board board;
  board.uart_port_wildcard = port_name(folder.path() / "port");
  SerialPort port(board);
  const std::vector<std::uint8_t> bytes(1152, 0x55);
  const auto begun = std::chrono::steady_clock::now();
  port.write(bytes, Deadline(10));
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(99));  // 11520 bytes a second
  std::vector<std::uint8_t> arrived(2000);
  CHECK(read(terminal.number(), arrived.data(), arrived.size()) == 1152);
}

TEST_CASE("a board that nothing reaches is named", "[profiler][uart]") {
  Board board = load_board("nucleo-f446re");
  board.openocd_config.clear();
  CHECK_THROWS_WITH(run_firmware("firmware.elf", board, 1),
                    "nucleo-f446re names no openocd_config: a firmware is written and run through OpenOCD alone");
  board.uart_port_wildcard.clear();
  CHECK_THROWS_WITH(make_probe(board),
                    "nucleo-f446re names neither an openocd_config nor a uart_port_wildcard: nothing reaches it");
}

TEST_CASE("a port that goes away is a failure of the board", "[profiler][uart]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const ScratchFolder folder;
  StLinkBoard stlink("nucleo-f446re", "stm32f446", {"--uart", (folder.path() / "port").string()});
  Board board = stlink.board();
  board.openocd_config.clear();
  board.uart_port_wildcard = port_name(folder.path() / "port");
  SECTION("nobody answers: the flash is blank") {
    UartProbe probe(board);
    const auto result = probe.run(small_plan(), {.deadline_s = 0.5});
    REQUIRE_FALSE(result);
    CHECK(result.error().code == "no_answer");
    CHECK_THAT(
        result.error().message,
        Catch::StartsWith("nucleo-f446re: " + board.uart_port_wildcard +
                          ": no probe firmware answers at 115200 baud (the probe did not answer in time); write "));
  }
  SECTION("the cable is pulled") {
    SerialPort port(board);
    stlink.kill();
    std::uint8_t byte = 0;
    CHECK_THROWS_WITH(port.read({&byte, 1}, Deadline(5)), "nucleo-f446re: the port " + board.uart_port_wildcard +
                                                              " was lost while reading; plug the board in again");
  }
}
