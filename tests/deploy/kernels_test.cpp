#include "deploy/kernels/thimble.h"
#include "tests/catch.hpp"
#include "tests/deploy/kernels_case.h"
#include "tests/deploy/kernels_cases.hpp"

using namespace thimble;

namespace {

void check_kernel(thimble_kernel_id kernel, int count) {
  for (int i = 0; i < 2 * count; ++i) {
    const test::KernelCase one = test::random_case(kernel, i % 2 != 0, static_cast<std::uint64_t>(i));
    const auto* record = reinterpret_cast<const kernels_case*>(one.record.data());
    std::vector<std::uint64_t> arena(record->arena_bytes / 8 + 1);
    INFO(one.name);
    REQUIRE(kernels_check(record, reinterpret_cast<std::int8_t*>(arena.data())) == KERNELS_SAME);
  }
}

}  // namespace

TEST_CASE("every kernel gives TFLite's bits for any shape, in place too, and writes nothing else",
          "[deploy][kernels]") {
  SECTION("conv2d") { check_kernel(THIMBLE_CONV2D, 400); }
  SECTION("pointwise") { check_kernel(THIMBLE_POINTWISE, 300); }
  SECTION("depthwise") { check_kernel(THIMBLE_DEPTHWISE, 400); }
  SECTION("fully connected") { check_kernel(THIMBLE_FULLY_CONNECTED, 200); }
  SECTION("add") { check_kernel(THIMBLE_ADD, 200); }
  SECTION("average pool") { check_kernel(THIMBLE_AVERAGE_POOL, 300); }
  SECTION("winograd") { check_kernel(THIMBLE_WINOGRAD, 300); }
  SECTION("max pool") { check_kernel(THIMBLE_MAX_POOL, 200); }
  SECTION("mul") { check_kernel(THIMBLE_MUL, 400); }
  SECTION("mean") { check_kernel(THIMBLE_MEAN, 300); }
  SECTION("lookup") { check_kernel(THIMBLE_LOOKUP, 100); }
  SECTION("softmax") { check_kernel(THIMBLE_SOFTMAX, 200); }
  SECTION("pad") { check_kernel(THIMBLE_PAD, 100); }
  SECTION("transpose") { check_kernel(THIMBLE_TRANSPOSE, 200); }
  SECTION("resize nearest") { check_kernel(THIMBLE_RESIZE_NEAREST, 100); }
  SECTION("concat") { check_kernel(THIMBLE_CONCAT, 200); }
  SECTION("conv2d for MVE") { check_kernel(THIMBLE_MVE_CONV2D, 400); }
  SECTION("pointwise for MVE") { check_kernel(THIMBLE_MVE_POINTWISE, 400); }
  SECTION("depthwise for MVE") { check_kernel(THIMBLE_MVE_DEPTHWISE, 400); }
  SECTION("small conv2d") { check_kernel(THIMBLE_SMALL_CONV2D, 400); }
  SECTION("depthwise 3x3") { check_kernel(THIMBLE_DEPTHWISE_3X3, 400); }
  SECTION("depthwise 5x5") { check_kernel(THIMBLE_DEPTHWISE_5X5, 400); }
  SECTION("depthwise 7x7") { check_kernel(THIMBLE_DEPTHWISE_7X7, 400); }
  SECTION("narrow depthwise") { check_kernel(THIMBLE_DEPTHWISE_NARROW, 400); }
  SECTION("depthwise on nine pixels") { check_kernel(THIMBLE_DEPTHWISE_NINE, 400); }
  SECTION("small depthwise") { check_kernel(THIMBLE_SMALL_DEPTHWISE, 400); }
}
