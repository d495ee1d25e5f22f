#pragma once
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace thimble::test {

/// What register_read and register_write of firmware compiled with THIMBLE_FAKE_REGISTERS meet.
extern std::map<std::uint32_t, std::uint32_t> registers;
extern std::vector<std::pair<std::uint32_t, std::uint32_t>> writes;

}  // namespace thimble::test
