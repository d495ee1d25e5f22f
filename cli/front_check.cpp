#include "cli/front_check.hpp"

#include <nlohmann/json.hpp>

#include "cli/known_answers.hpp"
#include "cli/space_stage.hpp"
#include "deploy/simplify/crop_windows.hpp"
#include "graph/base/files.hpp"

using nlohmann::json;

namespace thimble {
namespace {

constexpr int kCases = 4;  // of each member; the winner's are the job's deploy.known_answers

}  // namespace

FrontCheck::FrontCheck(JobContext& context, const SearchSpace& space)
    : context_(context), inventory_(code_inventory(context)), planner_(subnet_planner(context, space)) {}

json FrontCheck::check(const Subnet& subnet, const Graph& int8_graph, const ImageSet& images) {
  const auto planned = planner_.plan(int8_graph);
  THIMBLE_CHECK(planned.has_value(), "a member of the front has a plan");
  const KnownAnswers answers = known_answers(int8_graph, images, kCases, context_.job().threads);
  const TemporaryFolder folder;
  try {
    const FirmwareCheck check = deploy_and_check(*planned, with_cropped_windows(int8_graph), context_.board(),
                                                 inventory_, answers, folder.path());
    if (!check.bit_exact) context_.tell(to_text(subnet) + " differs from the reference:\n" + check.console);
    return {{"known_answers", check.cases}, {"bit_exact", check.bit_exact}};
  } catch (const BoardError&) {
    throw;
  } catch (const Error& error) {  // one member must not cost the others
    context_.tell(to_text(subnet) + ": not asked: " + error.what());
    return {{"known_answers", 0}, {"bit_exact", nullptr}};
  }
}

}  // namespace thimble
