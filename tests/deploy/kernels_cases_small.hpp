#pragma once
#include <vector>

#include "graph/base/rng.hpp"
#include "tests/deploy/kernels_cases.hpp"
#include "tests/deploy/kernels_reference.hpp"

namespace thimble::test {

/// What goes in and what must come out.
struct CaseValues {
  Bytes input, input2{}, expected{};
  int part = 0;              ///< of an operator that several layers compute
  std::vector<bool> kept{};  ///< output bytes that the layer must leave as they are; empty: none
};

/// Places input, operand, output and scratch with gaps of random bytes between them, and writes the record.
void lay_out_case(KernelCase& result, CaseValues values, bool in_place, Rng& rng);

/// A random layer of add (with broadcasting, with constants), mul, mean, lookup, softmax, pad, transpose, resize
/// nearest or concat; the outputs are the int8 interpreter's.
KernelCase random_small_case(thimble_kernel_id kernel, bool in_place, std::uint64_t seed);

}  // namespace thimble::test
