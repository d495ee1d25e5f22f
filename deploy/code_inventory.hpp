#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "deploy/isa.hpp"
#include "deploy/target.hpp"
#include "graph/base/run_process.hpp"

namespace thimble {

/// One linkable piece of the firmware: a function or a constant with its section.
struct CodeSection {
  std::string name;              ///< object and section, "thimble_run.o .text.thimble_run"
  std::int64_t flash_bytes = 0;  ///< rounded up to 4, as the linker script places it
  std::int64_t sram_bytes = 0;   ///< of writable data, rounded up to 8
  std::int64_t stack_bytes = 0;  ///< of the function's own frame
  bool pointer_calls = false;    ///< calls through a register
  bool counted = true;           ///< false for the known-answer test
  std::vector<int> calls;        ///< sections that it branches to
  std::vector<int> holds;        ///< sections whose address it takes
};

/// All code that a firmware may link besides the generated model, as one compiler makes it for one core.
struct CodeInventory {
  std::string compiler;                    ///< its version line
  Isa isa = Isa::kPortable;                ///< of that core: which kernels a plan for it may name
  std::int64_t model_bytes = 0;            ///< sizeof(thimble_model)
  std::int64_t exception_frame_bytes = 0;  ///< what the core pushes for one exception
  std::vector<CodeSection> sections;
  std::map<std::string, int> defined_in;  ///< global symbol to section

  /// Sections that the linker keeps for these symbols, ascending.
  /// @error Error  a symbol that no object defines
  std::vector<int> reachable(const std::vector<std::string>& roots) const;
  /// Deepest stack from `root`. A function whose address another one takes may be called by whatever that one calls, if
  /// that calls through pointers at all; and `dispatcher` may go on to any of `dispatched`, which it finds in data.
  /// @error Error  the calls are recursive
  std::int64_t stack_bound(const std::string& root, const std::string& dispatcher,
                           const std::vector<std::string>& dispatched) const;
};

std::string to_text(const CodeInventory& inventory);                        ///< JSON
std::optional<CodeInventory> inventory_from_text(const std::string& text);  ///< nothing where it is not one

/// Compiles the shipped sources with the target's compiler and reads the objects; an inventory of the same compiler,
/// flags and sources is taken from `cache_folder` (made where missing; empty: no cache).
/// @param deadline_s  seconds that one call of the compiler may take
/// @error Error  there is no such compiler, it refuses a source, or does not end in time; with its message
CodeInventory measure_code(const Target& target, const std::filesystem::path& cache_folder,
                           PlanMode mode = PlanMode::kSpeed, double deadline_s = kToolSeconds);

}  // namespace thimble
