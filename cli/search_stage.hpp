#pragma once
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "cli/job_context.hpp"
#include "evaluators/board_times.hpp"
#include "supernet/supernet.hpp"

namespace thimble {

/// Candidates of the front, best accuracy first; every one was run on the board.
struct SearchResult {
  std::vector<Candidate> front;
};

/// Searches the supernet's space under the job's limits. Each generation is scored with the supernet's weights, its
/// best are run on the board, and the latency model learns from them. Leaves search.json, and front.json without a
/// winner.
/// @error DoesNotFitError  no subnet meets the limits
SearchResult search_stage(JobContext& context, BoardTimes& times, const Supernet& supernet);

/// Writes front.csv, then front.json: with a winner in it, the run counts as finished.
void write_front(const RunDirectory& run, const nlohmann::json& front);

/// Pictures that candidates are scored on: the first search.validation_images of the validation split.
ImageSet scoring_images(JobContext& context);

/// The facts of one planned subnet that every list shows: MACs, params, SRAM, flash.
nlohmann::json subnet_facts(const Subnet& subnet, const PlannedSubnet& planned);

}  // namespace thimble
