"""The programs that OpenOCD puts into SRAM to write the flash, in their effect: each empties a ring that OpenOCD fills.

Ours do what OpenOCD's do, by their interfaces (contrib/loaders/flash/stm32 of OpenOCD 0.12): a ring of two pointers, where
OpenOCD writes and where the loader reads, and data; 0 for the one ends the loader, 0 for the other tells of an error.
"""
from dataclasses import dataclass
from typing import Callable

DATA = 8  # bytes of the two pointers


@dataclass(frozen=True)
class Task:
    """What the core's registers say when a loader begins."""

    ring: int  # address
    end: int   # of its data
    to: int    # address in the flash
    unit: int  # bytes of one write
    count: int


def _f4_task(r, _):
    return Task(ring=r[0], end=r[1], to=r[2], unit=2, count=r[3])


def _l4_task(r, word):
    return Task(ring=r[0] + 0x74, end=r[1], to=r[2], unit=word(r[0] + 8), count=r[3])


def _h7_task(r, _):
    return Task(ring=r[0], end=r[1], to=r[2], unit=r[4], count=r[3])


@dataclass(frozen=True)
class Kind:
    signature: bytes  # its first instructions
    task: Callable


KINDS = (
    Kind(bytes.fromhex("d0f80080b8f1000f1bd047684745f7d0"), _f4_task),
    Kind(bytes.fromhex("d0f80080b8f1000f1ad047684745f7d0"), _f4_task),
    Kind(bytes.fromhex("f0b587b007680193436804910293836f"), _l4_task),
    Kind(bytes.fromhex("466807686fb3bf1b42bf7f183f1a083f"), _h7_task),
)
SIGNATURE_BYTES = 16
REGISTERS = 6


def kind_of(code):
    """The loader that code is; None where it is none."""
    return next((kind for kind in KINDS if kind.signature == code[:SIGNATURE_BYTES]), None)


class Loader:
    def __init__(self, kind, registers, memory, flash, refused):
        """`refused`: the flash takes nothing this time."""
        self.memory, self.flash, self.refused = memory, flash, refused
        task = kind.task(registers, self._word)
        self.ring, self.end, self.to = task.ring, task.end, task.to
        self.unit, self.left = task.unit, task.unit * task.count
        self.status = None  # the error bits, once it has ended

    def _word(self, address):
        return int.from_bytes(self.memory.read(address, 4), "little")

    def holds(self, address):
        return self.ring <= address < self.end

    def registers(self):
        """What it leaves in the core's registers, by their numbers."""
        return {0: self.status, 3: self.left // self.unit}

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
            errors = self.flash.program_by_loader(self.to, data, self.refused)
            self.to, self.left, read = self.to + len(data), self.left - len(data), read + len(data)
            if read >= self.end:
                read = self.ring + DATA
            if errors:
                self.status = errors
                self.memory.write(self.ring + 4, bytes(4))
                return
        self.memory.write(self.ring + 4, read.to_bytes(4, "little"))
        if self.left == 0:
            self.status = 0
