#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/run_directory.hpp"
#include "cli/sweep/sweep_job.hpp"
#include "profiler/farm/sweep.hpp"

namespace thimble {

/// What a sweep did so far, for people and programs: counts, boards, results, failures, events, measurements an hour.
nlohmann::json sweep_facts(const SweepJob& job, const FarmQueue& queue, const FarmHistory& history,
                           const SweepStatus& status);

/// The results alone, in the order of the tasks: the same bytes whichever boards measured them, and however often they
/// were disturbed.
std::string sweep_csv(const nlohmann::json& facts);

/// The report of the morning after.
std::string sweep_markdown(const nlohmann::json& facts);
std::string sweep_html(const nlohmann::json& facts);

/// The files of the reports: sweep.csv, sweep.md, report.html.
void write_sweep_reports(const RunDirectory& run, const nlohmann::json& facts);
/// Where a sweep leaves its facts.
std::filesystem::path sweep_json(const RunDirectory& run);

}  // namespace thimble
