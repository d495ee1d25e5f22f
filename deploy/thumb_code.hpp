#pragma once
#include <cstdint>
#include <span>

namespace thimble {

/// Bytes that the instructions of a Thumb function take from the stack pointer, all added up: the frame of a function
/// in assembly, of which the compiler knows none. Data between the instructions counts as instructions.
std::int64_t thumb_frame_bytes(std::span<const std::uint8_t> code);

/// Whether a function calls through a register (BLX, or BX other than to the link register).
bool calls_through_pointer(std::span<const std::uint8_t> code);

}  // namespace thimble
