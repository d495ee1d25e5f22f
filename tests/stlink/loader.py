"""The program that OpenOCD puts into SRAM to write the flash, in its effect: it empties a ring that OpenOCD fills.

Ours does what stm32f2x.S of OpenOCD does, by its register interface: r0 the ring (write pointer, read pointer, data), r1
its end, r2 the address in flash, r3 halfwords left, r4 the flash controller. At the end r0 is the error bits.
"""

SIGNATURE = bytes.fromhex("d0f80080b8f1000f1bd047684745f7d0")
ERRORS = 0xF0
DATA = 8  # bytes of the two pointers


class Loader:
    def __init__(self, registers, memory, flash):
        self.ring, self.end, self.to, count = registers[:4]
        self.left = 2 * count
        self.memory, self.flash = memory, flash
        self.status = None  # the result, once it has ended

    def _word(self, address):
        return int.from_bytes(self.memory.read(address, 4), "little")

    def holds(self, address):
        return self.ring <= address < self.end

    def work(self):
        """Takes what the ring holds."""
        if self.status is not None:
            return
        write, read = self._word(self.ring), self._word(self.ring + 4)
        if write == 0:
            self.status = 0  # OpenOCD gave up
            return
        while read != write and self.left:
            end = write if write > read else self.end
            data = self.memory.read(read, min(end - read, self.left))
            self.flash.control |= 1
            self.flash.program(self.to, data)
            self.flash.control &= ~1
            self.to, self.left, read = self.to + len(data), self.left - len(data), read + len(data)
            if read >= self.end:
                read = self.ring + DATA
            if self.flash.status & ERRORS:
                self.status = self.flash.status & ERRORS
                self.memory.write(self.ring + 4, bytes(4))
                return
        self.memory.write(self.ring + 4, read.to_bytes(4, "little"))
        if self.left == 0:
            self.status = 0
