#include "cli/front_scores.hpp"

#include "cli/job_context.hpp"
#include "profiler/provenance.hpp"

using nlohmann::json;

namespace thimble {
namespace {

bool was_answered(const json& scores) {
  return scores.contains("bit_exact") && scores["bit_exact"].is_boolean() && scores.value("known_answers", 0) > 0;
}

}  // namespace

FrontScores::FrontScores(const RunDirectory& run) : file_(run.front_scores()), kept_(read_json(file_)) {
  if (!kept_.is_array()) kept_ = json::array();
}

std::optional<json> FrontScores::find(const json& member) const {
  for (const json& entry : kept_)
    if (entry["member"] == member && entry["kernels"] == kernel_library_version()) return entry["scores"];
  return std::nullopt;
}

void FrontScores::keep(const json& member, const json& scores) {
  if (!was_answered(scores)) return;
  kept_.push_back({{"member", member}, {"kernels", kernel_library_version()}, {"scores", scores}});
  write_json(file_, kept_);
}

void FrontScores::clear() {
  kept_ = json::array();
  std::filesystem::remove(file_);
}

}  // namespace thimble
