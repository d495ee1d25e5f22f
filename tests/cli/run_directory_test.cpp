#include "cli/run_directory.hpp"

#include <fstream>

#include "graph/base/error.hpp"
#include "graph/base/files.hpp"
#include "tests/catch.hpp"

namespace fs = std::filesystem;
using namespace thimble;

TEST_CASE("runs of a job are numbered and latest points at the newest while none is finished", "[cli][run_directory]") {
  const TemporaryFolder folder;
  const fs::path runs = folder.path() / "runs";
  { CHECK(RunDirectory::create(runs, "kws").path() == runs / "kws-001"); }
  { CHECK(RunDirectory::create(runs, "kws").path() == runs / "kws-002"); }
  { CHECK(RunDirectory::create(runs, "vww").path() == runs / "vww-001"); }
  { CHECK(RunDirectory::newest(runs, "kws").path() == runs / "kws-002"); }
  CHECK(fs::read_symlink(runs / "latest") == "kws-002");
}

TEST_CASE("latest stays at a finished run until another one is finished", "[cli][run_directory]") {
  const TemporaryFolder folder;
  const auto latest = [&] { return fs::read_symlink(folder.path() / "latest").string(); };
  {
    const RunDirectory run = RunDirectory::create(folder.path(), "kws");
    CHECK_FALSE(run.finished());
    write_file(run.front_json(), "{\"front\": [], \"winner\": null}");
    CHECK_FALSE(run.finished());
    write_file(run.front_json(), "{\"front\": [], \"winner\": {}}");
    CHECK(run.finished());
    run.show_as_latest();
  }
  const RunDirectory second = RunDirectory::create(folder.path(), "kws");
  CHECK(latest() == "kws-001");
  write_file(second.front_json(), "half of a");
  CHECK_FALSE(second.finished());
  CHECK(latest() == "kws-001");
  second.show_as_latest();
  CHECK(latest() == "kws-002");
}

TEST_CASE("a job whose name begins like another's has its own numbers", "[cli][run_directory]") {
  const TemporaryFolder folder;
  { RunDirectory::create(folder.path(), "kws-small"); }
  { CHECK(RunDirectory::create(folder.path(), "kws").path().filename() == "kws-001"); }
}

TEST_CASE("two programs do not work in one run", "[cli][run_directory]") {
  const TemporaryFolder folder;
  const RunDirectory first = RunDirectory::create(folder.path(), "kws");
  CHECK_THROWS_WITH(RunDirectory::newest(folder.path(), "kws"), Catch::Contains("another thimble works in this run"));
}

TEST_CASE("a folder that is no run is refused", "[cli][run_directory]") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(RunDirectory::open(folder.path()), ConfigError);
}

TEST_CASE("what cannot be put in place leaves all as it was", "[cli][files]") {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "front.json/kept");  // a folder stands where the file would go
  CHECK_THROWS_WITH(write_file_atomically(folder.path() / "front.json", "new"),
                    Catch::Contains("front.json: cannot be put in place"));
  CHECK(fs::exists(folder.path() / "front.json/kept"));
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);  // nothing half-written
}
