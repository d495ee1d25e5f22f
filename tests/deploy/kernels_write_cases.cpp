// Writes the records of random layers to a file, for the cores' test program to run: kernels_write_cases FILE COUNT
// SEED
#include <cstdlib>
#include <fstream>

#include "tests/deploy/kernels_cases.hpp"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::vector<std::uint32_t> words =
      thimble::test::all_records(std::atoi(argv[2]), static_cast<std::uint64_t>(std::atoll(argv[3])));
  std::ofstream file(argv[1], std::ios::binary);
  file.write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(4 * words.size()));
  return file.good() ? 0 : 1;
}
