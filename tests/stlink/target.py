"""The chip behind the probe: its core's debug registers, its flash, its memory (ARMv7-M manual, C1)."""
from emulator import Emulator
from flash import Array, CONTROLLERS
from loader import Loader, REGISTERS, SIGNATURE_BYTES, kind_of

CPUID = 0xE000ED00
AIRCR, DFSR, DHCSR, DCRSR, DCRDR, DEMCR = 0xE000ED0C, 0xE000ED30, 0xE000EDF0, 0xE000EDF4, 0xE000EDF8, 0xE000EDFC
FP_CTRL, FP_COMP, FP_END = 0xE0002000, 0xE0002008, 0xE0002048
DWT_CTRL, DWT_END = 0xE0001000, 0xE0001100
DEBUG_UNIT_BYTES = 0x100
PERIPHERALS = 0x40000000
DEBUGEN, HALT, STEP = 1, 2, 4
REGISTER_READY, HALTED, LOCKED_UP, RETIRED, WAS_RESET = 1 << 16, 1 << 17, 1 << 19, 1 << 24, 1 << 25
SEMIHOSTING = 0xAB
BREAKPOINTS = (0x00, SEMIHOSTING, 0x11)  # BKPT's numbers that programs and OpenOCD use


class Target:
    def __init__(self, part, faults, options=(), uart=False):
        self.part, self.faults = part, faults
        self.emulator = Emulator(part.MACHINE, options, part.uart if uart else 0)
        self.breakpoints, self.planted = set(), set()
        array = Array(part, self.emulator, self._find_semihosting)
        array.erase(0, part.flash_kb)
        self.flash = CONTROLLERS[part.flash](part, array, faults)
        self.control = self.catch = self.causes = self.data = self.process_stack = self.special = 0
        self.was_reset = True
        self.held = False       # by the reset line
        self.idle = True        # runs, but there is nothing that a core could run
        self.locked_up = False
        self.loader = None
        self.stored = {}        # registers that only keep what is written
        self.reset()
        self._run()

    def close(self):
        self.emulator.close()

    # --- run control ---

    @property
    def runs(self):
        return self.emulator.running or self.idle

    def _run(self):
        """Starts the core, if it is not one that would lock up: QEMU ends where a core locks up."""
        if self.runs or self.held:
            return
        pc, status = self.emulator.register(Emulator.PC), self.emulator.register(Emulator.XPSR)
        code = self.emulator.read(pc & ~1, SIGNATURE_BYTES)
        if kind := kind_of(code):
            registers = [self.emulator.register(i) for i in range(REGISTERS)]
            self.loader = Loader(kind, registers, self.emulator, self.flash, self.faults.happens("write"))
            self.idle = True
            return
        if not status & 1 << 24 or pc >> 28 in (0xE, 0xF) or code[:2] == b"\xff\xff":
            self.idle = True
            return
        for address in self.planted - self.breakpoints:
            self.emulator.set_breakpoint(address, False)
        for address in self.breakpoints - self.planted:
            self.emulator.set_breakpoint(address, True)
        self.planted = set(self.breakpoints)
        if pc in self.breakpoints:
            self.causes |= 2
            return
        self.emulator.resume()

    def _halt(self):
        self.update()
        if self.runs:
            self.emulator.stop()
            self.idle, self.loader, self.locked_up = False, None, False
            self.causes |= 1
        self.control |= HALT

    def _step(self):
        if self.emulator.register(Emulator.PC) in self.breakpoints:
            self.causes |= 2
            return
        self.emulator.step()
        self.causes |= 1

    def update(self):
        """Notices that the core has stopped at a breakpoint, or its flash loader has ended."""
        if self.loader:
            self.loader.work()
            if self.loader.status is not None:
                for number, value in self.loader.registers().items():
                    self.emulator.set_register(number, value)
                self.loader, self.idle = None, False
                self._stopped()
        elif self.emulator.running and self.emulator.has_stopped():
            self._stopped()

    def _stopped(self):
        self.causes |= 2
        self.control |= HALT

    def lock_up(self):
        """The core stops for good, and only a reset helps."""
        self.emulator.stop()
        self.idle = self.locked_up = True

    def reset(self):
        self.idle, self.loader, self.locked_up = False, None, False
        self.emulator.reset()
        self.flash.reset()
        self.was_reset, self.process_stack, self.special = True, 0, 0

    def _leave_reset(self):
        if self.catch & 1 and self.control & DEBUGEN:
            self.control |= HALT
            self.causes |= 8
        else:
            self.control &= ~HALT
            self._run()

    def restart(self):
        """A reset by the chip itself, or by the probe's command."""
        self.reset()
        if not self.held:
            self._leave_reset()

    def set_reset_line(self, low):
        if low and not self.held:
            self.held = True
            self.reset()
        elif not low and self.held:
            self.held = False
            self._leave_reset()

    # --- core registers, by the numbers of DCRSR ---

    def core_register(self, number):
        self.update()
        if self.runs:
            return 0
        if number < 16:
            return self.emulator.register(number)
        if 64 <= number < 96:
            half = 4 * (number % 2)
            data = self.emulator.double_register(26 + (number - 64) // 2)
            return int.from_bytes(data[half:half + 4], "little")
        return {16: lambda: self.emulator.register(Emulator.XPSR), 17: lambda: self.emulator.register(13),
                18: lambda: self.process_stack, 20: lambda: self.special,
                33: lambda: self.emulator.register(42)}.get(number, lambda: 0)()

    def set_core_register(self, number, value):
        self.update()
        if self.runs:
            return
        if number < 16:
            self.emulator.set_register(number, value & ~1 if number == 15 else value)
        elif number == 16:
            self.emulator.set_register(Emulator.XPSR, value)
        elif number == 17:
            self.emulator.set_register(13, value)
        elif number == 18:
            self.process_stack = value
        elif number == 20:
            self.special = value
        elif 64 <= number < 96:
            register, half = 26 + (number - 64) // 2, 4 * (number % 2)
            data = bytearray(self.emulator.double_register(register))
            data[half:half + 4] = value.to_bytes(4, "little")
            self.emulator.set_double_register(register, bytes(data))

    # --- registers in memory ---

    def _is_special(self, address):
        return (address >> 28 == 0xE or self.flash.owns(address) or self._is_of_debug_unit(address) or
                self.part.flash_size_address & ~3 <= address < (self.part.flash_size_address & ~3) + 4)

    def _is_of_debug_unit(self, address):
        return self.part.debug_unit <= address < self.part.debug_unit + DEBUG_UNIT_BYTES

    def _keeps(self, address):
        return FP_COMP <= address < FP_END or DWT_CTRL < address < DWT_END or self._is_of_debug_unit(address)

    def _status(self):
        self.update()
        value = self.control & 0xF | REGISTER_READY
        if self.runs:
            value = value & ~HALT | RETIRED
        else:
            value |= HALTED
        if self.locked_up:
            value |= LOCKED_UP
        if self.was_reset or self.held:
            value |= WAS_RESET
            self.was_reset = self.held
        return value & ~HALTED if self.held else value

    def _read_word(self, address):
        if address == DHCSR:
            return self._status()
        if address == FP_CTRL:
            return self.part.breakpoint_unit & ~1 | self.stored.get(FP_CTRL, 0) & 1
        if address == DWT_CTRL:
            return 0x40000000 | self.stored.get(DWT_CTRL, 0) & 0x0FFFFFFF
        if address in (CPUID, self.part.debug_unit):
            return self.part.cpuid if address == CPUID else self.part.device
        if self._keeps(address):
            return self.stored.get(address, 0)
        if self.flash.owns(address):
            return self.flash.read(address)
        if address == self.part.flash_size_address & ~3:
            return self.part.flash_kb << 8 * (self.part.flash_size_address % 4)
        simple = {DCRSR: 0, DCRDR: self.data, DEMCR: self.catch, DFSR: self.causes}
        if address in simple:
            return simple[address]
        return int.from_bytes(self.emulator.read(address, 4), "little")

    def _write_word(self, address, value):
        if address == DHCSR:
            self._set_control(value)
        elif address == DCRSR:
            if value & 1 << 16:
                self.set_core_register(value & 0x7F, self.data)
            else:
                self.data = self.core_register(value & 0x7F)
        elif address == DCRDR:
            self.data = value
        elif address == DEMCR:
            self.catch = value
        elif address == DFSR:
            self.causes &= ~value
        elif address == AIRCR and value >> 16 == 0x05FA and value & 5:
            self.restart()
        elif address in (FP_CTRL, DWT_CTRL) or self._keeps(address):
            self.stored[address] = value
        elif self.flash.owns(address):
            self._with_the_core_stopped(lambda: self.flash.write(address, value))
        else:
            self.emulator.write(address, value.to_bytes(4, "little"))

    def _with_the_core_stopped(self, work):
        ran = self.emulator.running
        self.emulator.stop()
        work()
        if ran:
            self.emulator.resume()

    def _set_control(self, value):
        if value >> 16 != 0xA05F:
            return
        self.control = self.control & HALT | value & 0xD
        self.update()
        if self.held:
            self.control = value & 0xF
        elif value & DEBUGEN and value & HALT:
            self._halt()
        elif not self.runs:
            if value & DEBUGEN and value & STEP:
                self._step()
                self.control |= HALT
            else:
                self.control &= ~HALT
                self._run()

    # --- memory, as the probe's commands give it ---

    def read(self, address, size):
        self.update()
        if not self._is_special(address):
            return self.emulator.read(address, size)
        first = address & ~3
        words = b"".join(self._read_word(at).to_bytes(4, "little") for at in range(first, address + size, 4))
        return words[address - first:address - first + size]

    def write(self, address, data):
        if self.part.holds(address):
            self._with_the_core_stopped(lambda: self.flash.program(address, data))
        elif self._is_special(address):
            self._write_special(address, data)
        else:
            if not (self.loader and self.loader.holds(address)):
                self._find_breakpoints(address, data)
            self.emulator.write(address, data)

    def _write_special(self, address, data):
        first = address & ~3
        size = (address + len(data) + 3 & ~3) - first
        words = bytearray(size)
        if size != len(data):
            for at in range(0, size, 4):
                words[at:at + 4] = self._read_word(first + at).to_bytes(4, "little")
        words[address - first:address - first + len(data)] = data
        for at in range(0, size, 4):
            self._write_word(first + at, int.from_bytes(words[at:at + 4], "little"))

    def _find_breakpoints(self, address, data):
        """QEMU makes a fault of a BKPT that nobody has planted."""
        if address >= PERIPHERALS:
            return
        self._scan(address, data, BREAKPOINTS)

    def _find_semihosting(self, address, data):
        self._scan(address, data, (SEMIHOSTING,))

    def _scan(self, address, data, numbers):
        self.breakpoints = {at for at in self.breakpoints if not address <= at < address + len(data)}
        at = data.find(0xBE, 1)
        while at > 0:
            if (address + at) % 2 == 1 and data[at - 1] in numbers:
                self.breakpoints.add(address + at - 1)
            at = data.find(0xBE, at + 1)
