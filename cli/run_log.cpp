#include "cli/run_log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include "cli/progress.hpp"
#include "graph/base/error.hpp"

namespace thimble {

struct RunLog::Impl {
  explicit Impl(const std::string& file)
      : logger("thimble", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file, false)) {
    logger.flush_on(spdlog::level::info);
  }
  spdlog::logger logger;
};

RunLog::RunLog(const std::filesystem::path& file) {
  try {
    impl_ = std::make_unique<Impl>(file.string());
  } catch (const spdlog::spdlog_ex& e) {
    throw Error(e.what());
  }
}
RunLog::~RunLog() = default;

void RunLog::tell(const std::string& line) {
  note(line);
  say(line);
}

void RunLog::note(const std::string& line) { impl_->logger.info(line); }

}  // namespace thimble
