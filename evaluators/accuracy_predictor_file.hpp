#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "evaluators/accuracy_predictor.hpp"
#include "graph/base/error.hpp"

namespace thimble {

/// Of the files that this version writes and reads.
inline constexpr int kAccuracyPredictorSchema = 1;

/// What a predictor was made of, and how good it is.
struct PredictorOrigin {
  std::string supernet;       ///< fingerprint of its weights
  std::string training_data;  ///< of the pictures that batch norms are recalibrated on
  std::string scoring_data;   ///< of the pictures that accuracies are of
  std::string recalibration;  ///< batches x pictures
  int scoring_pictures = 0;
  std::uint64_t seed = 1;  ///< of survey, split and fits
  int training_pairs = 0;
  std::vector<ModelScore> scores;  ///< of all kinds of model that were compared
  AccuracyNoise noise;
  std::vector<std::string> not_to_be_trusted;  ///< reasons; empty: nothing speaks against it

  bool operator==(const PredictorOrigin&) const = default;
};

struct AccuracyPredictorFile {
  PredictorOrigin origin;
  AccuracyPredictor predictor;

  const ModelScore& score() const;  ///< of the kind of model that it is
};

/// Plain JSON with a checksum, the same bytes for the same predictor.
std::string to_text(const AccuracyPredictorFile& file);
/// @error Error  it cannot be written
void save_accuracy_predictor(const std::filesystem::path& path, const AccuracyPredictorFile& file);

/// @error ConfigError  all that is wrong with the file: unreadable, of another kind or schema version, changed since it
///                     was written, keys that are missing or break a rule
AccuracyPredictorFile load_accuracy_predictor(const std::filesystem::path& path);
/// The same from text; `name` stands for the file in messages.
AccuracyPredictorFile accuracy_predictor_from_text(const std::string& text, const std::string& name);

/// Whether a file is an accuracy predictor of whatever version, which a new one may replace.
bool is_accuracy_predictor(const std::filesystem::path& path);

/// A key of all that a space says.
std::string fingerprint(const SearchSpace& space);

/// Why predictions are not those of subnets of this space with this supernet's weights on these pictures. Empty where
/// they are. `wanted` needs the origin's first four.
std::vector<ConfigIssue> mismatches(const AccuracyPredictorFile& file, const std::string& name,
                                    const SearchSpace& space, const PredictorOrigin& wanted);

}  // namespace thimble
