#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "profiler/farm/farm.hpp"
#include "search/space/space.hpp"
#include "search/space/subnet.hpp"

namespace thimble {

/// The parts of a job that a sweep reads: name, seed, space.file, target, deploy.mode and
///
///   sweep:
///     subnets: 500                      # random ones that fit the target
///     list: nets.txt                    # or these: a subnet per line
///     boards: [virtual-m4, lab-1.yaml]  # target.board where there are none; a virtual one may stand there twice
///     runs: 3
///     per_layer: true
///     shard: 25                         # subnets between two canaries
///     deadline_s: 60                    # for one attempt
///     patience_s: 600                   # with a board that does not come back
///     most_failures: 5                  # of boards on one subnet
///     known_answers: 3                  # so many of the fastest of each type are compared with the reference
struct SweepJob {
  std::filesystem::path file;
  std::string name;
  std::uint64_t seed = 1;
  std::filesystem::path space_file;
  SearchSpace space;
  std::vector<FarmBoard> boards;
  double sram_kb = 0, flash_kb = 0;  ///< limits of random subnets; 0: the board's
  std::string mode = "speed";
  int subnets = 100, known_answers = 3;
  std::filesystem::path list;
  SweepOptions options;
  std::string resolved_yaml;
};

/// Between begin and resume boards, shard, deadline_s, patience_s, most_failures and known_answers may change. Other
/// sections of the job (data, supernet, search) are left to their readers. Paths are relative to the file's folder.
/// @error ConfigError  everything that is wrong with the job, its space, its boards and its list
SweepJob load_sweep_job(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// The subnets of a list, one per line; empty lines and lines that begin with # are left out.
/// @error ConfigError  a line is no subnet of the space: names it
std::vector<Subnet> load_subnets(const std::filesystem::path& list, const SearchSpace& space);

}  // namespace thimble
