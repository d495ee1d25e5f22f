#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace thimble {
namespace {

bool quiet = false;
constexpr int kBarWidth = 24;
constexpr std::chrono::milliseconds kRedraw(100);  ///< of the bar on a terminal
constexpr std::chrono::seconds kLineEvery(5);      ///< elsewhere, and one line at the end

}  // namespace

std::string duration_text(double seconds) {
  const auto s = static_cast<long>(seconds + 0.5);
  if (s < 60) return std::to_string(s) + " s";
  if (s < 3600) return std::to_string(s / 60) + " m " + std::to_string(s % 60) + " s";
  return std::to_string(s / 3600) + " h " + std::to_string(s / 60 % 60) + " m";
}

void say(const std::string& line) {
  if (!quiet) std::fprintf(stderr, "%s\n", line.c_str());
}

bool Progress::is_quiet() { return quiet; }

void Progress::set_quiet(bool value) { quiet = value; }

Progress::Progress(std::string what, std::int64_t total)
    : what_(std::move(what)),
      total_(std::max<std::int64_t>(total, 1)),
      start_(std::chrono::steady_clock::now()),
      drawn_(start_),
      terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (terminal_ && first_ >= 0) {
    draw();
    if (!quiet) std::fputc('\n', stderr);
  }
}

void Progress::update(std::int64_t done, const std::string& note) {
  if (first_ < 0) first_ = done;
  done_ = std::min(done, total_);
  note_ = note;
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ && done_ < total_ && now - drawn_ < kLineEvery) return;
  if (terminal_ && now - drawn_ < kRedraw) return;
  drawn_ = now;
  draw();
}

void Progress::draw() {
  if (quiet) return;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double share = static_cast<double>(done_) / static_cast<double>(total_);
  std::string text = what_ + " ";
  if (terminal_) {
    const int filled = static_cast<int>(share * kBarWidth);
    text += "[" + std::string(static_cast<std::size_t>(filled), '#') +
            std::string(static_cast<std::size_t>(kBarWidth - filled), '.') + "] ";
  }
  text += std::to_string(done_) + "/" + std::to_string(total_);
  if (done_ >= total_)
    text += "  " + duration_text(seconds);
  else if (done_ > first_ && seconds > 1)
    text += "  " + duration_text(seconds * static_cast<double>(total_ - done_) / static_cast<double>(done_ - first_)) +
            " left";
  if (!note_.empty()) text += "  " + note_;
  if (terminal_)
    std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
  else
    std::fprintf(stderr, "%s\n", text.c_str());
  std::fflush(stderr);
}

}  // namespace thimble
