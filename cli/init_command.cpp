#include <cstdio>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/init_files.hpp"
#include "cli/output_place.hpp"
#include "graph/base/error.hpp"
#include "graph/base/files.hpp"

namespace fs = std::filesystem;

namespace thimble {

int init_command(const std::string& file) {
  const fs::path job = file, space = job.parent_path() / (job.stem().string() + "-space.yaml");
  std::vector<ConfigIssue> issues;
  for (const fs::path& path : {job, space})
    if (fs::exists(path)) issues.push_back({path.string(), 0, 0, "", "", "exists; nothing is written over"});
  if (!issues.empty()) throw ConfigError(issues);
  require_place(job);
  make_folders_to(job);
  std::string text = kInitJob;
  const std::string mark = "@SPACE@";
  text.replace(text.find(mark), mark.size(), space.filename().string());
  write_file_atomically(space, kInitSpace);
  write_file_atomically(job, text);
  std::printf("%s\n%s\nnext: thimble run %s\n", job.c_str(), space.c_str(), job.c_str());
  return 0;
}

}  // namespace thimble
