#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "graph/base/child_process.hpp"
#include "supernet/distributed/ranks.hpp"

namespace thimble {

/// The processes that train with this one, which is rank 0 and runs the job.
class Crew {
 public:
  /// Joins the ranks of the environment (RANK and WORLD_SIZE, or Slurm's). Where there are none, `count` - 1 more are
  /// started on this machine once they are needed.
  /// @error ConfigError  both are asked for
  Crew(const RankPlace& place, int count);
  ~Crew();  ///< the others end
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Lets the others load a run and train its supernet with us; null where there are none.
  Ranks* train_with_us(const std::filesystem::path& run);

 private:
  void start_others(const std::filesystem::path& run);

  int count_;
  std::unique_ptr<Ranks> ranks_;
  std::vector<std::unique_ptr<ChildProcess>> others_;
};

/// What a process of rank 1 and above does: trains what rank 0 announces, until that ends. Returns the exit code.
int follow_rank_0(const RankPlace& place);

}  // namespace thimble
