#include "supernet/data/decode.hpp"

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs stdio first
#include <jerror.h>
#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <cstring>

namespace thimble {
namespace {

constexpr std::int64_t kMaxPixels = 100'000'000;

struct JpegErrors {
  jpeg_error_mgr base;  // first: libjpeg hands back a pointer to it
  std::jmp_buf leave;
  char message[JMSG_LENGTH_MAX] = {};
};

void leave_with_message(j_common_ptr info) {
  auto* errors = reinterpret_cast<JpegErrors*>(info->err);
  errors->base.format_message(info, errors->message);
  std::longjmp(errors->leave, 1);
}

/// libjpeg fills damaged parts with grey and goes on with a warning; a training picture should not be grey.
void leave_on_damage(j_common_ptr info, int level) {
  const int code = info->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE))
    leave_with_message(info);
}

/// Between setjmp and the end only plain data live here: a longjmp runs no destructors.
bool run_jpeg(jpeg_decompress_struct& info, JpegErrors& errors, const std::vector<std::uint8_t>& file, int wanted_size,
              DecodedImage& image) {
  if (setjmp(errors.leave)) return false;
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), file.size());
  jpeg_read_header(&info, TRUE);
  info.out_color_space = JCS_RGB;
  info.dct_method = JDCT_ISLOW;
  const int shorter = static_cast<int>(std::min(info.image_width, info.image_height));
  info.scale_denom = 1;
  while (info.scale_denom < 8 && shorter / static_cast<int>(2 * info.scale_denom) >= wanted_size) info.scale_denom *= 2;
  jpeg_start_decompress(&info);
  image.height = static_cast<int>(info.output_height);
  image.width = static_cast<int>(info.output_width);
  if (static_cast<std::int64_t>(image.height) * image.width > kMaxPixels) {
    std::snprintf(errors.message, sizeof(errors.message), "more than 100 million pixels");
    return false;
  }
  const std::size_t row_bytes = static_cast<std::size_t>(image.width) * 3;
  image.pixels.resize(row_bytes * static_cast<std::size_t>(image.height));
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = image.pixels.data() + info.output_scanline * row_bytes;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  return true;
}

Result<DecodedImage, std::string> decode_jpeg(const std::vector<std::uint8_t>& file, int wanted_size) {
  DecodedImage image;
  jpeg_decompress_struct info{};
  JpegErrors errors{};
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = leave_with_message;
  errors.base.emit_message = leave_on_damage;
  const bool done = run_jpeg(info, errors, file, wanted_size, image);
  jpeg_destroy_decompress(&info);
  if (!done) return std::string(errors.message);
  return image;
}

Result<DecodedImage, std::string> decode_png(const std::vector<std::uint8_t>& file) {
  png_image info{};
  info.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&info, file.data(), file.size())) return std::string(info.message);
  if (static_cast<std::int64_t>(info.height) * info.width > kMaxPixels) {
    png_image_free(&info);
    return std::string("more than 100 million pixels");
  }
  info.format = PNG_FORMAT_RGB;
  DecodedImage image{static_cast<int>(info.height), static_cast<int>(info.width), {}};
  image.pixels.resize(PNG_IMAGE_SIZE(info));
  const png_color black{0, 0, 0};
  if (!png_image_finish_read(&info, &black, image.pixels.data(), 0, nullptr)) return std::string(info.message);
  return image;
}

}  // namespace

Result<DecodedImage, std::string> decode_image(const std::vector<std::uint8_t>& file, int wanted_size) {
  const auto starts_with = [&](const char* magic, std::size_t size) {
    return file.size() >= size && std::memcmp(file.data(), magic, size) == 0;
  };
  if (file.empty()) return std::string("empty file");
  if (starts_with("\xff\xd8\xff", 3)) return decode_jpeg(file, wanted_size);
  if (starts_with("\x89PNG", 4)) return decode_png(file);
  return std::string("neither JPEG nor PNG");
}

}  // namespace thimble
