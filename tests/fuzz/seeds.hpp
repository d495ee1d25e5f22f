#pragma once
#include <cstdint>
#include <vector>

namespace thimble::test {

/// Small sound .tflite files with every operator: by the tests' own writer and by the exporter.
std::vector<std::vector<std::uint8_t>> seed_files();

}  // namespace thimble::test
