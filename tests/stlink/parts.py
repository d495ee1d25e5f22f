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
    sector_kb: tuple         # of the sectors, in order
    breakpoint_unit: int     # FP_CTRL
    uart: int = 0            # the one that the board's virtual port is wired to; 0: QEMU's is another kind

    FLASH = 0x08000000
    # STM32F405: flash and SRAM where all STM32F4 and F7 have them, and a core that runs their code; 128 KiB of SRAM.
    MACHINE = "netduinoplus2"

    def holds(self, address):
        return self.FLASH <= address < self.FLASH + 1024 * self.flash_kb


def _sectors(first, flash_kb):
    """Four of a size, one of four times that, the others of eight times."""
    sizes = [first] * 4 + [4 * first]
    while sum(sizes) < flash_kb:
        sizes.append(8 * first)
    return tuple(sizes)


# Reference manuals RM0390, RM0402 and RM0385: chapters "embedded flash memory" and "debug support".
PARTS = {
    part.name: part
    for part in (
        Part("stm32f446", 0x410FC241, 0x2BA01477, 0x10006421, 0x1FFF7A22, 512, _sectors(16, 512), 0x260, 2),
        Part("stm32f412", 0x410FC241, 0x2BA01477, 0x30006441, 0x1FFF7A22, 1024, _sectors(16, 1024), 0x260, 3),
        Part("stm32f746", 0x411FC270, 0x5BA02477, 0x10016449, 0x1FF0F442, 1024, _sectors(32, 1024), 0x10000080),
    )
}
