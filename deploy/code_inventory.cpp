#include "deploy/code_inventory.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

/// Walks the calls depth first and keeps what each section needs.
class StackWalk {
 public:
  StackWalk(const CodeInventory& inventory, int dispatcher, const std::vector<int>& dispatched)
      : inventory_(inventory),
        dispatcher_(dispatcher),
        dispatched_(dispatched),
        depth_(inventory.sections.size(), kUnknown) {}

  std::int64_t depth(int section) {
    const CodeSection& code = inventory_.sections[static_cast<std::size_t>(section)];
    const std::int64_t known = known_depth(section);
    if (known == kOpen) throw Error(code.name + ": calls itself, so its stack has no bound");
    if (known != kUnknown) return known;
    known_depth(section) = kOpen;
    std::int64_t called = 0;
    for (int next : code.calls) called = std::max(called, depth(next));
    const bool handed_down = any_calls_pointers(code.calls);
    called = handed_down ? called + depth_of_held(code) : std::max(called, depth_of_held(code));
    if (section == dispatcher_)
      for (int next : dispatched_) called = std::max(called, depth(next));
    return known_depth(section) = code.stack_bytes + called;
  }

 private:
  static constexpr std::int64_t kUnknown = -1, kOpen = -2;

  std::int64_t& known_depth(int section) { return depth_.at(static_cast<std::size_t>(section)); }

  /// Of the functions whose address is taken: one at a time, or one upon the other where they call through pointers.
  std::int64_t depth_of_held(const CodeSection& code) {
    std::int64_t one = 0, all = 0;
    for (int next : code.holds) {
      one = std::max(one, depth(next));
      all += depth(next);
    }
    return any_calls_pointers(code.holds) ? all : one;
  }

  bool any_calls_pointers(const std::vector<int>& sections) const {
    return std::any_of(sections.begin(), sections.end(), [&](int section) {
      const CodeSection& code = inventory_.sections[static_cast<std::size_t>(section)];
      return code.pointer_calls || any_calls_pointers(code.calls) || any_calls_pointers(code.holds);
    });
  }

  const CodeInventory& inventory_;
  int dispatcher_;
  const std::vector<int>& dispatched_;
  std::vector<std::int64_t> depth_;
};

int section_of(const CodeInventory& inventory, const std::string& symbol) {
  const auto found = inventory.defined_in.find(symbol);
  if (found == inventory.defined_in.end()) throw Error(symbol + ": no source of the kernel library defines it");
  return found->second;
}

}  // namespace

std::string to_text(const CodeInventory& inventory) {
  nlohmann::json json = {{"compiler", inventory.compiler},
                         {"mve", inventory.isa == Isa::kMve},
                         {"model_bytes", inventory.model_bytes},
                         {"exception_frame_bytes", inventory.exception_frame_bytes},
                         {"defined_in", inventory.defined_in}};
  for (const CodeSection& section : inventory.sections)
    json["sections"].push_back({section.name, section.flash_bytes, section.sram_bytes, section.stack_bytes,
                                section.pointer_calls, section.counted, section.calls, section.holds});
  return json.dump(1) + "\n";
}

std::optional<CodeInventory> inventory_from_text(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  CodeInventory inventory;
  try {
    json.at("compiler").get_to(inventory.compiler);
    inventory.isa = json.at("mve").get<bool>() ? Isa::kMve : Isa::kPortable;
    json.at("model_bytes").get_to(inventory.model_bytes);
    json.at("exception_frame_bytes").get_to(inventory.exception_frame_bytes);
    json.at("defined_in").get_to(inventory.defined_in);
    for (const nlohmann::json& entry : json.at("sections"))
      inventory.sections.push_back(
          {entry.at(0), entry.at(1), entry.at(2), entry.at(3), entry.at(4), entry.at(5), entry.at(6), entry.at(7)});
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
  return inventory;
}

std::vector<int> CodeInventory::reachable(const std::vector<std::string>& roots) const {
  std::vector<int> open;
  for (const std::string& root : roots) open.push_back(section_of(*this, root));
  std::set<int> kept;
  while (!open.empty()) {
    const int section = open.back();
    open.pop_back();
    if (!kept.insert(section).second) continue;
    const CodeSection& code = sections.at(static_cast<std::size_t>(section));
    open.insert(open.end(), code.calls.begin(), code.calls.end());
    open.insert(open.end(), code.holds.begin(), code.holds.end());
  }
  return {kept.begin(), kept.end()};
}

std::int64_t CodeInventory::stack_bound(const std::string& root, const std::string& dispatcher,
                                        const std::vector<std::string>& dispatched) const {
  std::vector<int> targets;
  for (const std::string& symbol : dispatched) targets.push_back(section_of(*this, symbol));
  return StackWalk(*this, section_of(*this, dispatcher), targets).depth(section_of(*this, root));
}

}  // namespace thimble
