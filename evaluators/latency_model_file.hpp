#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "evaluators/latency_model.hpp"
#include "graph/base/error.hpp"
#include "profiler/board.hpp"

namespace thimble {

/// Of the files that this version writes and reads. It grows with their form, and with what coefficients multiply.
inline constexpr int kLatencyModelSchema = 1;

/// What a latency model was made of, and how good it is.
struct LatencyModelOrigin {
  std::string board, core;
  double clock_hz = 0;
  Provenance provenance = Provenance::kMeasured;  ///< of the cycles it was fitted to
  std::string firmware_hash;                      ///< Probe::firmware_hash
  std::string kernel_library_version, compiler, compiler_flags, git_hash;
  std::string space;             ///< its name
  std::string mode;              ///< "speed" or "size": of the plans
  std::uint64_t seed = 0;        ///< of the survey
  std::int64_t networks = 0;     ///< it was fitted to
  PredictionError validation{};  ///< cross-validated over them

  bool operator==(const LatencyModelOrigin&) const = default;
};

struct LatencyModelFile {
  LatencyModelOrigin origin;
  LatencyModel model;
};

/// The facts of an origin that its measurements know. @pre there is one, all are of one board
LatencyModelOrigin origin_of(std::span<const ProbedPlan> probed, const Probe& probe);

/// Plain JSON with a checksum, the same bytes for the same model.
std::string to_text(const LatencyModelFile& file);
/// @error Error  it cannot be written
void save_latency_model(const std::filesystem::path& path, const LatencyModelFile& file);

/// @error ConfigError  all that is wrong with the file: unreadable, of another kind or schema version, changed since it
///                     was written, keys that are missing or break a rule
LatencyModelFile load_latency_model(const std::filesystem::path& path);
/// The same from text; `name` stands for the file in messages.
LatencyModelFile latency_model_from_text(const std::string& text, const std::string& name);

/// Whether a file is a latency model of whatever version, which a new one may replace.
bool is_latency_model(const std::filesystem::path& path);

/// Why a model's predictions are not those of plans of this mode on the probe's board: board, clock, mode, or the
/// firmware, whose kernels need other times. Empty where they are.
std::vector<ConfigIssue> mismatches(const LatencyModelOrigin& origin, const std::string& file, const Probe& probe,
                                    const std::string& mode);

}  // namespace thimble
