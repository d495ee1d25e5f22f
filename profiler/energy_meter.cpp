#include "profiler/energy_meter.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>

#include "profiler/command_words.hpp"

namespace thimble {
namespace {

constexpr double kReadySeconds = 10, kReadingSeconds = 10, kPollSeconds = 0.005;
constexpr std::size_t kMostPrinted = 64 * 1024;
const std::string kReady = "ready\n";

/// The shell gives the child a standard input and output of ours, and becomes it.
std::vector<std::string> shell_command(const std::string& command) {
  std::vector<std::string> arguments = {"/bin/sh", "-c", "exec \"$@\" <&3 3<&- >&4 4>&-", "sh"};
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

EnergyMeter::EnergyMeter(const Board& board) : command_(board.energy_command) {
  auto [our_input, its_input] = make_socket_pair();
  auto [our_output, its_output] = make_pipe();
  input_ = std::move(our_input);
  output_ = std::move(our_output);
  child_ = std::make_unique<ChildProcess>(
      shell_command(command_),
      ChildProcess::Options{.descriptors = {{its_input.number(), 3}, {its_output.number(), 4}}});
}

void EnergyMeter::listen() {
  char block[4096];
  for (;;) {
    const ssize_t count = ::read(output_.number(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    printed_.append(block, static_cast<std::size_t>(count));
  }
  if (printed_.size() > kMostPrinted) printed_.erase(0, printed_.size() - kMostPrinted);
}

std::optional<int> EnergyMeter::wait_a_moment() {
  const std::optional<int> code = child_->wait(Deadline(kPollSeconds));
  listen();
  return code;
}

ProbeFailure EnergyMeter::failure(const std::string& what) const {
  return {.code = "energy_meter", .message = "energy_command: " + command_ + " " + what};
}

ProbeFailure EnergyMeter::ended(int code) const {
  const std::string printed = trimmed(after_ready(printed_).value_or(printed_)), complaint = trimmed(child_->output());
  return failure(
      fmt::format("ended with {}: {}", code, printed + (printed.empty() || complaint.empty() ? "" : "; ") + complaint));
}

Result<EnergyMeter, ProbeFailure> EnergyMeter::start(const Board& board) {
  EnergyMeter meter(board);
  for (const Deadline deadline(kReadySeconds); !after_ready(meter.printed_);) {
    const auto code = meter.wait_a_moment();
    if (after_ready(meter.printed_)) break;
    if (code) return meter.ended(*code);
    if (deadline.expired())
      return meter.failure(fmt::format("did not say \"ready\" within {} s; it said: {}", kReadySeconds,
                                       trimmed(meter.printed_ + meter.child_->output())));
  }
  return meter;
}

Result<double, ProbeFailure> EnergyMeter::joules() {
  input_.reset();
  std::optional<int> code;
  for (const Deadline deadline(kReadingSeconds); !code && !deadline.expired();) code = wait_a_moment();
  const std::string said = trimmed(after_ready(printed_).value_or(""));
  if (!code)
    return failure(fmt::format("did not end within {} s of the end of its input; it said: {}", kReadingSeconds, said));
  if (*code != 0) return ended(*code);
  if (const auto joules = joules_in(said)) return *joules;
  return failure("must print the joules that were used, a number of at least 0, and printed: " + said);
}

}  // namespace thimble
