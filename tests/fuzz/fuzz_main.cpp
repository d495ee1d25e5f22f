// Feeds mutants of small .tflite files to the importer, and what it takes to simplify() and make_plan(), without clang:
//
//   fuzz_import [--seconds N] [--runs N] [--seed S] [--failure FILE] [FILE|FOLDER]...
//
// Files given are run as they are first, and mutated like the built-in seeds. A mutant with an outcome that is new
// becomes a seed, too. The same arguments give the same cases. The process dies by an exception that is no list of
// problems, by a signal, by more than 2 GiB, and by a case that computes for more than 5 seconds; the case is then in
// FILE. With clang: clang++ -fsanitize=fuzzer,address and this folder without fuzz_main.cpp.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "tests/fuzz/import_target.hpp"
#include "tests/fuzz/mutate.hpp"
#include "tests/fuzz/seeds.hpp"

using namespace thimble;
using namespace thimble::test;

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __sanitizer_set_death_callback(void (*callback)());
// The sanitizer reserves terabytes of addresses, so that RLIMIT_AS cannot be the limit.
extern "C" const char* __asan_default_options() {
  return "max_allocation_size_mb=2048:hard_rss_limit_mb=3072:allocator_may_return_null=0:detect_leaks=0";
}
extern "C" const char* __ubsan_default_options() { return "halt_on_error=1:abort_on_error=1:print_stacktrace=1"; }
#endif

namespace {

constexpr rlim_t kMaxBytes = rlim_t{2} << 30;
constexpr time_t kCaseSeconds = 5;  // of the processor, whatever else runs
constexpr std::size_t kMaxPool = 4000;
constexpr double kSound = 0.8;  ///< of the mutants come from sound files

std::vector<std::uint8_t> current;  // the case at work
std::string failure_file = "fuzz-failure.tflite";

/// Keeps the case; only calls that a signal handler may make.
void save_case() {
  const int file = open(failure_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0) return;
  const ssize_t written = write(file, current.data(), current.size());
  static_cast<void>(written);
  close(file);
}

void die(int signal_number) {
  save_case();
  const char* text = signal_number == SIGPROF ? "fuzz: the case takes too long\n" : "fuzz: the case ends by a signal\n";
  const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
  static_cast<void>(written);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void guard() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(save_case);
  for (int number : {SIGABRT, SIGPROF}) signal(number, die);
#else
  const rlimit limit{kMaxBytes, kMaxBytes};
  setrlimit(RLIMIT_AS, &limit);
  for (int number : {SIGABRT, SIGPROF, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) signal(number, die);
#endif
}

/// SIGPROF after so many seconds; 0: never.
void set_clock(time_t seconds) {
  const itimerval timer{{0, 0}, {seconds, 0}};
  setitimer(ITIMER_PROF, &timer, nullptr);
}

struct Arguments {
  double seconds = 1e9;
  std::uint64_t runs = UINT64_MAX, seed = 1;
  std::vector<std::filesystem::path> files;
};

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "fuzz_import: %s\n", what.c_str());
  std::exit(2);
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      if (!std::filesystem::exists(word)) refuse("no file " + word);
      if (!std::filesystem::is_directory(word)) arguments.files.emplace_back(word);
      if (!std::filesystem::is_directory(word)) continue;
      for (const auto& entry : std::filesystem::directory_iterator(word)) arguments.files.push_back(entry.path());
      continue;
    }
    if (++i == argc) refuse(word + " needs a value");
    if (word == "--seconds") {
      arguments.seconds = std::stod(argv[i]);
    } else if (word == "--runs") {
      arguments.runs = std::stoull(argv[i]);
    } else if (word == "--seed") {
      arguments.seed = std::stoull(argv[i]);
    } else if (word == "--failure") {
      failure_file = argv[i];
    } else {
      refuse("unknown option " + word);
    }
  }
  std::sort(arguments.files.begin(), arguments.files.end());
  return arguments;
}

class Fuzzer {
 public:
  explicit Fuzzer(const Arguments& arguments) : arguments_(arguments), rng_({arguments.seed, 31}) {
    for (auto& file : seed_files()) try_case(std::move(file), true);
    for (const auto& path : arguments_.files) {
      std::ifstream stream(path, std::ios::binary);
      try_case({std::istreambuf_iterator<char>(stream), {}}, true);
    }
  }

  void run() {
    const auto start = std::chrono::steady_clock::now();
    const auto elapsed = [&] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    while (cases_ < arguments_.runs && elapsed() < arguments_.seconds) {
      const auto& pool = sick_.empty() || rng_.chance(kSound) ? sound_ : sick_;
      try_case(mutate(pool[rng_.below(pool.size())], rng_), false);
    }
    std::printf("%llu cases in %.0f s, seed %llu, %zu kinds of outcome, %zu files in the pool\n",
                static_cast<unsigned long long>(cases_), elapsed(), static_cast<unsigned long long>(arguments_.seed),
                outcomes_.size(), sound_.size() + sick_.size());
    std::map<std::string, std::uint64_t> sums;
    for (const auto& [outcome, count] : outcomes_) sums[outcome.substr(0, outcome.find(' '))] += count;
    for (const auto& [word, count] : sums)
      std::printf("  %-12s %llu\n", word.c_str(), static_cast<unsigned long long>(count));
  }

 private:
  void try_case(std::vector<std::uint8_t> file, bool keep) {
    current = std::move(file);
    set_clock(kCaseSeconds);
    const std::string outcome = import_once(current);
    set_clock(0);
    ++cases_;
    const bool is_new = ++outcomes_[outcome] == 1;
    auto& pool = outcome.starts_with("refused") || outcome.starts_with("unsupported") ? sick_ : sound_;
    if (keep || (is_new && pool.size() < kMaxPool)) pool.push_back(current);
  }

  const Arguments& arguments_;
  Rng rng_;
  std::vector<std::vector<std::uint8_t>> sound_, sick_;  ///< files to mutate: networks, and what was refused
  std::map<std::string, std::uint64_t> outcomes_;
  std::uint64_t cases_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  guard();
  Fuzzer(arguments).run();
  return 0;
}
