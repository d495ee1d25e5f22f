#include "evaluators/latency_model_document.hpp"

#include <nlohmann/json.hpp>

#include "evaluators/latency_features.hpp"
#include "graph/base/hash.hpp"
#include "profiler/provenance.hpp"

using nlohmann::json;

namespace thimble {
namespace {

/// Of a row of the table: the kernel's name, the words from in_h on, then these.
constexpr const char* kShapeColumns[] = {
    "in_h",      "in_w",      "in_c",       "out_h",       "out_w",          "out_c",         "kernel_h", "kernel_w",
    "stride_h",  "stride_w",  "pad_top",    "pad_left",    "operands",       "ring_rows",     "relu",     "wide",
    "broadcast", "more_rows", "input_zero", "output_zero", "activation_min", "activation_max"};
static_assert(std::size(kShapeColumns) == kShapeWords - 1);
constexpr std::size_t kSignedColumns = 18;  ///< those from here on are int8
constexpr std::size_t kRowSize = 2 + std::size(kShapeColumns) + 3;

/// By their short names.
const std::map<std::string, std::uint32_t>& kernel_ids() {
  static const std::map<std::string, std::uint32_t> all = [] {
    std::map<std::string, std::uint32_t> ids;
    for (std::uint32_t id = 0; id < THIMBLE_KERNEL_COUNT; ++id) ids[short_kernel_name(id)] = id;
    return ids;
  }();
  return all;
}

bool is_row(const json& row) {
  if (!row.is_array() || row.size() != kRowSize || !row[0].is_string() || !row[1].is_string()) return false;
  for (std::size_t i = 2; i < row.size(); ++i)
    if (!(i + 2 == row.size() ? row[i].is_number() : row[i].is_number_integer())) return false;
  return row[kRowSize - 3] >= 0 && row[kRowSize - 2] >= 0 && row[kRowSize - 1] > 0;
}

}  // namespace

json layer_columns() {
  json names = {"kernel", "op"};
  for (const char* name : kShapeColumns) names.push_back(name);
  for (const char* name : {"macs", "cycles", "seen"}) names.push_back(name);
  return names;
}

json layer_row(const LayerShape& shape, const TimedShape& timed) {
  json row = {short_kernel_name(shape[0]), timed.op};
  for (std::size_t i = 1; i < shape.size(); ++i)
    if (i > kSignedColumns)
      row.push_back(static_cast<std::int32_t>(shape[i]));
    else
      row.push_back(shape[i]);
  row.push_back(timed.macs);
  row.push_back(timed.cycles);
  row.push_back(timed.seen);
  return row;
}

std::string read_layer_row(const json& row, LatencyParameters& p) {
  if (!is_row(row)) return "must be a list of " + std::to_string(kRowSize) + " values, as layer_columns tells";
  const auto kernel = kernel_ids().find(row[0].get<std::string>());
  if (kernel == kernel_ids().end()) return "must be of a kernel that this version has, not " + row[0].dump();
  ProbeLayer layer;
  layer.words[0] = kernel->second;
  LayerShape shape{kernel->second};
  for (std::size_t i = 1; i < shape.size(); ++i) shape[i] = static_cast<std::uint32_t>(row[i + 1].get<std::int64_t>());
  std::copy(shape.begin() + 1, shape.end(), layer.words.end() - static_cast<std::ptrdiff_t>(shape.size() - 1));
  thimble_layer checked{};
  if (thimble_layer_from_words(&checked, layer.words.data()) != THIMBLE_OK)
    return "must be a shape that the kernel library takes";
  p.table[shape] = {row[1].get<std::string>(), row[kRowSize - 3].get<std::int64_t>(), row[kRowSize - 2].get<double>(),
                    row[kRowSize - 1].get<std::int64_t>()};
  return "";
}

}  // namespace thimble
