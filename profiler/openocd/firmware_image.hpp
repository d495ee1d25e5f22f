#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace thimble {

/// The probe firmware of a board as it lies on this computer.
struct FirmwareImage {
  std::filesystem::path file;
  std::uint32_t crc = 0;      ///< that the firmware says of itself
  std::uint32_t mailbox = 0;  ///< address of its probe_mailbox
};

/// @param name        of the image, "nucleo-f446re"
/// @error BoardError  there is none
FirmwareImage load_firmware_image(const std::string& board, const std::string& name);

}  // namespace thimble
