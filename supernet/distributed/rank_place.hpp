#pragma once
#include <functional>
#include <string>

namespace thimble {

/// Which of the processes of a distributed training this one is, and where they meet.
struct RankPlace {
  int rank = 0;
  int count = 1;                      ///< 1: it trains alone
  std::string address = "127.0.0.1";  ///< of rank 0
  int port = 0;
};

/// From RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT (as torchrun sets them), else from Slurm's variables:
/// SLURM_PROCID, SLURM_NTASKS, the first host of SLURM_JOB_NODELIST, and a port of SLURM_JOB_ID. Alone where there are
/// neither, and in a Slurm step of one task.
/// @param variable  reads one: empty where it is not set
/// @error Error     one is missing or no number, RANK is not below WORLD_SIZE: names it
RankPlace rank_place(const std::function<std::string(const std::string&)>& variable);
/// Of this process's environment.
RankPlace rank_place();

/// The first host of Slurm's compact form: "node[07-09,12],other" is node07.
std::string first_host(const std::string& node_list);

}  // namespace thimble
