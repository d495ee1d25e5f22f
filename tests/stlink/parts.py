"""What a chip looks like to a debugger: its identity and its flash."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    name: str
    cpuid: int
    debug_port: int          # DPIDR
    device: int              # DBGMCU_IDCODE
    flash_size_address: int  # the register that holds the flash's KiB
    flash_kb: int
    breakpoint_unit: int     # FP_CTRL
    flash: str = "f4"        # its controller, of flash.CONTROLLERS
    sector_kb: tuple = ()    # of an F4's or F7's sectors, in order
    debug_unit: int = 0xE0042000  # DBGMCU
    uart: int = 0            # the one that the board's virtual port is wired to; 0: QEMU's is another kind

    FLASH = 0x08000000
    # STM32F405: flash and SRAM where STM32s have them, and a core that runs their code; 128 KiB of SRAM.
    MACHINE = "netduinoplus2"
    MACHINE_FLASH_KB = 1024

    def holds(self, address):
        return self.FLASH <= address < self.FLASH + 1024 * self.flash_kb


def _sectors(first, flash_kb):
    """Four of a size, one of four times that, the others of eight times."""
    sizes = [first] * 4 + [4 * first]
    while sum(sizes) < flash_kb:
        sizes.append(8 * first)
    return tuple(sizes)


M4, M4_PORT, M4_BREAKPOINTS = 0x410FC241, 0x2BA01477, 0x260
M7_BREAKPOINTS = 0x10000080

# Reference manuals RM0390, RM0402, RM0385, RM0432 and RM0433: chapters "embedded flash memory" and "debug support".
PARTS = {
    part.name: part
    for part in (
        Part("stm32f446", M4, M4_PORT, 0x10006421, 0x1FFF7A22, 512, M4_BREAKPOINTS, sector_kb=_sectors(16, 512), uart=2),
        Part("stm32f412", M4, M4_PORT, 0x30006441, 0x1FFF7A22, 1024, M4_BREAKPOINTS, sector_kb=_sectors(16, 1024), uart=3),
        Part("stm32f746", 0x411FC270, 0x5BA02477, 0x10016449, 0x1FF0F442, 1024, M7_BREAKPOINTS,
             sector_kb=_sectors(32, 1024)),
        Part("stm32l4r5", M4, M4_PORT, 0x10016470, 0x1FFF75E0, 2048, M4_BREAKPOINTS, flash="l4"),
        Part("stm32h743", 0x411FC271, 0x6BA02477, 0x20036450, 0x1FF1E880, 2048, M7_BREAKPOINTS, flash="h7",
             debug_unit=0x5C001000),
    )
}
