#include "deploy/project_folder.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "deploy/project_manifest.hpp"
#include "graph/base/error.hpp"
#include "graph/base/files.hpp"
#include "tests/catch.hpp"

using namespace thimble;
namespace fs = std::filesystem;

namespace {

const std::vector<GeneratedFile> kFirst = {{"main.c", "one"}, {"board.h", "of the first"}, {"old/board.c", "start"}};
const std::vector<GeneratedFile> kSecond = {{"main.c", "two"}, {"new/data.bin", {"\0\1", 2}}};

/// All files with their paths in the folder.
std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (!entry.is_directory()) files.push_back(fs::relative(entry.path(), folder).string());
  std::sort(files.begin(), files.end());
  return files;
}

std::string refusal(const fs::path& folder, const std::vector<GeneratedFile>& files,
                    ChangedFiles changed = ChangedFiles::kRefuse) {
  try {
    write_project(folder, {"model", "board"}, files, changed);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

/// Takes no more than so many bytes of any file; whoever may do everything is stopped by it, too.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit small{bytes, limit_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit limit_{};
  void (*signal_)(int);
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a project takes the place of the one before and leaves other files alone", "[deploy][project_folder]") {
  const TemporaryFolder home;
  const fs::path folder = home.path() / "made/on the way";
  write_project(folder, {"model", "first"}, kFirst);
  CHECK(files_in(folder) == Names{"board.h", "main.c", "old/board.c", kProjectManifest});
  write_file(folder / "old/board.o", "as make leaves it");
  write_file(folder / "notes.txt", "mine");
  write_project(folder, {"model", "second"}, kSecond);
  CHECK(files_in(folder) == Names{"main.c", "new/data.bin", "notes.txt", kProjectManifest});
  CHECK_FALSE(fs::exists(folder / "old"));
  CHECK(read_file(folder / "main.c") == "two");
  const ProjectManifest manifest = read_manifest(folder);
  CHECK(manifest.label.board == "second");
  CHECK(manifest.files.at("main.c") == std::set<std::string>{content_hash("two")});
}

TEST_CASE("a file that somebody changed stops the write before anything is touched", "[deploy][project_folder]") {
  const TemporaryFolder home;
  const fs::path folder = home.path() / "project";
  write_project(folder, {"model", "first"}, kFirst);
  write_file(folder / "main.c", "mine");
  write_file(folder / "board.h", "mine, too");
  const std::string before = read_file(folder / kProjectManifest);
  const std::string said = refusal(folder, kSecond);
  CHECK_THAT(said, Catch::Contains("2 problems") &&
                       Catch::Contains("main.c   was changed since it was written; nothing is written over: --force "
                                       "replaces it") &&
                       Catch::Contains("board.h  was changed") && Catch::Contains("--force removes it"));
  CHECK(files_in(folder) == Names{"board.h", "main.c", "old/board.c", kProjectManifest});
  CHECK((read_file(folder / "main.c") == "mine" && read_file(folder / kProjectManifest) == before));
  CHECK(refusal(folder, kSecond, ChangedFiles::kReplace).empty());
  CHECK(files_in(folder) == Names{"main.c", "new/data.bin", kProjectManifest});
}

TEST_CASE("a change that is what is to be written, or a file that is gone, is no hindrance",
          "[deploy][project_folder]") {
  const TemporaryFolder home;
  write_project(home.path(), {"model", "first"}, kFirst);
  write_file(home.path() / "main.c", "two");
  fs::remove(home.path() / "board.h");
  CHECK(refusal(home.path(), kSecond).empty());
}

TEST_CASE("files of others stay, and those in the way are named", "[deploy][project_folder]") {
  const TemporaryFolder home;
  write_file(home.path() / "notes.txt", "mine");
  CHECK(refusal(home.path(), kFirst).empty());
  const TemporaryFolder other;
  write_file(other.path() / "main.c", "mine");
  CHECK_THAT(refusal(other.path(), kFirst),
             Catch::Contains("1 problem") && Catch::Contains("main.c  is no file of ours; nothing is written over"));
  CHECK(files_in(other.path()) == Names{"main.c"});
  CHECK(refusal(other.path(), kFirst, ChangedFiles::kReplace).empty());
}

TEST_CASE("files and folders do not take each other's place", "[deploy][project_folder]") {
  const TemporaryFolder home;
  write_file(home.path() / "old", "a file");
  fs::create_directories(home.path() / "main.c");
  const std::string said = refusal(home.path(), kFirst, ChangedFiles::kReplace);
  CHECK_THAT(said, Catch::Contains("main.c  is a folder") && Catch::Contains("old     is a file"));
  CHECK_THAT(refusal(home.path() / "old", kFirst), Catch::Contains("must be a folder; there is a file"));
}

TEST_CASE("a write that broke off is known as ours by the next", "[deploy][project_folder]") {
  const TemporaryFolder home;
  write_project(home.path(), {"model", "first"}, kFirst);
  ProjectManifest both = read_manifest(home.path());  // as it is between the first and the last rename
  for (const GeneratedFile& file : kSecond) both.files[file.path].insert(content_hash(file.content));
  write_file(home.path() / kProjectManifest, to_text(both));
  write_file(home.path() / "new/data.bin", kSecond[1].content);
  write_file(home.path() / ".thimble-part/main.c", "tw");
  CHECK(refusal(home.path(), kFirst).empty());
  CHECK(files_in(home.path()) == Names{"board.h", "main.c", "old/board.c", kProjectManifest});
}

TEST_CASE("a folder that cannot be written stays as it is", "[deploy][project_folder]") {
  const TemporaryFolder home;
  write_project(home.path(), {"model", "first"}, kFirst);
  const auto contents = [&] {
    std::map<std::string, std::string> files;
    for (const std::string& name : files_in(home.path())) files[name] = read_file(home.path() / name);
    return files;
  };
  const std::map<std::string, std::string> before = contents();
  std::vector<GeneratedFile> larger = kSecond;
  larger.push_back({"weights.bin", std::string(1 << 16, 'w')});
  {
    const FullDisk full(1 << 14);  // the first files fit
    CHECK_THROWS_AS(write_project(home.path(), {"model", "second"}, larger), Error);
    CHECK_THROWS_AS(write_project(home.path() / "new/project", {"model", "second"}, larger), Error);
  }
  fs::remove_all(home.path() / "new");
  CHECK(contents() == before);
  write_project(home.path(), {"model", "second"}, larger);
  CHECK(contents() != before);
}

TEST_CASE("a manifest cannot make a write remove files elsewhere", "[deploy][project_folder]") {
  const TemporaryFolder home;
  const fs::path folder = home.path() / "project";
  write_file(home.path() / "precious", "x");
  const Names outside = {"../precious", home.path() / "precious", "a/../../precious"};
  for (const std::string& path : outside) {
    ProjectManifest manifest;
    manifest.files[path] = {content_hash("x")};
    write_file(folder / kProjectManifest, to_text(manifest));
    CHECK_THAT(refusal(folder, kFirst, ChangedFiles::kReplace), Catch::Contains("names a file outside of the folder"));
    CHECK(fs::exists(home.path() / "precious"));
  }
  write_file(folder / kProjectManifest, "{}");
  CHECK_THAT(refusal(folder, kFirst), Catch::Contains("is no manifest of a firmware project"));
}
