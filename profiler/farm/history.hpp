#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace thimble {

/// Something that happened to a board, or a candidate that it measured.
struct FarmEvent {
  double at = 0;  ///< seconds since the epoch
  std::string board, text;
};

/// What happened in a sweep, in the same file as its FarmQueue.
///
/// Every member throws Error, with the file and SQLite's reason, when the file is corrupt, locked or the disk is full.
class FarmHistory {
 public:
  explicit FarmHistory(const std::filesystem::path& file);
  ~FarmHistory();

  void note_event(const std::string& board, const std::string& text);
  std::vector<FarmEvent> events() const;
  /// When which board measured which candidate; discarded ones are left out.
  std::vector<FarmEvent> measurements_over_time() const;
  std::int64_t discarded_shards() const;
  std::int64_t discarded_measurements() const;
  /// Plans that boards were made to run again though their measurement was there.
  std::int64_t measured_twice() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thimble
