#pragma once
#include <string>

#include "cli/job_context.hpp"
#include "evaluators/accuracy_predictor_file.hpp"
#include "supernet/supernet.hpp"

namespace thimble {

/// What the accuracies of a search depend on besides the subnet: the supernet's weights, the pictures that batch norms
/// are recalibrated on, those that candidates are scored on, and how much of the former.
struct AccuracySource {
  std::string supernet, training_data, scoring_data, recalibration;

  std::string key() const { return supernet + "/" + training_data + "/" + scoring_data + "/" + recalibration; }
  /// The same as a predictor's file has it.
  PredictorOrigin origin() const;
};

/// @param images  those that candidates are scored on (scoring_images)
AccuracySource accuracy_source(JobContext& context, const Supernet& supernet, const ImageSet& images);

}  // namespace thimble
