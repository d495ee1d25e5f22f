#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "profiler/probe.hpp"

namespace thimble {

/// What two measurements have in common that must be equal.
struct MeasurementKey {
  std::string plan_hash;
  std::string board_type;     ///< Board::type
  std::string firmware_hash;  ///< of Probe::firmware_hash
  double clock_hz = 0;        ///< that the board is said to have
  std::string state{};        ///< key_text of its registers and caches; empty: it was not asked

  std::string text() const;
  /// Whether a measurement's key is this one; in whatever state, where this one knows none.
  bool covers(const std::string& text) const;
};

/// In the state that is known of the board.
MeasurementKey key_of(const ProbePlan& plan, const Probe& probe, CacheState cache);
/// In the state that a measurement was made in.
MeasurementKey key_of(const ProbePlan& plan, const Probe& probe, const Measurement& measurement);

/// Measurements in an SQLite file (write-ahead log; one writer at a time, others wait). Each is stored once, whole or
/// not at all; the file may be shared with other tables.
///
/// Every member throws Error, with the file and SQLite's reason, when the file is corrupt, locked or the disk is full.
class MeasurementStore {
 public:
  explicit MeasurementStore(const std::filesystem::path& file);
  ~MeasurementStore();
  MeasurementStore(MeasurementStore&&) noexcept;

  std::optional<Measurement> find(const MeasurementKey& key) const;
  /// False where there was one already, which stays.
  bool put(const MeasurementKey& key, const Measurement& measurement);
  std::int64_t count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thimble
