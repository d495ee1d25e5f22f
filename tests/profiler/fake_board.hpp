#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "graph/base/child_process.hpp"
#include "profiler/emulator.hpp"
#include "profiler/probe_plan.hpp"
#include "profiler/transport.hpp"

namespace thimble::test {

/// The probe firmware's own code as a process of this computer, behind a wire that may be made as bad as one likes.
class FakeBoard : public Transport {
 public:
  /// @param fake  what is particular to it: words of THIMBLE_FAKE (fake_core.c)
  explicit FakeBoard(const std::string& fake = "");

  /// What becomes of bytes on their way to the board and back; unset: nothing.
  using Wire = std::function<std::vector<std::uint8_t>(std::vector<std::uint8_t>)>;
  Wire to_board, from_board;

  void write(std::span<const std::uint8_t> bytes, const Deadline& deadline) override;
  std::size_t read(std::span<std::uint8_t> bytes, const Deadline& deadline) override;

  /// Timed regions that were run, all of them.
  std::vector<RegionCount> regions();

 private:
  FileDescriptor wire_, regions_;
  std::vector<std::uint8_t> arrived_;
  std::string region_text_;
  std::vector<RegionCount> seen_;
  std::unique_ptr<ChildProcess> child_;
};

/// A depthwise and an add of 8x8x4 in an arena of 4 KiB.
ProbePlan small_plan();

}  // namespace thimble::test
