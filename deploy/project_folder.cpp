#include "deploy/project_folder.hpp"

#include <algorithm>

#include "deploy/project_manifest.hpp"
#include "graph/base/error.hpp"
#include "graph/base/files.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

constexpr const char* kStaging = ".thimble-part";

/// A file, whatever a symbolic link that stands there leads to.
bool is_there(const fs::path& path) { return fs::symlink_status(path).type() != fs::file_type::not_found; }

/// Files beside their places until all of them are written; what is left goes with the object.
class Staging {
 public:
  explicit Staging(const fs::path& folder) : was_there_(fs::exists(folder)), folder_(folder) {
    fs::remove_all(path());
    fs::create_directories(path());
  }
  ~Staging() {
    std::error_code ignored;
    fs::remove_all(path(), ignored);
    if (!was_there_) fs::remove(folder_, ignored);  // stays where something was written
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  void write(const GeneratedFile& file) const { write_file(path() / file.path, file.content); }
  void put_in_place(const std::string& file) const {
    if ((folder_ / file).has_parent_path()) fs::create_directories((folder_ / file).parent_path());
    fs::rename(path() / file, folder_ / file);
  }

 private:
  fs::path path() const { return folder_ / kStaging; }
  bool was_there_;
  fs::path folder_;
};

class ProjectWrite {
 public:
  ProjectWrite(fs::path folder, ProjectLabel label, const std::vector<GeneratedFile>& files)
      : folder_(std::move(folder)), before_(read_manifest(folder_)), after_{std::move(label), {}}, files_(files) {
    for (const GeneratedFile& file : files) after_.files[file.path] = {content_hash(file.content)};
  }

  void require_places(ChangedFiles changed) {
    if (is_there(folder_) && !fs::is_directory(folder_)) refuse(folder_, "must be a folder; there is a file");
    for (const GeneratedFile& file : files_) check_kinds(file.path);
    if (changed == ChangedFiles::kRefuse) {
      for (const auto& [path, hashes] : before_.files) check_unchanged(path, hashes);
      for (const GeneratedFile& file : files_)
        if (!before_.files.contains(file.path)) check_free(file);
    }
    if (!issues_.empty()) throw ConfigError(issues_);
  }

  void write() const {
    const Staging staging(folder_);
    for (const GeneratedFile& file : files_) staging.write(file);
    const auto place_manifest = [&](const ProjectManifest& manifest) {
      staging.write({kProjectManifest, to_text(manifest)});
      staging.put_in_place(kProjectManifest);
    };
    place_manifest(both());
    for (const GeneratedFile& file : files_) staging.put_in_place(file.path);
    for (const auto& [path, hashes] : before_.files)
      if (!after_.files.contains(path)) remove(path);
    place_manifest(after_);
  }

 private:
  void refuse(const fs::path& path, const std::string& rule) { issues_.push_back({"", 0, 0, "", path.string(), rule}); }

  /// No folder where a file goes, no file where a folder is wanted.
  void check_kinds(const std::string& path) {
    if (fs::is_directory(folder_ / path)) refuse(folder_ / path, "is a folder; a file of this name is to be written");
    for (fs::path part = fs::path(path).parent_path(); !part.empty(); part = part.parent_path())
      if (is_there(folder_ / part) && !fs::is_directory(folder_ / part))
        refuse(folder_ / part, "is a file; a folder of this name is wanted");
  }

  bool has_content(const std::string& path, const std::set<std::string>& hashes) const {
    return fs::is_regular_file(folder_ / path) && hashes.contains(content_hash(read_file(folder_ / path)));
  }

  /// A file of the old project that is to be written or removed.
  void check_unchanged(const std::string& path, const std::set<std::string>& hashes) {
    if (!is_there(folder_ / path) || fs::is_directory(folder_ / path) || has_content(path, hashes)) return;
    const auto wanted = after_.files.find(path);
    if (wanted != after_.files.end() && has_content(path, wanted->second)) return;
    refuse(folder_ / path, std::string("was changed since it was written; nothing is written over: --force ") +
                               (wanted == after_.files.end() ? "removes" : "replaces") + " it");
  }

  /// A file that the old project did not have.
  void check_free(const GeneratedFile& file) {
    if (!is_there(folder_ / file.path) || fs::is_directory(folder_ / file.path)) return;
    if (has_content(file.path, after_.files.at(file.path))) return;
    refuse(folder_ / file.path, "is no file of ours; nothing is written over: --force replaces it");
  }

  ProjectManifest both() const {
    ProjectManifest manifest = after_;
    for (const auto& [path, hashes] : before_.files) manifest.files[path].insert(hashes.begin(), hashes.end());
    return manifest;
  }

  /// With the object that make made of it, and with its folder if that was the last in it.
  void remove(const std::string& path) const {
    const fs::path file = folder_ / path;
    if (fs::is_directory(file)) return;  // somebody else's
    fs::remove(file);
    if (file.extension() == ".c" || file.extension() == ".S") fs::remove(fs::path(file).replace_extension(".o"));
    std::error_code not_empty;
    if (file.parent_path() != folder_) fs::remove(file.parent_path(), not_empty);
  }

  fs::path folder_;
  ProjectManifest before_, after_;
  const std::vector<GeneratedFile>& files_;
  std::vector<ConfigIssue> issues_;
};

}  // namespace

void write_project(const fs::path& folder, const ProjectLabel& label, const std::vector<GeneratedFile>& files,
                   ChangedFiles changed) {
  try {
    ProjectWrite write(folder, label, files);
    write.require_places(changed);
    write.write();
  } catch (const fs::filesystem_error& e) {
    throw Error(e.path1().string() + ": cannot be written: " + e.code().message());
  }
}

}  // namespace thimble
