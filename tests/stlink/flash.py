"""The flash of an STM32F4 or F7 behind its controller (RM0090 and RM0385, chapter 3)."""

KEYS = (0x45670123, 0xCDEF89AB)
ACR, KEYR, OPTKEYR, SR, CR, OPTCR = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14
PROGRAM, SECTOR_ERASE, MASS_ERASE, START, LOCK = 1, 2, 4, 1 << 16, 1 << 31
WRITE_PROTECTED, SEQUENCE_ERROR = 1 << 4, 1 << 7


class Flash:
    BASE, SIZE = 0x40023C00, 0x400

    def __init__(self, part, emulator, faults, written):
        """`written`: is told of what the flash holds anew, as (address, data)."""
        self.part, self.emulator, self.faults, self.written = part, emulator, faults, written
        self.access = 0
        self.options = 0x0FFFAAED
        self.reset()

    def reset(self):
        self.control, self.status, self.keys = LOCK, 0, 0

    def owns(self, address):
        return self.BASE <= address < self.BASE + self.SIZE

    def read(self, address):
        return {ACR: self.access, SR: self.status, CR: self.control, OPTCR: self.options}.get(address - self.BASE, 0)

    def write(self, address, value):
        register = address - self.BASE
        if register == ACR:
            self.access = value
        elif register == KEYR:
            self._unlock(value)
        elif register == SR:
            self.status &= ~value
        elif register == CR:
            self._set_control(value)

    def _unlock(self, value):
        self.keys = self.keys + 1 if value == KEYS[self.keys] else 0
        if self.keys == len(KEYS):
            self.control &= ~LOCK
            self.keys = 0

    def _set_control(self, value):
        if self.control & LOCK:
            return
        self.control = value & ~START
        if not value & START:
            return
        if self.faults.happens("flash"):
            self.status |= WRITE_PROTECTED
        elif value & MASS_ERASE:
            self._erase(0, self.part.flash_kb)
        elif value & SECTOR_ERASE:
            sector = value >> 3 & 0x1F
            if sector < len(self.part.sector_kb):
                self._erase(sum(self.part.sector_kb[:sector]), self.part.sector_kb[sector])

    def _erase(self, from_kb, size_kb):
        self._store(self.part.FLASH + 1024 * from_kb, b"\xff" * (1024 * size_kb))

    def _store(self, address, data):
        self.emulator.write_rom(address, data)
        self.written(address, data)

    def erase_all(self):
        self._erase(0, self.part.flash_kb)

    def program(self, address, data):
        """Bits only fall; a locked flash takes nothing."""
        if self.control & LOCK or not self.control & PROGRAM:
            self.status |= SEQUENCE_ERROR
            return
        before = self.emulator.read(address, len(data))
        self._store(address, bytes(a & b for a, b in zip(before, data)))
