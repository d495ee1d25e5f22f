#include "graph/base/run_process.hpp"

#include "graph/base/child_process.hpp"

namespace thimble {

ProcessResult run_process(const std::vector<std::string>& arguments, const std::string& folder, double deadline_s) {
  constexpr std::size_t kKeptOutput = 4u << 20;
  try {
    ChildProcess child(arguments, {.folder = folder, .kept_output = kKeptOutput});
    const std::optional<int> code = child.wait(Deadline(deadline_s));
    if (!code) child.kill();
    return {child.exit_code().value(), child.output(), !code};
  } catch (const NoSuchProgram&) {
    return {.exit_code = 127, .output = ""};
  }
}

std::string timeout_text(const std::string& program, double deadline_s, const std::string& output) {
  std::string seconds = std::to_string(deadline_s);
  seconds.erase(seconds.find_last_not_of('0') + 1);
  if (seconds.back() == '.') seconds.pop_back();
  return program + ": did not end within " + seconds + " s and was stopped" +
         (output.empty() ? "; it printed nothing" : "; it printed:\n" + output);
}

}  // namespace thimble
