#include "cli/front_scores.hpp"

#include <fstream>

#include "graph/base/files.hpp"
#include "tests/catch.hpp"

using namespace thimble;
using nlohmann::json;

namespace {

const json kMember = {{"subnet", "r24 w0.5"}, {"top1_fp32", 0.1 + 0.2}, {"top1_int8", nullptr}};
const json kScores = {{"sqnr_db", 1.0 / 3}, {"top1_int8", 2.0 / 3}, {"known_answers", 4}, {"bit_exact", true}};

}  // namespace

TEST_CASE("scores of a member are found again, to the bit", "[cli][front_scores]") {
  const TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create(folder.path(), "kws");
  CHECK_FALSE(FrontScores(run).find(kMember));
  FrontScores(run).keep(kMember, kScores);
  json wrong = kScores;
  wrong["bit_exact"] = false;  // an answer as well
  json second = kMember;
  second["subnet"] = "r32 w0.5";
  FrontScores(run).keep(second, wrong);
  FrontScores later(run);
  CHECK(later.find(kMember) == kScores);
  CHECK(later.find(second) == wrong);
  later.clear();
  CHECK_FALSE(std::filesystem::exists(run.front_scores()));
  CHECK_FALSE(later.find(kMember));
}

TEST_CASE("scores of another member, of other kernels, or without an answer are none", "[cli][front_scores]") {
  const TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create(folder.path(), "kws");
  FrontScores scores(run);
  json silent = kScores, unasked = kScores;
  silent["bit_exact"] = nullptr;
  unasked["known_answers"] = 0;
  scores.keep(kMember, silent);
  scores.keep(kMember, unasked);
  CHECK_FALSE(scores.find(kMember));
  scores.keep(kMember, kScores);
  json other = kMember;
  other["top1_fp32"] = 0.25;
  CHECK_FALSE(FrontScores(run).find(other));
  json kept = json::parse(read_file(run.front_scores()));
  kept[0]["kernels"] = kept[0]["kernels"].get<std::uint32_t>() + 1;
  std::ofstream(run.front_scores()) << kept;
  CHECK_FALSE(FrontScores(run).find(kMember));
}
