"""The flash of an STM32 behind its controller."""

KEYS = (0x45670123, 0xCDEF89AB)


class Array:
    """The memory itself: bits only fall until a sector is erased."""

    def __init__(self, part, emulator, written):
        """`written`: is told of what the flash holds anew, as (address, data)."""
        self.part, self.emulator, self.written = part, emulator, written

    def erase(self, from_kb, size_kb):
        """As far as the machine has memory there."""
        size_kb = min(from_kb + size_kb, self.part.MACHINE_FLASH_KB) - from_kb
        if size_kb > 0:
            self._store(self.part.FLASH + 1024 * from_kb, b"\xff" * (1024 * size_kb))

    def program(self, address, data):
        before = self.emulator.read(address, len(data))
        self._store(address, bytes(a & b for a, b in zip(before, data)))

    def _store(self, address, data):
        self.emulator.write_rom(address, data)
        self.written(address, data)


class Lock:
    """Opens for two keys in a row."""

    def __init__(self):
        self.closed, self.taken = True, 0

    def offer(self, key):
        self.taken = self.taken + 1 if key == KEYS[self.taken] else 0
        if self.taken == len(KEYS):
            self.closed, self.taken = False, 0


class FlashF4:
    """STM32F4 and F7 (RM0090 and RM0385, chapter 3)."""

    BASE, SIZE = 0x40023C00, 0x400
    ACR, KEYR, SR, CR, OPTCR = 0x00, 0x04, 0x0C, 0x10, 0x14
    PROGRAM, SECTOR_ERASE, MASS_ERASE, START, LOCK = 1, 2, 4, 1 << 16, 1 << 31
    WRITE_PROTECTED, SEQUENCE_ERROR, ERRORS = 1 << 4, 1 << 7, 0xF0

    def __init__(self, part, array, faults):
        self.part, self.array, self.faults = part, array, faults
        self.access = 0
        self.reset()

    def reset(self):
        self.lock, self.control, self.status = Lock(), 0, 0

    def owns(self, address):
        return self.BASE <= address < self.BASE + self.SIZE

    def read(self, address):
        control = self.control | (self.LOCK if self.lock.closed else 0)
        return {self.ACR: self.access, self.SR: self.status, self.CR: control,
                self.OPTCR: 0x0FFFAAED}.get(address - self.BASE, 0)

    def write(self, address, value):
        register = address - self.BASE
        if register == self.ACR:
            self.access = value
        elif register == self.KEYR:
            self.lock.offer(value)
        elif register == self.SR:
            self.status &= ~value
        elif register == self.CR and not self.lock.closed:
            self._set_control(value)

    def _set_control(self, value):
        self.control = value & ~(self.START | self.LOCK)
        self.lock.closed = bool(value & self.LOCK)
        if value & self.START:
            if self.faults.happens("flash"):
                self.status |= self.WRITE_PROTECTED
            else:
                self._erase(value)

    def _erase(self, value):
        if value & self.MASS_ERASE:
            self.array.erase(0, self.part.flash_kb)
        elif value & self.SECTOR_ERASE:
            sector = value >> 3 & 0x1F
            if sector < len(self.part.sector_kb):
                self.array.erase(sum(self.part.sector_kb[:sector]), self.part.sector_kb[sector])

    def program(self, address, data):
        """By whoever writes to the flash."""
        if self.lock.closed or not self.control & self.PROGRAM:
            self.status |= self.SEQUENCE_ERROR
        else:
            self.array.program(address, data)

    def program_by_loader(self, address, data, refused=False):
        """Returns the error bits. `refused`: a fault is wanted."""
        self.control |= self.PROGRAM
        if refused:
            self.status |= self.WRITE_PROTECTED
        else:
            self.program(address, data)
        self.control &= ~self.PROGRAM
        return self.status & self.ERRORS


class FlashL4(FlashF4):
    """STM32L4+ (RM0432, chapter 3) with two banks of 4 KiB pages."""

    BASE, SIZE = 0x40022000, 0x400
    KEYR, SR, CR, OPTR, OPTCR = 0x08, 0x10, 0x14, 0x20, None
    WRITE_PROTECTION = (0x2C, 0x30, 0x4C, 0x50)
    PAGE_KB, SECOND_BANK, MASS_ERASE_1, MASS_ERASE_2 = 4, 1 << 11, 1 << 2, 1 << 15
    ERRORS = 0xFA

    def read(self, address):
        register = address - self.BASE
        if register in self.WRITE_PROTECTION:
            return 0xFF  # from page 255 to page 0: none
        return 0xFFEFF8AA if register == self.OPTR else super().read(address)

    def _erase(self, value):
        bank_kb = self.part.flash_kb // 2
        if value & self.MASS_ERASE_1:
            self.array.erase(0, bank_kb)
        if value & self.MASS_ERASE_2:
            self.array.erase(bank_kb, bank_kb)
        if value & self.SECTOR_ERASE:
            first_kb = bank_kb if value & self.SECOND_BANK else 0
            self.array.erase(first_kb + self.PAGE_KB * (value >> 3 & 0xFF), self.PAGE_KB)


class BankH7(FlashF4):
    """One bank of an STM32H743 (RM0433, chapter 4): 128 KiB sectors, errors cleared in a register of their own."""

    SIZE = 0x100
    KEYR, CR, SR, CCR, OPTCR, PROTECTION = 0x04, 0x0C, 0x10, 0x14, 0x18, 0x38
    LOCK, PROGRAM, SECTOR_ERASE, MASS_ERASE, START = 1, 2, 4, 8, 1 << 7
    WRITE_PROTECTED, SEQUENCE_ERROR, ERRORS = 1 << 17, 1 << 18, 0x07EE0000
    SECTOR_KB = 128

    def __init__(self, part, array, faults, number):
        self.BASE, self.first_kb = 0x52002000 + 0x100 * number, part.flash_kb // 2 * number
        super().__init__(part, array, faults)

    def read(self, address):
        return 0xFF if address - self.BASE == self.PROTECTION else super().read(address)

    def write(self, address, value):
        if address - self.BASE == self.CCR:
            self.status &= ~value
        elif address - self.BASE != self.SR:
            super().write(address, value)

    def _erase(self, value):
        if value & self.MASS_ERASE:
            self.array.erase(self.first_kb, self.part.flash_kb // 2)
        elif value & self.SECTOR_ERASE:
            self.array.erase(self.first_kb + self.SECTOR_KB * (value >> 8 & 7), self.SECTOR_KB)


class FlashH7:
    """Both banks."""

    def __init__(self, part, array, faults):
        self.part = part
        self.banks = [BankH7(part, array, faults, number) for number in (0, 1)]

    def reset(self):
        for bank in self.banks:
            bank.reset()

    def owns(self, address):
        return any(bank.owns(address) for bank in self.banks)

    def _bank_of(self, address):
        return next(bank for bank in self.banks if bank.owns(address))

    def read(self, address):
        return self._bank_of(address).read(address)

    def write(self, address, value):
        self._bank_of(address).write(address, value)

    def _bank_holding(self, address):
        return self.banks[(address - self.part.FLASH) // (512 * self.part.flash_kb)]

    def program(self, address, data):
        self._bank_holding(address).program(address, data)

    def program_by_loader(self, address, data, refused=False):
        return self._bank_holding(address).program_by_loader(address, data, refused)


CONTROLLERS = {"f4": FlashF4, "l4": FlashL4, "h7": FlashH7}
