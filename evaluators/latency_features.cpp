#include "evaluators/latency_features.hpp"

#include <algorithm>

#include "deploy/kernels/depthwise.h"
#include "deploy/pack/depthwise.hpp"
#include "graph/base/check.hpp"
#include "graph/window.hpp"

namespace thimble {
namespace {

bool clamps(const thimble_layer& shape) { return shape.activation_min > -128 || shape.activation_max < 127; }

double in_groups(int count, int group) { return (count + group - 1) / group; }
double blocks_of_four(int count) { return in_groups(count, 4); }

/// Rows copied to the ring.
double ring_bytes(const thimble_layer& shape) {
  return shape.ring_rows > 0 ? 1.0 * shape.in_h * shape.in_w * shape.in_c : 0.0;
}

/// 1x1 convolutions whose inputs stay in registers, four pixels at a time.
bool in_registers(std::uint32_t kernel, const thimble_layer& shape) {
  return kernel == THIMBLE_POINTWISE && (shape.in_c == 8 || shape.in_c == 16) && shape.out_c % 4 == 0 && !shape.wide;
}

/// Pixels as the kernels take them: two at a time, a last one of a row alone. A picture without a ring is one row.
struct Pixels {
  double rows = 0, fours = 0, pairs = 0, singles = 0;
};

Pixels pixels_of(std::uint32_t kernel, const thimble_layer& shape) {
  const bool one_row = kernel == THIMBLE_POINTWISE && shape.ring_rows == 0;
  const int rows = one_row ? 1 : shape.out_h, width = one_row ? shape.out_h * shape.out_w : shape.out_w;
  const int fours = in_registers(kernel, shape) ? width / 4 : 0, rest = width - 4 * fours;
  return {1.0 * rows, 1.0 * rows * fours, 1.0 * rows * (rest / 2), 1.0 * rows * (rest % 2)};
}

/// What any layer but a depthwise one is made of; products come two at a time and four channels wide.
LatencyFeatures window_features(std::uint32_t kernel, const thimble_layer& shape) {
  const Pixels pixels = pixels_of(kernel, shape);
  const int column = shape.kernel_h * shape.kernel_w * shape.in_c;
  const double steps = in_groups(column, 2), loops = in_groups(column, 32), blocks = blocks_of_four(shape.out_c);
  const double outputs = 1.0 * shape.out_h * shape.out_w * shape.out_c;
  return {pixels.pairs * blocks * steps,
          pixels.singles * blocks * steps,
          pixels.fours * blocks * steps,
          pixels.pairs * blocks * loops,
          pixels.pairs * blocks,
          pixels.singles * blocks,
          pixels.fours * blocks,
          shape.out_h * shape.out_w * steps,  // inputs made ready
          pixels.pairs,
          pixels.singles,
          pixels.fours,
          pixels.rows,
          outputs,
          shape.relu ? 0.0 : outputs,  // a longer rounding
          clamps(shape) ? outputs : 0.0,
          ring_bytes(shape),
          blocks,
          1.0};
}

/// Of depthwise layers of any window and kernel.
LatencyFeatures depthwise_features(const thimble_layer& shape) {
  const double blocks = blocks_of_four(shape.out_c), pairs = in_groups(shape.out_w, 2);
  const int taps = shape.kernel_h / 2 * shape.kernel_w + shape.kernel_h % 2 * ((shape.kernel_w + 1) / 2);
  const double columns = (2 * pairs - 1) * shape.stride_w + shape.kernel_w + 1;
  const double outputs = blocks * shape.out_h * 2 * pairs;
  return {outputs * taps,
          blocks * shape.out_h * columns * ((shape.kernel_h + 1) / 2),
          outputs,
          shape.relu ? 0.0 : outputs,
          clamps(shape) ? outputs : 0.0,
          blocks * shape.out_h,
          blocks * shape.in_h * shape.in_w,
          blocks * thimble_depthwise_passes_of(&shape).count,
          blocks,
          1.0};
}

/// Units of two rows that a step of two output rows reads, all steps together: all but padding at either end.
double units_read(const thimble_layer& shape, const thimble_depthwise_plan& plan, int steps) {
  const auto is_padding = [&](int unit) {
    const int row = 2 * unit - shape.pad_top;
    return row < -1 || row >= shape.in_h;
  };
  const int last = static_cast<int>(plan.units) - 1;
  int units = steps * (last + 1);
  for (int step = 0; step < steps; ++step) units -= is_padding(step) + is_padding(step + last);
  return units;
}

/// Stride 1 (depthwise_stride_1.c): tiles of two rows and four columns, or two; with 3x3 of two columns, or one.
LatencyFeatures stride_1_features(const thimble_layer& shape, const thimble_depthwise_plan& plan) {
  const double blocks = blocks_of_four(shape.out_c), outputs = blocks * shape.out_h * shape.out_w;
  const int wide = plan.kernel == 3 ? 2 : 4, steps = (shape.out_h + 1) / 2, width = static_cast<int>(plan.width);
  const double tiles = width / wide, last_tiles = width % wide != 0;
  const double calls = in_groups(steps, static_cast<int>(plan.group)), units = units_read(shape, plan, steps);
  const bool located_once = calls == 1 || plan.kept_steps >= static_cast<unsigned>(steps);
  return {blocks,
          blocks * calls,
          calls > 1 ? blocks : 0.0,
          blocks * steps,
          located_once ? 0.0 : blocks * steps,
          blocks * steps * tiles,
          blocks * steps * last_tiles,
          blocks * units * tiles,
          blocks * units * last_tiles,
          blocks * shape.in_h,
          blocks * shape.in_h * shape.in_w,
          outputs,
          blocks * (shape.out_h % 2) * shape.out_w,
          blocks * (shape.out_h % 2),
          shape.relu ? 0.0 : outputs,
          clamps(shape) ? outputs : 0.0,
          1.0 * plan.slots * plan.columns,
          1.0};
}

/// Window rows that lie on the picture, all output rows together; and how often their number changes from one to the
/// next at the lower end, where weights are loaded anew.
struct WindowRows {
  double inside = 0, loads = 0;
};
WindowRows window_rows(const thimble_layer& shape) {
  WindowRows rows;
  int end = -1;
  for (int y = 0; y < shape.out_h; ++y) {
    const WindowSpan span = window_span(y, shape.stride_h, shape.pad_top, shape.kernel_h, shape.in_h);
    rows.inside += std::max(span.end - span.begin, 0);
    rows.loads += span.end != end;
    end = span.end;
  }
  return rows;
}

/// Stride 2 (depthwise_stride_2.c): single outputs with 3x3, else five of a row at a time, all with a list of tiles.
LatencyFeatures stride_2_features(const thimble_layer& shape) {
  const double blocks = blocks_of_four(shape.out_c), outputs = blocks * shape.out_h * shape.out_w;
  const bool by_fives = shape.kernel_h > 3;
  const double tiles = in_groups(shape.out_w, by_fives ? 5 : 4), columns = tiles * (by_fives ? 5 : 4);
  const double calls = thimble_depthwise_passes_of(&shape).count, often = calls > 1 ? blocks : 1.0;
  const WindowRows rows = window_rows(shape);
  const bool turned = !by_fives && shape.pad_left % 2 != 0 && shape.in_w % 2 == 0;
  return {blocks,
          blocks * calls,
          calls > 1 ? blocks : 0.0,
          blocks * shape.in_h,
          blocks * shape.in_h * (shape.in_w / 2),
          blocks * shape.in_h * (shape.in_w % 2),
          outputs,
          turned ? outputs : 0.0,
          blocks * shape.out_h,
          blocks * shape.out_h * tiles,
          blocks * tiles * rows.inside,
          blocks * (rows.loads + calls - 1),
          blocks * (calls - 1) * columns * (shape.kernel_h - 2),  // rows that the next call has, too
          often * shape.out_h * tiles,                            // the list
          shape.relu ? 0.0 : outputs,
          clamps(shape) ? outputs : 0.0,
          often * columns,
          1.0};
}

LatencyFeatures any_features(const ProbeLayer& layer, const thimble_layer& shape) {
  return {static_cast<double>(layer.macs), 1.0 * shape.out_h * shape.out_w * shape.out_c,
          1.0 * shape.in_h * shape.in_w * shape.in_c, 1.0};
}

std::string window_text(const thimble_layer& shape) {
  std::string text = " " + std::to_string(shape.kernel_h) + "x" + std::to_string(shape.kernel_w) + " stride " +
                     std::to_string(shape.stride_h);
  if (shape.stride_w != shape.stride_h) text += "x" + std::to_string(shape.stride_w);
  return text;
}

LatencyTerms depthwise_terms(std::uint32_t kernel, const thimble_layer& shape) {
  const LatencyFeatures general = depthwise_features(shape);
  LatencyTerms terms{"depthwise", short_kernel_name(kernel) + window_text(shape), {}, general, general};
  const bool planned =
      kernel == THIMBLE_DEPTHWISE_3X3 || kernel == THIMBLE_DEPTHWISE_5X5 || kernel == THIMBLE_DEPTHWISE_7X7;
  if (thimble_depthwise_plan plan{}; planned && thimble_depthwise_is_planned(&shape, &plan))
    terms.special = shape.stride_h == 2 ? stride_2_features(shape) : stride_1_features(shape, plan);
  return terms;
}

/// Windows of at most three channels are read from lines (conv2d_few.c), made for up to 24 pairs of outputs at a time.
bool is_from_lines(std::uint32_t kernel, const thimble_layer& shape) {
  return kernel == THIMBLE_CONV2D && shape.in_c <= 3 && shape.kernel_w >= 2 && shape.stride_w <= 2 &&
         shape.out_c % 4 == 0;
}

LatencyFeatures line_features(std::uint32_t kernel, const thimble_layer& shape) {
  LatencyFeatures features = window_features(kernel, shape);
  const double pairs = shape.out_w / 2, lines = shape.out_h * in_groups(shape.out_w / 2, 24);
  features[2] = lines;                                                         // no pixels come in fours here
  features[6] = shape.out_h * pairs + lines * ((shape.kernel_w + 1) / 2 - 1);  // groups of columns
  features[10] = shape.ring_rows > 0 ? lines : 0.0;  // rows that do not follow each other in memory
  return features;
}

LatencyTerms window_terms(std::uint32_t kernel, const thimble_layer& shape) {
  const std::string name = short_kernel_name(kernel);
  const LatencyFeatures features = window_features(kernel, shape);
  if (is_from_lines(kernel, shape)) return {name, name + " few channels", {}, features, line_features(kernel, shape)};
  return {name, name + (in_registers(kernel, shape) ? " in registers" : ""), {}, features, features};
}

}  // namespace

std::string short_kernel_name(std::uint32_t kernel_id) {
  const thimble_kernel_entry* const entry = thimble_kernel_by_id(kernel_id);
  THIMBLE_CHECK(entry != nullptr, "a layer of no kernel");
  const std::string name = entry->name, before = "thimble_", after = "_s8";
  return name.substr(before.size(), name.size() - before.size() - after.size());
}

thimble_layer shape_of(const ProbeLayer& layer) {
  thimble_layer shape{};
  const thimble_status status = thimble_layer_from_words(&shape, layer.words.data());
  THIMBLE_CHECK(status == THIMBLE_OK, "words that are no layer");
  return shape;
}

LatencyTerms latency_terms(const ProbeLayer& layer) {
  const thimble_layer shape = shape_of(layer);
  const auto kernel = static_cast<thimble_kernel_id>(layer.words[0]);
  const bool depthwise = kernel == THIMBLE_MVE_DEPTHWISE || is_depthwise_kernel(kernel);
  LatencyTerms terms = depthwise ? depthwise_terms(kernel, shape) : window_terms(kernel, shape);
  terms.any = any_features(layer, shape);
  return terms;
}

}  // namespace thimble
