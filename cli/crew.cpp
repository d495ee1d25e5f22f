#include "cli/crew.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/job_context.hpp"
#include "cli/space_stage.hpp"
#include "cli/train_stage.hpp"
#include "graph/base/loopback.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

constexpr std::chrono::minutes kPatienceHere(2);  // for processes of this machine
constexpr double kSecondsToEnd = 20;

std::vector<std::string> command_of(const RankPlace& place, const fs::path& job) {
  return {"env",
          "RANK=" + std::to_string(place.rank),
          "WORLD_SIZE=" + std::to_string(place.count),
          "MASTER_ADDR=" + place.address,
          "MASTER_PORT=" + std::to_string(place.port),
          fs::read_symlink("/proc/self/exe").string(),
          "--quiet",
          "run",
          job.string()};
}

}  // namespace

Crew::Crew(const RankPlace& place, int count) : count_(count) {
  if (place.count > 1 && count > 1)
    throw ConfigError({{"", 0, 0, "--ranks", std::to_string(count),
                        "cannot be given where the environment names ranks already (WORLD_SIZE or Slurm)"}});
  if (place.count > 1) ranks_ = join_ranks(place);
}

Crew::~Crew() {
  try {
    if (ranks_) {
      ranks_->announce("");
      ranks_->leave();
    }
  } catch (const std::exception&) {
    // they are gone already
  }
  for (const auto& other : others_) {
    const std::optional<int> code = other->wait(Deadline(kSecondsToEnd));
    if (code != 0)
      std::fprintf(stderr, "a rank of this machine ended with %d: %s\n", code.value_or(-1), other->output().c_str());
  }
}

Ranks* Crew::train_with_us(const fs::path& run) {
  if (!ranks_ && count_ > 1) start_others(run);
  if (ranks_) ranks_->announce(fs::absolute(run).string());
  return ranks_.get();
}

void Crew::start_others(const fs::path& run) {
  RankPlace place{0, count_, "127.0.0.1", free_port()};
  for (place.rank = 1; place.rank < count_; ++place.rank)
    others_.push_back(std::make_unique<ChildProcess>(command_of(place, run / "job.resolved.yaml")));
  place.rank = 0;
  ranks_ = join_ranks(place, kPatienceHere);
}

int follow_rank_0(const RankPlace& place) {
  const std::unique_ptr<Ranks> ranks = join_ranks(place);
  for (std::string path = ranks->next_announcement(); !path.empty(); path = ranks->next_announcement()) {
    const RunDirectory run = RunDirectory::open(path);
    const Job job = load_job_of(run);
    const DataSplits data = load_pictures(job, cache_of(run.path().parent_path()));
    train_with(*ranks, run, job, pruned_space(job.search_space, read_json(run.space())), data.train);
  }
  ranks->leave();
  return 0;
}

}  // namespace thimble
