"""A QEMU Cortex-M machine as a debug probe sees a chip.

Two sockets: QEMU's GDB stub starts and stops the core and writes its flash; its qtest socket reads and writes memory
while the core runs, which the stub cannot do without stopping it.
"""
import ctypes
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time


class Lost(Exception):
    """QEMU is gone: for whoever holds the cable, the board does not answer any more."""


def _connect(path, deadline):
    while True:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(path))
            return link
        except OSError:
            link.close()
            if time.monotonic() > deadline:
                raise Lost(f"nothing listens at {path}") from None
            time.sleep(0.01)


def _die_with_parent():
    set_parent_death_signal = 1  # prctl(2)
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


class GdbStub:
    """GDB's remote serial protocol, without acknowledgements of replies: QEMU stops the core on any byte."""

    def __init__(self, link):
        self.link, self.received = link, b""

    def send(self, text):
        packet = b"$" + text.encode() + b"#%02x" % (sum(text.encode()) % 256)
        self.send_raw(packet)

    def send_raw(self, data):
        try:
            self.link.sendall(data)
        except OSError as error:
            raise Lost(f"QEMU is gone: {error}") from None

    def reply(self, timeout):
        """The next packet's text; None where none comes in time."""
        end = time.monotonic() + timeout
        while True:
            start = self.received.find(b"$")
            stop = self.received.find(b"#", start)
            if 0 <= start < stop and len(self.received) >= stop + 3:
                text = self.received[start + 1:stop].decode()
                self.received = self.received[stop + 3:]
                return text
            self.link.settimeout(max(end - time.monotonic(), 0.000001))
            try:
                block = self.link.recv(65536)
            except (TimeoutError, BlockingIOError):
                return None
            except OSError as error:
                raise Lost(f"QEMU is gone: {error}") from None
            if not block:
                raise Lost("QEMU closed its GDB stub")
            self.received += block

    def command(self, text):
        self.send(text)
        while True:
            reply = self.reply(5)
            if reply is None:
                raise Lost(f"QEMU does not answer {text[:20]!r}")
            if reply == "OK" or not reply.startswith("O"):
                return reply


class Qtest:
    """QEMU's test protocol: a line for a line. It does not disturb the core."""

    MOST = 16384

    def __init__(self, link):
        self.link, self.received = link, b""
        self.link.settimeout(5)

    def command(self, text):
        try:
            self.link.sendall(text.encode() + b"\n")
            while True:
                line, end, rest = self.received.partition(b"\n")
                if end:
                    self.received = rest
                    if not line.startswith(b"IRQ"):
                        return line.decode()
                    continue
                block = self.link.recv(65536)
                if not block:
                    raise Lost("QEMU closed its qtest socket")
                self.received += block
        except OSError as error:
            raise Lost(f"QEMU is gone: {error}") from None

    def read(self, address, size):
        data = b""
        while size:
            part = min(size, self.MOST)
            data += bytes.fromhex(self.command(f"read {address:#x} {part:#x}").split()[1][2:])
            address, size = address + part, size - part
        return data

    def write(self, address, data):
        widths = {4: "writel", 2: "writew", 1: "writeb"}
        if len(data) in widths and address % len(data) == 0:
            self.command(f"{widths[len(data)]} {address:#x} {int.from_bytes(data, 'little'):#x}")
            return
        for at in range(0, len(data), self.MOST):
            part = data[at:at + self.MOST]
            self.command(f"write {address + at:#x} {len(part):#x} 0x{part.hex()}")


def _serial_options(uart):
    """The machine's UARTs in order: all but one lead nowhere, and that one to a pseudo terminal."""
    if not uart:
        return ["-serial", "null"]
    return ["-serial", "null"] * (uart - 1) + ["-chardev", "pty,id=uart", "-serial", "chardev:uart"]


class Emulator:
    """The machine, stopped at first. `options`: more of QEMU's command line. `uart`: number of the one that leads to a
    pseudo terminal; 0: none."""

    PC, XPSR = 15, 25

    def __init__(self, machine, options=(), uart=0):
        self.folder = tempfile.TemporaryDirectory(prefix="stlink-")
        folder = pathlib.Path(self.folder.name)
        self.log = open(folder / "qemu.log", "w+b")
        command = ["qemu-system-arm", "-M", machine, "-display", "none", "-S", "-monitor", "none", *_serial_options(uart),
                   "-chardev", f"socket,id=gdb,path={folder / 'gdb'},server=on,wait=off", "-gdb", "chardev:gdb",
                   "-qtest", f"unix:{folder / 'qtest'},server=on,wait=off", "-qtest-log", "none", "-accel", "tcg"]
        self.process = subprocess.Popen([*command, *options], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, preexec_fn=_die_with_parent)
        deadline = time.monotonic() + 10
        self.gdb = GdbStub(_connect(folder / "gdb", deadline))
        self.memory = Qtest(_connect(folder / "qtest", deadline))
        self.gdb.command("qSupported:xmlRegisters=arm")
        self.gdb.command("qXfer:features:read:target.xml:0,ffb")
        self.running = False

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.folder.cleanup()

    def terminal(self):
        """The pseudo terminal that QEMU has made, as it says at its start."""
        said = re.search(r"redirected to (\S+) \(label uart\)", pathlib.Path(self.log.name).read_text())
        if not said:
            raise Lost("QEMU has made no pseudo terminal")
        return said[1]

    # --- memory: at any time, but for the flash ---

    def read(self, address, size):
        return self.memory.read(address, size)

    def write(self, address, data):
        self.memory.write(address, data)

    def write_rom(self, address, data):
        """Read-only memory, too. The core must be stopped."""
        for at in range(0, len(data), 1900):
            part = data[at:at + 1900]
            self.gdb.command(f"M{address + at:x},{len(part):x}:{part.hex()}")

    # --- the core ---

    def register(self, number):
        value = self.gdb.command(f"p{number:x}")
        return 0 if value.startswith("E") else int.from_bytes(bytes.fromhex(value[:8]), "little")

    def set_register(self, number, value):
        self.gdb.command(f"P{number:x}={value.to_bytes(4, 'little').hex()}")

    def double_register(self, number):
        value = self.gdb.command(f"p{number:x}")
        return bytes(8) if len(value) < 16 else bytes.fromhex(value[:16])

    def set_double_register(self, number, data):
        self.gdb.command(f"P{number:x}={data.hex()}")

    def set_breakpoint(self, address, on):
        self.gdb.command(f"{'Z' if on else 'z'}0,{address:x},2")

    def resume(self):
        self.gdb.send("c")
        self.running = True

    def has_stopped(self, timeout=0):
        """Whether the core that was running has stopped by itself."""
        if self.running and self.gdb.reply(timeout) is not None:
            self.running = False
        return not self.running

    def stop(self):
        if not self.running:
            return
        self.gdb.send_raw(b"\x03")
        if not self.has_stopped(5):
            raise Lost("QEMU does not stop")

    def step(self):
        self.gdb.command("s")

    def reset(self):
        self.stop()
        self.gdb.command("qRcmd," + b"system_reset".hex())
