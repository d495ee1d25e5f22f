#include <charconv>
#include <optional>

#include "search/space/subnet.hpp"

namespace thimble {
namespace {

/// The shortest text that reads back as the same number.
std::string shortest(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end.ptr};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(separator, from), text.size());
    parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

/// The number after `letter`, if the text is that and nothing else.
template <class T>
std::optional<T> number_after(char letter, std::string_view text) {
  if (text.empty() || text.front() != letter) return std::nullopt;
  T value{};
  const auto end = std::from_chars(text.data() + 1, text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<BlockChoice> block_of(std::string_view text) {
  const std::size_t e = text.find('e');
  if (e == std::string_view::npos) return std::nullopt;
  const auto kernel = number_after<int>('k', text.substr(0, e));
  const auto expansion = number_after<int>('e', text.substr(e));
  if (!kernel || !expansion) return std::nullopt;
  return BlockChoice{*kernel, *expansion};
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

std::string to_text(const Subnet& subnet) {
  std::string text = "r" + std::to_string(subnet.resolution) + "-w" + shortest(subnet.width_multiplier);
  for (const auto& stage : subnet.stages) {
    char separator = '-';
    for (const BlockChoice& block : stage) {
      text += separator;
      text += "k" + std::to_string(block.kernel_size) + "e" + std::to_string(block.expansion_ratio);
      separator = '.';
    }
  }
  return text;
}

Result<Subnet, std::string> parse_subnet(std::string_view text, const SearchSpace& space) {
  const auto parts = split(text, '-');
  const auto resolution = number_after<int>('r', parts[0]);
  if (!resolution) return quoted(parts[0]) + " must be a resolution such as r64";
  const auto width = number_after<double>('w', parts.size() > 1 ? parts[1] : "");
  if (!width) return quoted(parts.size() > 1 ? parts[1] : "") + " must be a width multiplier such as w0.5";
  Subnet subnet{*resolution, *width, {}};
  for (std::size_t s = 2; s < parts.size(); ++s) {
    std::vector<BlockChoice>& stage = subnet.stages.emplace_back();
    for (std::string_view part : split(parts[s], '.')) {
      const auto block = block_of(part);
      if (!block) return quoted(part) + " must be a block such as k3e4";
      stage.push_back(*block);
    }
  }
  std::string reason = why_outside(subnet, space);
  if (!reason.empty()) return reason;
  return subnet;
}

}  // namespace thimble
