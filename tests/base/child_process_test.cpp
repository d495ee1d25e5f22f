#include "graph/base/child_process.hpp"

#include <signal.h>
#include <unistd.h>

#include "graph/base/files.hpp"
#include "graph/base/run_process.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

/// Whether a process ends within two seconds; a killed one whose parent is gone is reaped by someone else.
bool ends(pid_t id) {
  for (int i = 0; i < 200 && ::kill(id, 0) == 0; ++i) {
    const std::string stat = "/proc/" + std::to_string(id) + "/stat";
    std::error_code error;
    if (std::filesystem::exists(stat, error) && read_file(stat).find(") Z ") != std::string::npos) return true;
    usleep(10'000);
  }
  return ::kill(id, 0) != 0;
}

}  // namespace

TEST_CASE("a program that does not end is killed at its deadline, with what it started", "[base][process]") {
  const TemporaryFolder folder;
  const ProcessResult result =
      run_process({"sh", "-c", "sleep 60 & echo $! > child; echo begun; wait"}, folder.path().string(), 0.5);
  CHECK(result.timed_out);
  CHECK(result.output == "begun\n");
  CHECK(result.exit_code == 128 + SIGKILL);
  CHECK(ends(std::stoi(read_file(folder.path() / "child"))));
  CHECK(timeout_text("sh", 0.5, result.output) == "sh: did not end within 0.5 s and was stopped; it printed:\nbegun\n");
  CHECK(timeout_text("sh", 600, "") == "sh: did not end within 600 s and was stopped; it printed nothing");
}

TEST_CASE("a program's end and words come back, whole up to some MiB", "[base][process]") {
  const ProcessResult result = run_process({"sh", "-c", "seq 100000; echo bad >&2; exit 3"});
  CHECK_FALSE(result.timed_out);
  CHECK(result.exit_code == 3);
  CHECK(result.output.starts_with("1\n2\n"));
  CHECK(result.output.ends_with("100000\nbad\n"));
  CHECK(run_process({"sh", "-c", "kill -9 $$"}).exit_code == 128 + SIGKILL);
}

TEST_CASE("a program that does not exist is told from a folder that does not", "[base][process]") {
  CHECK(run_process({"no-such-program"}).exit_code == 127);
  CHECK_THROWS_AS(ChildProcess({"no-such-program"}), NoSuchProgram);
  CHECK_THROWS_WITH(run_process({"true"}, "/no/such/folder"),
                    "cannot start true: No such file or directory: /no/such/folder");
}

TEST_CASE("of a child that talks a lot the last words are kept", "[base][process]") {
  ChildProcess child({"seq", "100000"}, {.kept_output = 7});
  REQUIRE(child.wait(Deadline(10)) == 0);
  CHECK(child.output() == "100000\n");
}
