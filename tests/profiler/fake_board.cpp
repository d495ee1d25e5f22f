#include "tests/profiler/fake_board.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "graph/base/error.hpp"

namespace thimble::test {

FakeBoard::FakeBoard(const std::string& fake) {
  auto [wire, child_wire] = make_socket_pair();
  auto [regions, child_regions] = make_pipe();
  wire_ = std::move(wire);
  regions_ = std::move(regions);
  child_ = std::make_unique<ChildProcess>(
      std::vector<std::string>{"env", "THIMBLE_FAKE=" + fake, THIMBLE_FAKE_FIRMWARE},
      ChildProcess::Options{.descriptors = {{child_wire.number(), 3}, {child_regions.number(), 4}}});
}

void FakeBoard::write(std::span<const std::uint8_t> bytes, const Deadline&) {
  std::vector<std::uint8_t> sent(bytes.begin(), bytes.end());
  if (to_board) sent = to_board(std::move(sent));
  if (send(wire_.number(), sent.data(), sent.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(sent.size()))
    throw BoardError("the fake board is gone");
}

std::size_t FakeBoard::read(std::span<std::uint8_t> bytes, const Deadline& deadline) {
  while (arrived_.empty()) {
    pollfd file{wire_.number(), POLLIN, 0};
    if (poll(&file, 1, deadline.remaining_ms()) <= 0) return 0;
    std::vector<std::uint8_t> block(4096);
    const ssize_t count = ::read(wire_.number(), block.data(), block.size());
    if (count <= 0) throw BoardError("the fake board is gone");
    block.resize(static_cast<std::size_t>(count));
    arrived_ = from_board ? from_board(std::move(block)) : std::move(block);
  }
  const std::size_t count = std::min(bytes.size(), arrived_.size());
  std::memcpy(bytes.data(), arrived_.data(), count);
  arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

std::vector<RegionCount> FakeBoard::regions() {
  char block[4096];
  for (ssize_t count; (count = ::read(regions_.number(), block, sizeof block)) > 0;)
    region_text_.append(block, static_cast<std::size_t>(count));
  for (const RegionCount& region : take_regions(region_text_)) seen_.push_back(region);
  return seen_;
}

namespace {

ProbeLayer layer_of(const char* name, thimble_kernel_id kernel, thimble_layer layer, std::uint32_t weight_bytes) {
  ProbeLayer result;
  result.name = name;
  result.op = name;
  result.weight_bytes = weight_bytes;
  layer.scratch = 768;
  layer.scratch_bytes = thimble_ring_bytes(&layer) + thimble_kernel_by_id(kernel)->scratch(&layer);
  thimble_layer_to_words(&layer, kernel, result.words.data());
  return result;
}

}  // namespace

ProbePlan small_plan() {
  thimble_layer shape{};
  shape.in_h = shape.in_w = shape.out_h = shape.out_w = 8;
  shape.in_c = shape.out_c = 4;
  shape.stride_h = shape.stride_w = 1;
  shape.operands = 1;
  shape.activation_min = -128;
  shape.activation_max = 127;
  thimble_layer depthwise = shape;
  depthwise.kernel_h = depthwise.kernel_w = 3;
  depthwise.pad_top = depthwise.pad_left = 1;
  depthwise.input = 0;
  depthwise.output = 256;
  thimble_layer add = shape;
  add.kernel_h = add.kernel_w = 1;
  add.operands = 2;
  add.input = 0;
  add.input2 = 256;
  add.output = 512;
  ProbePlan plan;
  plan.arena_bytes = 4096;
  plan.layers.push_back(layer_of("depthwise", THIMBLE_DEPTHWISE, depthwise, 512));
  plan.layers.push_back(layer_of("add", THIMBLE_ADD, add, 64));
  return plan;
}

}  // namespace thimble::test
