"""An ST-LINK/V2-1 behind ST's stlink-server protocol over TCP, as OpenOCD's ST-LINK driver speaks it.

A request's first byte tells its length; nothing else frames it. Command 5 carries one USB transfer: 16 bytes of ST-LINK
command, a direction, a size, and data. Field layouts: OpenOCD 0.12, src/jtag/drivers/stlink_usb.c.
"""
import struct
import time

OK, BAD_DEVICE, BUSY = 0x00000001, 0x00001053, 0x00002004
DEBUG_OK, DEBUG_FAULT = 0x80, 0x81
DEVICE, CONNECTION = 0x1001, 0x2001
VENDOR, PRODUCT = 0x0483, 0x374B
VERSION = 2 << 12 | 37 << 6 | 27  # V2J37M27
STALL_SECONDS = 1.0
LENGTHS = {0: 2, 1: 1, 2: 8, 3: 8, 4: 8, 6: 4, 7: 8}
READS = {0x07: 1, 0x0C: 1, 0x47: 1, 0x54: 4}   # command: bytes of an access, 1: any
WRITES = {0x08: 1, 0x0D: 1, 0x48: 1, 0x50: 4}


class HungUp(Exception):
    """The probe drops its connection."""


def request_length(data):
    """Bytes of the request that `data` begins with; 0: more are needed. ValueError: there is no such request."""
    if not data:
        return 0
    if data[0] == 5:
        if len(data) < 32:
            return 0
        return 32 + (int.from_bytes(data[28:32], "little") if data[24] == 0 else 0)
    if data[0] not in LENGTHS:
        raise ValueError(f"request {data[0]}")
    return LENGTHS[data[0]]


class StLink:
    def __init__(self, target, serial, faults):
        self.target, self.serial, self.faults = target, serial, faults
        self.mode = 1
        self.status = DEBUG_OK
        self.is_dead = False

    def answer(self, request):
        kind = request[0]
        if kind == 6:
            return struct.pack("<4I", 3, 2, 1, 1)
        if kind == 1:
            return struct.pack("<I", 1)
        if kind == 2:
            serial = self.serial.encode()[:32].ljust(32, b"\0")
            return struct.pack("<II32sHHB", OK, DEVICE, serial, VENDOR, PRODUCT, 0)
        if kind == 3:
            return struct.pack("<II", OK, CONNECTION)
        if kind == 5:
            return self._transfer(request)
        return struct.pack("<I", OK if kind in (0, 4) else BAD_DEVICE)

    def _transfer(self, request):
        writes, size = request[24] == 0, int.from_bytes(request[28:32], "little")
        self._misbehave(request[8:24], size)
        size = 0 if writes else size
        if self.is_dead or self.faults.happens("busy"):
            return struct.pack("<I", BAD_DEVICE if self.is_dead else BUSY) + bytes(size)
        reply = self._command(request[8:24], request[32:], size)
        return struct.pack("<I", OK) + reply[:size].ljust(size, b"\0")

    def _misbehave(self, command, size):
        """Faults come with transfers of data: what a user would call an operation."""
        if command[0] != 0xF2 or command[1] not in WRITES or size < 16:
            return
        if self.faults.happens("drop"):
            raise HungUp
        if self.faults.happens("stall"):
            time.sleep(STALL_SECONDS)
        if self.faults.happens("dead"):
            self.is_dead = True
        if self.faults.happens("lockup"):
            self.target.lock_up()
        if self.faults.happens("reset"):
            self.target.restart()

    def _command(self, command, data, size):
        if command[0] == 0xF1:
            return struct.pack(">H", VERSION) + struct.pack("<HH", VENDOR, PRODUCT)
        if command[0] == 0xF5:
            return bytes([self.mode])
        if command[0] == 0xF7:
            millivolts = 500 if self.faults.happens("voltage") else 3280
            return struct.pack("<II", 1200, millivolts * 1200 // 2400)
        if command[0] == 0xF3:
            self.mode = 1
            return b""
        return self._debug_command(command, data, size) if command[0] == 0xF2 else b""

    def _debug_command(self, command, data, size):
        code, address, length = command[1], int.from_bytes(command[2:6], "little"), int.from_bytes(command[6:8], "little")
        done = bytes([DEBUG_OK, 0, 0, 0])
        target = self.target
        if code in READS:
            unit = READS[code]
            if unit == 1:
                return target.read(address, length)
            return b"".join(target.read(address, unit) for _ in range(0, length, unit))
        if code in WRITES:
            unit = WRITES[code]
            for at in range(0, length, length if unit == 1 else unit):
                target.write(address, data[at:at + (length if unit == 1 else unit)])
            return b""
        if code == 0x21:
            self.mode = 1
            return b""
        if code == 0x30:
            self.mode = 2
            return done
        if code == 0x31:
            return done + struct.pack("<II", target.part.debug_port, 0)
        if code == 0x32:
            target.restart()
            return done
        if code == 0x33:
            return done + struct.pack("<I", target.core_register(command[2]))
        if code == 0x34:
            target.set_core_register(command[2], int.from_bytes(command[3:7], "little"))
            return done
        if code == 0x35:
            target.write(address, command[6:10])
            return done
        if code == 0x36:
            return done + target.read(address, 4)
        if code == 0x3A:
            return done + b"".join(struct.pack("<I", target.core_register(i)) for i in range(21))
        if code in (0x3B, 0x3E):
            status, self.status = self.status, DEBUG_OK
            return bytes([status]).ljust(12, b"\0")
        if code == 0x3C:
            if command[2] == 2:
                target.set_reset_line(True)
            target.set_reset_line(command[2] == 0)
            return done
        return done
