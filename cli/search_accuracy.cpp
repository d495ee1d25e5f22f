#include "cli/search_accuracy.hpp"

#include "graph/base/hash.hpp"

namespace thimble {

PredictorOrigin AccuracySource::origin() const {
  PredictorOrigin origin;
  origin.supernet = supernet;
  origin.training_data = training_data;
  origin.scoring_data = scoring_data;
  origin.recalibration = recalibration;
  return origin;
}

AccuracySource accuracy_source(JobContext& context, const Supernet& supernet, const ImageSet& images) {
  const CalibrationConfig& calibration = context.job().search.calibration;
  return {to_hex(supernet.fingerprint()), to_hex(fingerprint(context.data().train)), to_hex(fingerprint(images)),
          std::to_string(calibration.batches) + "x" + std::to_string(calibration.batch)};
}

}  // namespace thimble
