#pragma once
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/run_directory.hpp"

namespace thimble {

/// What the int8 networks of a front scored, member by member, in a file of the run until front.json holds all of it:
/// a deployment that was interrupted builds and runs no firmware a second time.
class FrontScores {
 public:
  explicit FrontScores(const RunDirectory& run);

  /// What was kept of a member; nothing where it is not as it was then, or the kernels are not.
  /// @param member  its entry of front.json as the search left it
  std::optional<nlohmann::json> find(const nlohmann::json& member) const;

  /// Writes the file anew. A member whose answers no board gave is not kept: it is asked again.
  /// @param scores  {sqnr_db, top1_int8, known_answers, bit_exact}
  void keep(const nlohmann::json& member, const nlohmann::json& scores);

  /// Removes the file.
  void clear();

 private:
  std::filesystem::path file_;
  nlohmann::json kept_;  ///< [{member, kernels, scores}]
};

}  // namespace thimble
