#!/usr/bin/env python3
"""What a finished run offers: its files, commands on its winner, and a firmware folder that stands alone."""
import json
import pathlib
import shutil
import struct
import subprocess
import tempfile

from thimble_process import needs, run_tests, thimble, tiny_job

needs("arm-none-eabi-gcc", "qemu-system-arm", "make")

HOME = pathlib.Path(tempfile.mkdtemp())
assert thimble("run", tiny_job(HOME), cwd=HOME).returncode == 0
FRONT = json.loads((HOME / "runs/latest/front.json").read_text())
WINNER = FRONT["winner"]


def answer(*arguments):
    done = thimble(*arguments, "--json", cwd=HOME)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def boot(elf):
    """Runs a firmware without anything of ours: the emulator alone."""
    return subprocess.run(["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-semihosting", "-kernel", elf],
                          capture_output=True, text=True, timeout=60)


def test_a_run_leaves_what_the_design_lists(_):
    run = HOME / "runs/latest"
    for name in ("job.resolved.yaml", "run.sqlite", "checkpoints", "front.csv", "front.json", "report.html", "firmware",
                 "log.txt"):
        assert (run / name).exists(), name
    assert len((run / "front.csv").read_text().splitlines()) == 1 + len(FRONT["front"])
    assert WINNER["subnet"] in (run / "report.html").read_text()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def records(data):
    """The messages of a TFRecord file; fails where a length or a checksum is wrong."""
    def masked(part):
        crc = crc32c(part)
        return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    while data:
        length, = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == masked(data[:8])
        assert struct.unpack("<I", data[12 + length:16 + length])[0] == masked(data[12:12 + length])
        yield data[12:12 + length]
        data = data[16 + length:]


def fields(message):
    """(number, value) of each field of a protocol buffer."""
    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at, value, shift = at + 1, value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value
    at, found = 0, {}
    while at < len(message):
        number, wire = divmod(varint(), 8)
        if wire == 0:
            found[number] = varint()
            continue
        size = {1: 8, 5: 4}.get(wire) or varint()
        found[number] = message[at:at + size]
        at += size
    return found


def test_tensorboard_can_read_the_training(_):
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C
    files = sorted((HOME / "runs/latest/events").iterdir())
    assert len(files) == 2 and all(".tfevents." in file.name for file in files), files  # training and fine-tuning
    points = {}
    for file in files:
        first, *events = [fields(message) for message in records(file.read_bytes())]
        assert first[3] == b"brain.Event:2"
        for event in events:
            value = fields(fields(event[5])[1])
            points.setdefault(value[1].decode(), {})[event[2]] = struct.unpack("<f", value[2])[0]
    assert set(points) >= {"train/loss", "train/learning_rate", "train/pictures_per_second"}, points
    assert list(points["train/loss"]) == [10] and 0.1 < points["train/loss"][10] < 3, points


def test_the_winner_is_bit_exact_and_linked_as_predicted(_):
    assert WINNER["bit_exact"] and WINNER["known_answers"] == 8
    assert WINNER["linked_sram_bytes"] == WINNER["peak_sram_bytes"]
    assert WINNER["linked_flash_bytes"] == WINNER["flash_bytes"]["total"]


def test_every_member_of_the_front_answers_on_the_board_as_the_reference_does(_):
    assert [(entry["known_answers"], entry["bit_exact"]) for entry in FRONT["front"]] == [(4, True)] * len(FRONT["front"])
    assert f"all {len(FRONT['front'])} answer bit for bit" in (HOME / "runs/latest/report.html").read_text()


def test_what_the_outputs_mean_is_said(_):
    run = HOME / "runs/latest"
    assert FRONT["classes"] == json.loads((run / "data.json").read_text())["classes"] == ["no_figure", "figure"]
    header = (run / "firmware/model.h").read_text()
    assert '/* 0 */ "no_figure", \\\n    /* 1 */ "figure", \\\n' in header and "#define MODEL_CLASSES 2\n" in header, header
    assert "0 no_figure, 1 figure" in (run / "report.html").read_text()


def test_the_firmware_takes_the_cycles_that_the_probe_measured(_):
    # The marks stand around the call in the firmware and inside the probe's own: a few instructions apart.
    assert abs(WINNER["cycles"] - WINNER["probe_cycles"]) <= 50, (WINNER["cycles"], WINNER["probe_cycles"])


def test_no_member_of_the_front_breaks_a_limit_or_is_dominated(_):
    for a in FRONT["front"]:
        assert a["peak_sram_bytes"] <= 64 * 1024 and a["flash_bytes"]["total"] <= 128 * 1024
        assert a["latency_us"] <= 100_000 and a["provenance"] == "modelled"
        for b in FRONT["front"]:
            better = [b["top1_fp32"] - a["top1_fp32"], a["latency_us"] - b["latency_us"],
                      a["peak_sram_bytes"] - b["peak_sram_bytes"]]
            assert not (min(better) >= 0 and max(better) > 0), (a["subnet"], b["subnet"])


def test_the_firmware_folder_builds_alone_and_checks_itself(folder):
    shutil.copytree(HOME / "runs/latest/firmware", folder / "a firmware")
    firmware = folder / "a firmware"
    subprocess.run(["make", "-C", firmware, "clean"], check=True, capture_output=True)
    subprocess.run(["make", "-C", firmware], check=True, capture_output=True)
    done = boot(firmware / "firmware.elf")
    assert done.returncode == 0 and "KAT ok" in done.stdout, done


def test_a_changed_known_answer_is_caught(folder):
    shutil.copytree(HOME / "runs/latest/firmware", folder / "firmware")
    outputs = folder / "firmware/kat/outputs.bin"
    changed = bytearray(outputs.read_bytes())
    changed[2 * 3] ^= 1  # two classes: the first output byte of case 3
    outputs.write_bytes(changed)
    subprocess.run(["make", "-C", folder / "firmware"], check=True, capture_output=True)
    done = boot(folder / "firmware/firmware.elf")
    assert done.returncode == 1 and "KAT FAIL 3" in done.stdout, done


def test_verify_agrees_on_the_board_and_on_the_host(_):
    for board in ("virtual-m4", "host"):
        assert answer("verify", "runs/latest", "--board", board) == {"cases": 8, "mismatches": 0, "first_mismatch": None}


def test_profile_and_inspect_have_the_keys_that_scripts_rely_on(_):
    profile = answer("profile", "runs/latest")
    for key in ("board", "provenance", "cycles", "instructions", "latency_us", "clock_hz", "runs", "spread", "stack_bytes",
                "linked_sram_bytes", "linked_flash_bytes", "bit_exact", "layers", "elf"):
        assert key in profile, key
    assert profile["cache"] == "none" and profile["energy_uj"] is None
    assert profile["board_state"]["flash_wait_states"] == 0 and profile["board_state"]["memory"] == []
    assert profile["cycles"] == WINNER["cycles"] and pathlib.Path(profile["elf"]).exists()
    inspect = answer("inspect", "runs/latest")
    for key in ("macs", "params", "arena_bytes", "peak_sram_bytes", "flash_bytes", "arena_lower_bound_bytes", "layers",
                "unsupported", "simplified"):
        assert key in inspect, key
    assert inspect["peak_sram_bytes"] == profile["linked_sram_bytes"]
    stem, last = inspect["layers"][0], inspect["layers"][-1]
    side = WINNER["resolution"]
    assert stem["in_shapes"] == [[1, side, side, 3]] and stem["window"] == [3, 3] and stem["stride"] == [2, 2], stem
    assert last["out_shape"] == [1, 2] and last["window"] is None, last
    text = thimble("inspect", "runs/latest", cwd=HOME).stdout
    assert f"{side}x{side}x3 -> {(side + 1) // 2}x{(side + 1) // 2}x" in text and ", 3x3 s2 " in text, text
    assert inspect["flash_bytes"]["total"] == profile["linked_flash_bytes"]
    assert inspect["macs"] == sum(layer["macs"] for layer in inspect["layers"]) == WINNER["macs"]


def test_an_imported_model_is_simplified_before_it_is_planned(folder):
    file = folder / "winner.tflite"
    assert thimble("export", "runs/latest", "--format", "tflite", "--out", file, cwd=HOME).returncode == 0
    inspect = answer("inspect", file)
    # TFLite has no place for our paddings but pad operators; they go where they came from.
    assert inspect["simplified"]["folded_pads"] > 0
    assert "pad" not in [layer["op"] for layer in inspect["layers"]]
    assert inspect["simplified"]["macs_before"] == WINNER["macs"] >= inspect["macs"] == inspect["simplified"]["macs_after"]
    assert inspect["peak_sram_bytes"] <= WINNER["peak_sram_bytes"]


def test_verify_compares_with_outputs_that_are_given(folder):
    outputs = (HOME / "runs/latest/firmware/kat/outputs.bin").read_bytes()
    inputs = HOME / "runs/latest/firmware/kat/inputs.bin"
    wrong = folder / "wrong.bin"
    wrong.write_bytes(bytes(b ^ 1 for b in outputs))
    for board in ("virtual-m4", "host"):
        done = thimble("verify", "runs/latest", "--board", board, "--inputs", inputs, "--outputs", wrong, "--json", cwd=HOME)
        assert done.returncode == 1, done.stderr
        assert json.loads(done.stdout) == {"cases": 8, "mismatches": 8, "first_mismatch": 0}
    assert thimble("verify", "runs/latest", "--outputs", "missing.bin", cwd=HOME).returncode == 2
    wrong.write_bytes(outputs[1:])
    assert thimble("verify", "runs/latest", "--outputs", wrong, cwd=HOME).returncode == 2


def test_verify_refuses_a_layers_file_that_compares_nothing(folder):
    layers = folder / "layers.txt"
    for text, rule in (("# nothing\n", "no layers to compare"), ("1 0 CONV_2D x\n", "1:1"),
                       ("1 0 CONV_2D 99999 INT8 4 00000000\n", "must be: seed")):
        layers.write_text(text)
        done = thimble("verify", "runs/latest", "--layers", layers, cwd=HOME)
        assert done.returncode == 2 and rule in done.stderr, done.stderr


def test_deploy_writes_over_nobody_elses_files(folder):
    (folder / "out").mkdir()
    (folder / "out/Makefile").write_text("mine")
    done = thimble("deploy", "runs/latest", "--out", folder / "out", cwd=HOME)
    assert done.returncode == 2 and "nothing is written over" in done.stderr, done.stderr
    assert (folder / "out/Makefile").read_text() == "mine"
    for _ in range(2):  # a folder of ours may be written again
        assert thimble("deploy", "runs/latest", "--out", folder / "ours", cwd=HOME).returncode == 0
    assert subprocess.run(["make", "-C", folder / "ours"], capture_output=True).returncode == 0
    assert "KAT ok" in boot(folder / "ours/firmware.elf").stdout


def test_a_run_is_read_without_the_files_that_made_it(_):
    (HOME / "tiny_space.yaml").rename(HOME / "away.yaml")
    try:
        assert answer("inspect", "runs/latest")["macs"] == WINNER["macs"]
    finally:
        (HOME / "away.yaml").rename(HOME / "tiny_space.yaml")


def test_replay_measures_the_front_on_another_board(_):
    rows = answer("replay", "runs/latest", "--on", "host")
    assert [row["subnet"] for row in rows] == [entry["subnet"] for entry in FRONT["front"]]
    assert all(row["provenance"] == "measured" and row["latency_us"] > 0 for row in rows)


def test_the_report_can_be_written_again(_):
    report = HOME / "runs/latest/report.html"
    before = report.read_bytes()
    report.unlink()
    assert thimble("report", "runs/latest", cwd=HOME).returncode == 0
    assert report.read_bytes() == before


if __name__ == "__main__":
    try:
        run_tests(globals())
    finally:
        shutil.rmtree(HOME)
