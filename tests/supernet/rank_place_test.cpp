#include "supernet/distributed/rank_place.hpp"

#include <map>

#include "graph/base/error.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

RankPlace place_in(std::map<std::string, std::string> environment) {
  return rank_place([&](const std::string& name) { return environment[name]; });
}

}  // namespace

TEST_CASE("a process without the variables of a distributed training trains alone", "[supernet][ranks]") {
  CHECK(place_in({}).count == 1);
  CHECK(place_in({{"SLURM_NTASKS", "4"}, {"SLURM_JOB_ID", "7"}}).count == 1);  // in a batch script, not in a step
  CHECK(place_in({{"SLURM_NTASKS", "1"}, {"SLURM_STEP_ID", "0"}}).count == 1);
}

TEST_CASE("ranks are found in the usual variables and in Slurm's", "[supernet][ranks]") {
  const RankPlace usual =
      place_in({{"RANK", "2"}, {"WORLD_SIZE", "3"}, {"MASTER_ADDR", "host"}, {"MASTER_PORT", "1234"}});
  CHECK((usual.rank == 2 && usual.count == 3 && usual.address == "host" && usual.port == 1234));
  const RankPlace slurm = place_in({{"SLURM_STEP_ID", "0"},
                                    {"SLURM_PROCID", "1"},
                                    {"SLURM_NTASKS", "2"},
                                    {"SLURM_JOB_ID", "100042"},
                                    {"SLURM_JOB_NODELIST", "n[08-12],m3"}});
  CHECK((slurm.rank == 1 && slurm.count == 2 && slurm.address == "n08" && slurm.port == 20000 + 100042 % 40000));
  CHECK(first_host("n[3,5-7]-x") == "n3");
  CHECK(first_host("a,b") == "a");
  CHECK(first_host("only") == "only");
}

TEST_CASE("a wrong variable is named", "[supernet][ranks]") {
  std::map<std::string, std::string> environment{
      {"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "host"}, {"MASTER_PORT", "1234"}};
  CHECK(place_in(environment).rank == 1);
  const auto with = [&](const char* name, const char* value) {
    std::map<std::string, std::string> changed = environment;
    changed[name] = value;
    return changed;
  };
  CHECK_THROWS_WITH(place_in(with("RANK", "2")), "environment: RANK = 2: must be below WORLD_SIZE = 2");
  CHECK_THROWS_WITH(place_in(with("RANK", "one")), Catch::Contains("RANK = 'one': must be a number in [0, "));
  CHECK_THROWS_WITH(place_in(with("MASTER_PORT", "")), Catch::Contains("MASTER_PORT = ''"));
  CHECK_THROWS_WITH(place_in(with("MASTER_ADDR", "")), Catch::Contains("MASTER_ADDR is not set"));
}
