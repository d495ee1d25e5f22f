#include "supernet/distributed/rank_place.hpp"

#include <charconv>
#include <cstdlib>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

using Variable = std::function<std::string(const std::string&)>;

constexpr int kFirstPort = 20000, kPorts = 40000;  // that Slurm's job numbers are spread over
constexpr int kMostPort = 65535;

int number(const Variable& variable, const std::string& name, int least, int most) {
  const std::string text = variable(name);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    throw Error("environment: " + name + " = '" + text + "': must be a number in [" + std::to_string(least) + ", " +
                std::to_string(most) + "] in a distributed training");
  return value;
}

RankPlace checked(const RankPlace& place, const char* rank, const char* count) {
  if (place.rank < place.count) return place;
  throw Error("environment: " + std::string(rank) + " = " + std::to_string(place.rank) + ": must be below " + count +
              " = " + std::to_string(place.count));
}

constexpr int kMostRanks = 4096;

RankPlace usual_place(const Variable& variable) {
  RankPlace place;
  place.count = number(variable, "WORLD_SIZE", 1, kMostRanks);
  place.rank = number(variable, "RANK", 0, kMostRanks - 1);
  place.port = number(variable, "MASTER_PORT", 1, kMostPort);
  place.address = variable("MASTER_ADDR");
  if (place.address.empty()) throw Error("environment: MASTER_ADDR is not set: the host of rank 0");
  return checked(place, "RANK", "WORLD_SIZE");
}

RankPlace slurm_place(const Variable& variable) {
  RankPlace place;
  place.count = number(variable, "SLURM_NTASKS", 1, kMostRanks);
  if (place.count == 1) return {};
  place.rank = number(variable, "SLURM_PROCID", 0, kMostRanks - 1);
  place.port = kFirstPort + number(variable, "SLURM_JOB_ID", 0, 2'000'000'000) % kPorts;
  if (!variable("MASTER_PORT").empty()) place.port = number(variable, "MASTER_PORT", 1, kMostPort);
  place.address = variable("MASTER_ADDR");
  if (place.address.empty()) place.address = first_host(variable("SLURM_JOB_NODELIST"));
  if (place.address.empty()) throw Error("environment: neither MASTER_ADDR nor SLURM_JOB_NODELIST names rank 0's host");
  return checked(place, "SLURM_PROCID", "SLURM_NTASKS");
}

}  // namespace

RankPlace rank_place(const Variable& variable) {
  if (!variable("WORLD_SIZE").empty() || !variable("RANK").empty()) return usual_place(variable);
  // SLURM_NTASKS is set in a whole allocation; SLURM_STEP_ID in a step of srun's alone.
  if (!variable("SLURM_STEP_ID").empty() && !variable("SLURM_NTASKS").empty()) return slurm_place(variable);
  return {};
}

RankPlace rank_place() {
  return rank_place([](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value ? value : "");
  });
}

std::string first_host(const std::string& node_list) {
  const std::size_t end = node_list.find_first_of("[,");
  std::string host = node_list.substr(0, end);
  if (end == std::string::npos || node_list[end] == ',') return host;
  const std::size_t first = end + 1;
  return host + node_list.substr(first, node_list.find_first_of("-,]", first) - first);
}

}  // namespace thimble
