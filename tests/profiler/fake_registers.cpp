#include "tests/profiler/fake_registers.hpp"

namespace thimble::test {

std::map<std::uint32_t, std::uint32_t> registers;
std::vector<std::pair<std::uint32_t, std::uint32_t>> writes;

}  // namespace thimble::test

extern "C" {
std::uint32_t register_read(std::uint32_t address);
void register_write(std::uint32_t address, std::uint32_t value);
}

std::uint32_t register_read(std::uint32_t address) { return thimble::test::registers[address]; }

void register_write(std::uint32_t address, std::uint32_t value) {
  thimble::test::registers[address] = value;
  thimble::test::writes.emplace_back(address, value);
}
