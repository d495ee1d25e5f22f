// QEMU TCG plugin: modelled cycles of the regions that the guest brackets by `dbg #1` and `dbg #2`.
//
//   qemu-system-arm -M mps2-an386 -nographic -kernel firmware.elf -plugin libthimble_cycles.so,core=cortex-m4,out=FILE
//
// FILE (or FIFO, or /dev/fd/N) receives one line per region as it ends: "<instructions> <cycles>". Regions do not nest.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

#include "profiler/cycle_model/block.hpp"
#include "profiler/cycle_model/qemu_plugin_api.hpp"

namespace {

using namespace thimble::cycle_model;

constexpr int kBeginMarker = 1, kEndMarker = 2;

int output = -1;
Core core = Core::kM4;
RegionCounter region;
// Blocks that were translated again are found again: a session that runs for days does not grow.
std::map<Block, CostedBlock> blocks;

void write_line() {
  char line[64];
  const int size =
      std::snprintf(line, sizeof line, "%llu %llu\n", static_cast<unsigned long long>(region.instructions()),
                    static_cast<unsigned long long>(region.cycles()));
  for (int done = 0; done < size;) {
    const ssize_t written = write(output, line + done, static_cast<std::size_t>(size - done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;  // the reader has gone, and will miss its line
    done += static_cast<int>(written);
  }
}

void on_block(unsigned, void* userdata) {
  if (region.open()) region.enter(*static_cast<CostedBlock*>(userdata));
}

void on_begin(unsigned, void*) { region.begin(); }

void on_end(unsigned, void* userdata) {
  if (!region.open()) return;
  region.leave_to(static_cast<CostedBlock*>(userdata)->block().begin);
  region.end();
  write_line();
}

void on_access(unsigned, qemu_plugin_meminfo_t access, std::uint64_t address, void*) {
  if ((address & 3) != 0 && region.open())
    region.add_unaligned(unaligned_cycles(qemu_plugin_mem_size_shift(access), address));
}

void instrument(qemu_plugin_insn* first, const Block& block) {
  CostedBlock* kept = &blocks.try_emplace(block, block).first->second;
  const Instruction& head = block.code.front();
  const int marker = head.marker;
  const auto callback = head.kind != Kind::kMarker ? on_block : marker == kBeginMarker ? on_begin : on_end;
  if (head.kind == Kind::kMarker && marker != kBeginMarker && marker != kEndMarker) return;
  qemu_plugin_register_vcpu_insn_exec_cb(first, callback, QEMU_PLUGIN_CB_NO_REGS, kept);
}

Instruction decode(const qemu_plugin_insn* instruction) {
  std::uint16_t halves[2] = {};
  const auto* bytes = static_cast<const char*>(qemu_plugin_insn_data(instruction));
  std::memcpy(&halves[0], bytes, 2);
  if (is_wide(halves[0])) std::memcpy(&halves[1], bytes + 2, 2);
  return thimble::cycle_model::decode(halves[0], halves[1]);
}

void on_translation(qemu_plugin_id_t, qemu_plugin_tb* translation) {
  qemu_plugin_insn* first = nullptr;
  Block block;
  for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(translation); ++i) {
    qemu_plugin_insn* instruction = qemu_plugin_tb_get_insn(translation, i);
    const Instruction decoded = decode(instruction);
    if (first && (decoded.kind == Kind::kMarker || block.code.back().kind == Kind::kMarker)) {
      instrument(first, block);
      first = nullptr;
    }
    if (!first) {
      first = instruction;
      block = Block{};
      block.begin = block.end = qemu_plugin_insn_vaddr(instruction);
    }
    block.append(decoded);
    if (decoded.any_alignment)
      qemu_plugin_register_vcpu_mem_cb(instruction, on_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, nullptr);
  }
  if (first) instrument(first, block);
}

bool complain(const char* what, const char* value, const char* cause = "") {
  std::fprintf(stderr, "thimble cycle model: %s%s%s\n", what, value, cause);
  return false;
}

bool take_option(const char* option) {
  if (std::strncmp(option, "core=", 5) == 0) {
    const auto known = core_of(option + 5);
    if (known) core = *known;
    return known || complain("there are no rules for ", option + 5);
  }
  if (std::strncmp(option, "out=", 4) != 0) return complain("the options are core=NAME and out=FILE, not ", option);
  output = open(option + 4, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  return output >= 0 || complain("cannot write ", option + 4, std::strerror(errno));
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t*, int argc,
                                                               char** argv) {
  for (int i = 0; i < argc; ++i)
    if (!take_option(argv[i])) return -1;
  if (output < 0 && !complain("out=FILE is missing", "")) return -1;
  region = RegionCounter(core);
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  return 0;
}
}
