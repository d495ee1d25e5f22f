#include <netinet/in.h>
#include <sys/socket.h>

#include "profiler/openocd/openocd.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/stlink_board.hpp"

using namespace thimble;
using thimble::test::StLinkBoard;

namespace {

/// Another program's port: nobody answers there.
class TakenPort {
 public:
  TakenPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(socket_.number(), general, size) == 0);
    REQUIRE(listen(socket_.number(), 8) == 0);
    REQUIRE(getsockname(socket_.number(), general, &size) == 0);
    number_ = ntohs(address.sin_port);
  }
  int number() const { return number_; }

 private:
  FileDescriptor socket_;
  int number_ = 0;
};

}  // namespace

TEST_CASE("a port that another program has by then is left for the next one", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const StLinkBoard stlink("nucleo-f446re", "stm32f446");
  const TakenPort taken;
  int asked = 0;
  OpenOcd openocd(stlink.board(), [&] { return asked++ == 0 ? taken.number() : free_port(); });
  CHECK(asked == 2);
  CHECK(openocd.read_word(0x08000000) == openocd.read_word(0x08000000));
}

TEST_CASE("another board's OpenOCD on the port is not taken for this one's", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const StLinkBoard first("nucleo-f446re", "stm32f446"), second("nucleo-f746zg", "stm32f746");
  const int port = free_port();
  OpenOcd theirs(first.board(), [port] { return port; });
  int asked = 0;
  OpenOcd ours(second.board(), [&] { return asked++ == 0 ? port : free_port(); });
  CHECK(asked == 2);
  constexpr std::uint32_t kCpuid = 0xe000ed00;
  CHECK((theirs.read_word(kCpuid) >> 4 & 0xfff) == 0xc24);  // Cortex-M4
  CHECK((ours.read_word(kCpuid) >> 4 & 0xfff) == 0xc27);    // Cortex-M7
}

TEST_CASE("where every port is in use that is said, with what to do", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const StLinkBoard stlink("nucleo-f446re", "stm32f446");
  const TakenPort taken;
  CHECK_THROWS_WITH(OpenOcd(stlink.board(), [&] { return taken.number(); }),
                    Catch::StartsWith("nucleo-f446re: OpenOCD gets no port of this computer: ") &&
                        Catch::Contains(std::to_string(taken.number())) && Catch::Contains("in use") &&
                        Catch::Contains("ss -ltnp"));
}
