#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

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
  int socket() const { return socket_.number(); }

 private:
  FileDescriptor socket_;
  int number_ = 0;
};

/// Another program's port, which answers as an OpenOCD does that knows no `pid`, once to each caller.
class UnknowingServer {
 public:
  ~UnknowingServer() {
    ::shutdown(port_.socket(), SHUT_RDWR);
    thread_.join();
  }
  int number() const { return port_.number(); }
  int answered() const { return answered_; }

 private:
  void serve() {
    for (int caller; (caller = ::accept4(port_.socket(), nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const FileDescriptor held(caller);
      std::string text;
      for (char c; ::recv(caller, &c, 1, 0) == 1;) {
        if (c != 0x1a) {
          text += c;
          continue;
        }
        const std::size_t mark = text.find("<thimble ");
        const std::string answer =
            text.substr(mark, text.find(':', mark) - mark) + ":1 invalid command name:thimble>\x1a";
        if (::send(caller, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
        ++answered_;
        text.clear();
      }
    }
  }

  TakenPort port_;
  std::atomic<int> answered_ = 0;
  std::thread thread_{[this] { serve(); }};
};

/// 0xc24: Cortex-M4, 0xc27: Cortex-M7 (CPUID's PARTNO, of ARM's manuals of both).
std::uint32_t core_of(OpenOcd& openocd) { return openocd.read_word(0xe000ed00) >> 4 & 0xfff; }

}  // namespace

TEST_CASE("a port that another program has by then is left for the next one", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const StLinkBoard stlink("nucleo-f446re", "stm32f446");
  const TakenPort taken;
  int asked = 0;
  OpenOcd openocd(stlink.board(), [&] { return asked++ == 0 ? taken.number() : free_port(); });
  CHECK(asked == 2);
  CHECK(core_of(openocd) == 0xc24);
}

TEST_CASE("a server on the port that does not know its number is not taken for ours", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const StLinkBoard stlink("nucleo-f446re", "stm32f446");
  const UnknowingServer server;
  int asked = 0;
  OpenOcd openocd(stlink.board(), [&] { return asked++ == 0 ? server.number() : free_port(); });
  CHECK(server.answered() > 0);
  CHECK(asked == 2);
  CHECK(core_of(openocd) == 0xc24);
}

TEST_CASE("another board's OpenOCD on the port is not taken for this one's", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const StLinkBoard first("nucleo-f446re", "stm32f446"), second("nucleo-f746zg", "stm32f746");
  const int port = free_port();
  OpenOcd theirs(first.board(), [port] { return port; });
  int asked = 0;
  OpenOcd ours(second.board(), [&] { return asked++ == 0 ? port : free_port(); });
  CHECK(asked == 2);
  CHECK(core_of(theirs) == 0xc24);
  CHECK(core_of(ours) == 0xc27);
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
