#include <unistd.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "deploy/code_inventory.hpp"
#include "deploy/elf.hpp"
#include "deploy/project_files.hpp"
#include "deploy/thumb_code.hpp"
#include "graph/base/error.hpp"
#include "graph/base/files.hpp"
#include "graph/base/hash.hpp"
#include "graph/base/run_process.hpp"

namespace thimble {
namespace {

constexpr const char* kCompiler = "arm-none-eabi-gcc";
constexpr const char* kSizes =
    "#include \"thimble_model.h\"\n"
    "extern const char thimble_model_bytes[];\n"
    "const char thimble_model_bytes[sizeof(thimble_model)] = {0};\n";

/// @error Error  it did not end in time
ProcessResult run_compiler(std::vector<std::string> arguments, const std::string& folder, double deadline_s) {
  arguments.insert(arguments.begin(), kCompiler);
  ProcessResult result = run_process(arguments, folder, deadline_s);
  if (result.timed_out) throw Error(timeout_text(kCompiler, deadline_s, result.output));
  return result;
}

std::string compiler_version(double deadline_s) {
  const ProcessResult result = run_compiler({"--version"}, "", deadline_s);
  if (result.exit_code != 0)
    throw Error(std::string(kCompiler) + ": cannot be run; Debian: apt install gcc-arm-none-eabi");
  return result.output.substr(0, result.output.find('\n'));
}

/// The name without what the compiler adds to its clones: "f.constprop.0" is "f".
std::string function_name(const std::string& symbol) { return symbol.substr(0, symbol.find('.')); }

/// Frames in bytes of the functions of one object (0: it has none, or is assembly), from -fstack-usage:
/// "file.c:line:column:name<tab>bytes<tab>kind".
std::map<std::string, std::int64_t> read_stack_usage(const std::filesystem::path& path) {
  std::map<std::string, std::int64_t> frames;
  if (!std::filesystem::exists(path)) return frames;  // nothing but data
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t'), colon = line.rfind(':', tab);
    if (tab == std::string::npos || colon == std::string::npos) continue;
    if (line.find("dynamic", tab) != std::string::npos && line.find("bounded", tab) == std::string::npos)
      throw Error(path.filename().string() + ": a stack frame without a bound: " + line);
    std::int64_t& frame = frames[function_name(line.substr(colon + 1, tab - colon - 1))];
    frame = std::max<std::int64_t>(frame, std::stoll(line.substr(tab + 1)));
  }
  return frames;
}

std::int64_t round_up(std::int64_t value, std::int64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// Adds the sections of object files to an inventory; references between objects are tied at the end.
class Collector {
 public:
  explicit Collector(CodeInventory& inventory) : inventory_(inventory) {}

  void add(const std::filesystem::path& object, bool counted) {
    const ElfFile elf = read_elf(object);
    const std::vector<int> index = add_sections(elf, object.stem().string(), counted);
    add_frames(elf, index, read_stack_usage(std::filesystem::path(object).replace_extension(".su")));
    for (const ElfReference& reference : elf.references) note(elf, index, reference);
    for (const ElfSymbol& symbol : elf.symbols)
      if (symbol.global && symbol.section != 0) inventory_.defined_in[symbol.name] = at(index, symbol.section);
  }

  void tie() {
    for (const Loose& loose : loose_)
      if (const auto found = inventory_.defined_in.find(loose.symbol); found != inventory_.defined_in.end())
        tie(loose.from, found->second, loose.call);
    for (CodeSection& section : inventory_.sections)
      for (std::vector<int>* list : {&section.calls, &section.holds}) {
        std::sort(list->begin(), list->end());
        list->erase(std::unique(list->begin(), list->end()), list->end());
      }
  }

 private:
  static int at(const std::vector<int>& index, int section) { return index.at(static_cast<std::size_t>(section)); }

  std::vector<int> add_sections(const ElfFile& elf, const std::string& object, bool counted) {
    constexpr std::uint32_t kWrite = 1, kNoBits = 8;
    std::vector<int> index;
    for (const ElfSection& section : elf.sections) {
      index.push_back(section.allocated() ? static_cast<int>(inventory_.sections.size()) : -1);
      if (!section.allocated()) continue;
      CodeSection added;
      added.name = object + " " + section.name;
      added.counted = counted;
      added.pointer_calls = calls_through_pointer(section.code);
      if ((section.flags & kWrite) != 0) added.sram_bytes = round_up(section.size, 8);
      if (section.type != kNoBits) added.flash_bytes = round_up(section.size, (section.flags & kWrite) != 0 ? 8 : 4);
      inventory_.sections.push_back(added);
    }
    return index;
  }

  void add_frames(const ElfFile& elf, const std::vector<int>& index,
                  const std::map<std::string, std::int64_t>& frames) {
    for (const ElfSymbol& symbol : elf.symbols) {
      const auto frame = frames.find(function_name(symbol.name));
      if (symbol.section == 0 || frame == frames.end() || at(index, symbol.section) < 0) continue;
      const ElfSection& section = elf.sections[static_cast<std::size_t>(symbol.section)];
      const std::int64_t known = frame->second > 0 ? frame->second : thumb_frame_bytes(section.code);
      std::int64_t& bytes = inventory_.sections[static_cast<std::size_t>(at(index, symbol.section))].stack_bytes;
      bytes = std::max(bytes, known);
    }
  }

  void note(const ElfFile& elf, const std::vector<int>& index, const ElfReference& reference) {
    const int from = at(index, reference.section);
    if (from < 0) return;
    const ElfSymbol& symbol = elf.symbols.at(static_cast<std::size_t>(reference.symbol));
    if (symbol.section == 0)
      loose_.push_back({from, symbol.name, reference.is_call()});
    else if (at(index, symbol.section) >= 0)
      tie(from, at(index, symbol.section), reference.is_call());
  }

  void tie(int from, int to, bool call) {
    if (from == to && !call) return;  // a constant that holds the address of its neighbour
    CodeSection& section = inventory_.sections[static_cast<std::size_t>(from)];
    (call ? section.calls : section.holds).push_back(to);
  }

  /// A reference to a symbol of another object.
  struct Loose {
    int from;
    std::string symbol;
    bool call;
  };
  CodeInventory& inventory_;
  std::vector<Loose> loose_;
};

CodeInventory compile_and_read(const Target& target, PlanMode mode, double deadline_s) {
  const TemporaryFolder folder;
  std::vector<std::string> command = compiler_flags(target, mode);
  command.insert(command.end(), {"-fstack-usage", "-I.", "-Ithimble", "-c", "sizes.c"});
  write_file(folder.path() / "sizes.c", kSizes);
  for (const ProjectFile& file : project_files(target)) {
    write_file(folder.path() / file.path, file.text);
    if (file.is_source()) command.push_back(file.path);
  }
  const ProcessResult result = run_compiler(command, folder.path().string(), deadline_s);
  if (result.exit_code != 0)
    throw Error("the firmware's sources do not compile for " + target.cpu + ":\n" + result.output);

  CodeInventory inventory;
  inventory.isa = isa_of(target.cpu);
  inventory.exception_frame_bytes = exception_frame_bytes(target);
  Collector collector(inventory);
  for (const ProjectFile& file : project_files(target))
    if (file.is_source())
      collector.add(folder.path() / std::filesystem::path(file.path).filename().replace_extension(".o"),
                    !file.of_the_test());
  collector.tie();
  for (const ElfSymbol& symbol : read_elf(folder.path() / "sizes.o").symbols) {
    if (symbol.name == "thimble_model_bytes") inventory.model_bytes = symbol.size;
  }
  return inventory;
}

/// Changes with how objects are read: inventories of before are measured anew.
constexpr int kInventoryVersion = 3;

std::uint64_t sources_key(const Target& target, PlanMode mode, const std::string& compiler) {
  std::string all = std::to_string(kInventoryVersion) + "\n" + compiler + "\n" + kSizes;
  for (const std::string& flag : compiler_flags(target, mode)) all += flag + "\n";
  for (const ProjectFile& file : project_files(target)) all.append(file.path).append("\n").append(file.text);
  return fnv1a64(all);
}

void store(const CodeInventory& inventory, const std::filesystem::path& path) {
  const std::filesystem::path partial = path.string() + "." + std::to_string(getpid());
  write_file(partial, to_text(inventory));
  std::filesystem::rename(partial, path);
}

}  // namespace

CodeInventory measure_code(const Target& target, const std::filesystem::path& cache_folder, PlanMode mode,
                           double deadline_s) {
  const std::string compiler = compiler_version(deadline_s);
  const std::filesystem::path cached = cache_folder / ("code-" + to_hex(sources_key(target, mode, compiler)) + ".json");
  if (!cache_folder.empty() && std::filesystem::exists(cached))
    if (std::optional<CodeInventory> inventory = inventory_from_text(read_file(cached))) return *inventory;
  CodeInventory inventory = compile_and_read(target, mode, deadline_s);
  inventory.compiler = compiler;
  if (!cache_folder.empty()) store(inventory, cached);
  return inventory;
}

}  // namespace thimble
