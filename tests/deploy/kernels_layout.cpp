#include <cstring>

#include "deploy/pack/pack.hpp"
#include "graph/base/check.hpp"
#include "tests/deploy/kernels_case.h"
#include "tests/deploy/kernels_cases_small.hpp"

namespace thimble::test {
namespace {

std::uint32_t round_up(std::size_t value) { return static_cast<std::uint32_t>((value + 7) / 8 * 8); }

}  // namespace

void lay_out_case(KernelCase& result, CaseValues values, bool in_place, Rng& rng) {
  constexpr std::uint32_t kGap = 16;
  const Operator& op = result.graph.operators.at(0);
  thimble_layer layer = layer_shape(result.graph, op, result.kernel, values.part);
  layer.input = kGap;
  std::uint32_t end = layer.input + round_up(values.input.size()) + kGap;
  if (!values.input2.empty()) layer.input2 = end, end += round_up(values.input2.size()) + kGap;
  layer.output = end;
  const bool may_overlap_second = values.input2.size() == values.expected.size();
  const bool over_second = may_overlap_second && rng.chance(0.5);
  if (in_place) layer.output = over_second ? layer.input2 : layer.input;
  end = std::max(end, layer.output + round_up(values.expected.size()) + kGap);
  const std::int32_t ring = thimble_ring_rows(&layer);
  THIMBLE_CHECK(ring >= 0, "no ring for an output at its input");
  layer.ring_rows = static_cast<std::uint8_t>(ring);
  layer.scratch = end;
  layer.scratch_bytes = thimble_ring_bytes(&layer) + thimble_kernel_by_id(result.kernel)->scratch(&layer);

  const auto weights = pack(result.graph, op, result.kernel);
  THIMBLE_CHECK(weights.has_value(), weights.has_value() ? "" : weights.error());
  THIMBLE_CHECK(static_cast<std::int64_t>(4 * weights->size()) == packed_bytes(result.graph, op, result.kernel),
                "packed_bytes");
  const std::uint32_t arena_bytes = layer.scratch + layer.scratch_bytes + kGap;
  Bytes arena;
  for (std::uint32_t i = 0; i < arena_bytes; ++i) arena.push_back(static_cast<std::int8_t>(rng.between(-128, 127)));
  std::copy(values.input.begin(), values.input.end(), arena.begin() + layer.input);
  if (!values.input2.empty()) std::copy(values.input2.begin(), values.input2.end(), arena.begin() + layer.input2);
  for (std::size_t i = 0; i < values.kept.size(); ++i)
    if (values.kept[i]) values.expected[i] = arena[layer.output + i];

  kernels_case header{};
  thimble_layer_to_words(&layer, result.kernel, header.layer);
  header.weight_words = static_cast<std::uint32_t>(weights->size());
  header.arena_bytes = arena_bytes;
  header.output_bytes = static_cast<std::uint32_t>(values.expected.size());
  std::vector<std::uint32_t>& record = result.record;
  record.resize(kernels_case_words(&header));
  std::uint32_t* to = record.data();
  std::memcpy(to, &header, sizeof header);
  to += sizeof header / 4;
  to = std::copy(weights->begin(), weights->end(), to);
  std::memcpy(to, arena.data(), arena.size());
  std::memcpy(to + (arena.size() + 3) / 4, values.expected.data(), values.expected.size());
}

}  // namespace thimble::test
