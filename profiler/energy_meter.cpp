#include "profiler/energy_meter.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "profiler/farm/power.hpp"

namespace thimble {
namespace {

constexpr double kReadySeconds = 10, kReadingSeconds = 10, kPollSeconds = 0.005;
const std::string kReady = "ready\n";

/// The shell gives the child a standard input of ours, and becomes it.
std::vector<std::string> shell_command(const std::string& command) {
  std::vector<std::string> arguments = {"/bin/sh", "-c", "exec \"$@\" <&3 3<&-", "sh"};
  for (const std::string& word : words_of(command)) arguments.push_back(word);
  return arguments;
}

std::string trimmed(const std::string& text) {
  const char* blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<double> joules_in(const std::string& text) {
  double joules = 0;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, joules);
  if (error != std::errc() || last != end || !std::isfinite(joules) || joules < 0) return {};
  return joules;
}

/// What was said after the line "ready"; nothing before it was.
std::optional<std::string> after_ready(const std::string& output) {
  const std::size_t at = output.starts_with(kReady) ? 0 : output.find("\n" + kReady);
  if (at == std::string::npos) return {};
  return output.substr(output.find(kReady, at) + kReady.size());
}

}  // namespace

EnergyMeter::EnergyMeter(const Board& board, FileDescriptor input, std::unique_ptr<ChildProcess> child)
    : command_(board.energy_command), input_(std::move(input)), child_(std::move(child)) {}

ProbeFailure EnergyMeter::failure(const std::string& what) const {
  return {.code = "energy_meter", .message = "energy_command: " + command_ + " " + what};
}

ProbeFailure EnergyMeter::ended(int code, const std::string& output) const {
  return failure(fmt::format("ended with {}: {}", code, trimmed(output)));
}

Result<EnergyMeter, ProbeFailure> EnergyMeter::start(const Board& board) {
  auto [ours, its] = make_socket_pair();
  EnergyMeter meter(board, std::move(ours),
                    std::make_unique<ChildProcess>(shell_command(board.energy_command),
                                                   ChildProcess::Options{.descriptors = {{its.number(), 3}}}));
  for (const Deadline deadline(kReadySeconds); !after_ready(meter.child_->output());) {
    if (const auto code = meter.child_->wait(Deadline(kPollSeconds))) return meter.ended(*code, meter.child_->output());
    if (deadline.expired())
      return meter.failure(fmt::format("did not say \"ready\" within {} s; it said: {}", kReadySeconds,
                                       trimmed(meter.child_->output())));
  }
  return meter;
}

Result<double, ProbeFailure> EnergyMeter::joules() {
  input_.reset();
  const auto code = child_->wait(Deadline(kReadingSeconds));
  const std::string said = trimmed(after_ready(child_->output()).value_or(""));
  if (!code)
    return failure(fmt::format("did not end within {} s of the end of its input; it said: {}", kReadingSeconds, said));
  if (*code != 0) return ended(*code, said);
  if (const auto joules = joules_in(said)) return *joules;
  return failure("must print the joules that were used, a number of at least 0, and printed: " + said);
}

}  // namespace thimble
