#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace thimble {

/// A file of scalars over steps that TensorBoard reads: TFRecord frames (length, masked CRC-32C, data, masked CRC-32C)
/// of tensorflow.Event messages.
class EventFile {
 public:
  /// Makes FOLDER/events.out.tfevents.SECONDS.HOST.PID, and the folder.
  /// @error Error  it cannot be written
  explicit EventFile(const std::filesystem::path& folder);

  /// Adds one point, and hands it to the system.
  void add(const std::string& tag, std::int64_t step, double value);

 private:
  void write(const std::string& event);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace thimble
