"""Compiles the kernels for a core, runs random layers on it under QEMU and compares every byte.

usage: kernels_core_test.py SOURCE_TREE CASE_WRITER CPU MACHINE LEVEL...
Exit code 77: a tool is missing. The case writer is tests/deploy/kernels_write_cases.cpp, built for the host.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

# As deploy/target.cpp has them; a core that is not here has no floating-point unit.
FLOAT_UNITS = {"cortex-m4": "fpv4-sp-d16", "cortex-m7": "fpv5-d16", "cortex-m55": "auto"}
FLAGS = "-std=c11 -ffreestanding -ffunction-sections -fdata-sections -fstack-usage -Wall -Wextra -Werror".split()
# Where the memories of a core's board lie, if not where those of the others do.
LINKER_SCRIPTS = {"cortex-m55": "kernels_core_m55.ld"}
# Where a core's board has its PSRAM, if not where those of the others have it.
PSRAM = {"cortex-m7": "0x60000000"}
# The largest frame of a kernel, in bytes; what thimble_run needs in all is measured by the program itself.
LARGEST_FRAME = 400


def run(command, folder, **options):
    return subprocess.run(command, cwd=folder, check=True, **options)


def core_flags(cpu):
    unit = FLOAT_UNITS.get(cpu)
    return [f"-mcpu={cpu}", "-mthumb", *(["-mfloat-abi=hard", f"-mfpu={unit}"] if unit else ["-mfloat-abi=soft"])]


def compile_kernels(tree, cpu, level, folder):
    objects = []
    for source in sorted((tree / "deploy/kernels").glob("*.c")):
        objects.append(f"{source.stem}.o")
        command = ["arm-none-eabi-gcc", *core_flags(cpu), level, *FLAGS, f"-I{tree}", "-c", str(source), "-o", objects[-1]]
        run(command, folder)
    return objects


def check_symbols(objects, folder):
    """The runtime stands alone: nothing undefined but its own functions."""
    problems = []
    for name in objects:
        listing = run(["arm-none-eabi-nm", "-u", name], folder, capture_output=True, text=True).stdout
        problems += [f"{name}: needs {s}" for s in listing.split() if s not in ("U", "w") and not s.startswith("thimble_")]
    return problems


def check_frames(folder):
    problems = []
    for file in sorted(pathlib.Path(folder).glob("*.su")):
        if file.stem.startswith("kernels_"):
            continue
        for line in file.read_text().splitlines():
            name, size, kind = line.rsplit("\t", 2)
            if int(size) > LARGEST_FRAME or "dynamic" in kind and "bounded" not in kind:
                problems.append(f"{name}: frame of {size} bytes, {kind}")
    return problems


def link(tree, cpu, level, objects, folder):
    sources = [str(tree / "tests/deploy" / name) for name in ("kernels_case.c", "kernels_core.c")]
    script = tree / "tests/deploy" / LINKER_SCRIPTS.get(cpu, "kernels_core.ld")
    command = ["arm-none-eabi-gcc", *core_flags(cpu), level, *FLAGS, f"-I{tree}", "-nostdlib", "-nostartfiles"]
    command += [f"-Wl,--defsym=psram={PSRAM.get(cpu, '0x21000000')}"]
    run([*command, "-T", str(script), *sources, *objects, "-o", "kernels.elf"], folder)


def main(tree, writer, cpu, machine, *levels):
    for tool in ("arm-none-eabi-gcc", "qemu-system-arm"):
        if shutil.which(tool) is None:
            print(f"skipped: {tool} is not on this machine")
            return 77
    failed = False
    for seed, level in enumerate(levels, start=1000):
        with tempfile.TemporaryDirectory() as folder:
            run([writer, "kernels_records.bin", "30", str(seed)], folder)
            objects = compile_kernels(pathlib.Path(tree), cpu, level, folder)
            problems = check_symbols(objects, folder) + check_frames(folder)
            link(pathlib.Path(tree), cpu, level, objects, folder)
            command = ["qemu-system-arm", "-M", machine, "-nographic", "-semihosting", "-kernel", "kernels.elf"]
            result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100)
            print(f"{cpu} {level}:", result.stdout.strip() + result.stderr.strip())
            print("\n".join(problems))
            failed |= bool(problems) or result.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
