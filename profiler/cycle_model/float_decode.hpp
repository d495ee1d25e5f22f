#pragma once
#include "profiler/cycle_model/instruction.hpp"

namespace thimble::cycle_model {

/// Decodes the coprocessor space: the VFP (ARMv7-M manual, section A6; on a Cortex-M4 of single precision) and the
/// vector extension.
Instruction decode_float(unsigned first, unsigned second);

}  // namespace thimble::cycle_model
