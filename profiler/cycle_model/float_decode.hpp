#pragma once
#include "profiler/cycle_model/instruction.hpp"

namespace thimble::cycle_model {

/// Decodes the coprocessor space, which on a Cortex-M4 is the single-precision VFP (ARMv7-M manual, section A6).
Instruction decode_float(unsigned first, unsigned second);

}  // namespace thimble::cycle_model
