#include "cli/sweep/sweep_table.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "cli/page.hpp"
#include "cli/progress.hpp"

namespace thimble {
namespace {

constexpr std::chrono::seconds kLineEvery(10);
constexpr std::size_t kLongestCell = 48;

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// Lines that the terminal does not break: it is told by lines how far to go back.
std::string cut(const std::string& text, std::size_t width) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) result += line.substr(0, width) + "\n";
  return result;
}

std::string shortened(const std::string& text) {
  return text.size() <= kLongestCell ? text : text.substr(0, kLongestCell - 3) + "...";
}

}  // namespace

SweepTable::SweepTable(std::int64_t settled)
    : settled_(settled),
      start_(std::chrono::steady_clock::now()),
      shown_(start_ - kLineEvery),
      terminal_(isatty(STDERR_FILENO) != 0 && !Progress::is_quiet()) {}

std::string SweepTable::head(const SweepStatus& status) const {
  const QueueCounts& counts = status.counts;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const std::int64_t now = counts.settled() + counts.measured - settled_;
  std::string text = "sweep " + std::to_string(counts.settled() + counts.measured) + "/" + std::to_string(counts.all());
  if (now > 0 && seconds > 1) {
    const double rate = static_cast<double>(now) / seconds;
    const std::int64_t left = counts.waiting + counts.leased;
    text += "  " + std::to_string(static_cast<long>(rate * 3600)) + " an hour";
    if (left > 0) text += "  " + duration_text(static_cast<double>(left) / rate) + " left";
  }
  if (counts.failed > 0) text += "  failed " + std::to_string(counts.failed);
  if (counts.undecided > 0) text += "  undecided " + std::to_string(counts.undecided);
  return text;
}

std::string SweepTable::table(const SweepStatus& status) const {
  std::vector<Row> rows{{"board", "state", "measured", "troubles", "at work on", "last trouble"}};
  for (const BoardStatus& board : status.boards)
    rows.push_back({board.name, board.state, std::to_string(board.measured), std::to_string(board.troubles),
                    shortened(board.candidate), shortened(board.reason)});
  return text_table(rows);
}

void SweepTable::erase() {
  if (lines_ > 0) std::fprintf(stderr, "\x1b[%dA\x1b[J", lines_);
  lines_ = 0;
}

void SweepTable::show(const SweepStatus& status) {
  if (!terminal_) {
    const auto now = std::chrono::steady_clock::now();
    if (now - shown_ < kLineEvery) return;
    shown_ = now;
    return say(head(status));
  }
  erase();
  const std::string text = cut(table(status) + head(status), terminal_width());
  std::fputs(text.c_str(), stderr);
  lines_ = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

void SweepTable::end(const SweepStatus& status) {
  shown_ -= kLineEvery;
  show(status);
  lines_ = 0;
}

void SweepTable::tell(const std::string& line) {
  erase();
  say(line);
}

}  // namespace thimble
