#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "profiler/board.hpp"

namespace thimble {

/// The probe firmware of a board on a cable, as it lies on this computer.
struct FirmwareImage {
  std::string name;  ///< the built-in board that it was built for
  std::filesystem::path file;
  std::string hash;           ///< of the file
  std::uint32_t crc = 0;      ///< that the firmware says of itself: a board that says another runs another
  std::uint32_t mailbox = 0;  ///< address of its probe_mailbox
};

/// @param file        empty: the one that was built with this program
/// @error BoardError  there is none, or it is no such firmware
FirmwareImage load_firmware_image(const Board& board, std::filesystem::path file = {});

/// What cycles depend on besides plan, board and clock.
std::string hash_of_firmware(const FirmwareImage& image, const Board& board);

}  // namespace thimble
