#!/usr/bin/env python3
"""`thimble latency-model`: one command from a space to a file that a job's search starts from."""

import json
import os
import shutil
import signal
import sqlite3
import time

from thimble_process import HERE, needs, run_tests, start, thimble, tiny_job

needs("arm-none-eabi-gcc", "qemu-system-arm")

NETWORKS = 14
COMMAND = ("latency-model", "tiny_space.yaml", "--out", "m.json", "--networks", NETWORKS)


def measured(folder, database="runs/.cache/measurements.sqlite"):
    if not (folder / database).exists():
        return 0
    with sqlite3.connect(folder / database) as store:
        try:
            return store.execute("SELECT count(*) FROM measurements").fetchone()[0]
        except sqlite3.OperationalError:  # there is no table yet
            return 0


def model(folder):
    """A model of the tiny space; its job beside it."""
    job = tiny_job(folder)
    done = thimble(*COMMAND, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return job, json.loads(done.stdout)


def test_a_model_is_made_by_one_command_and_says_how_good_it_is(folder):
    _, facts = model(folder)
    assert facts["board"] == "virtual-m4" and facts["provenance"] == "modelled", facts
    assert facts["networks"] == NETWORKS and facts["layer_shapes"] > 20, facts
    assert 0 <= facts["median_error_percent"] <= facts["worst_error_percent"] < 20, facts
    document = json.loads((folder / "m.json").read_text())
    assert document["schema_version"] == 1 and document["firmware_hash"] == facts["firmware_hash"]
    assert document["training"] == {"space": "tiny", "mode": "speed", "seed": 1, "networks": NETWORKS}, document["training"]
    assert len(document["layers"]) == facts["layer_shapes"]
    first = (folder / "m.json").read_bytes()
    again = thimble(*COMMAND, cwd=folder)
    assert again.returncode == 0 and "median" in again.stdout and "modelled" in again.stdout, again
    assert (folder / "m.json").read_bytes() == first and measured(folder) == NETWORKS, "measured once, the same file"


def test_a_command_that_was_stopped_goes_on(folder):
    tiny_job(folder)
    more = (*COMMAND[:-1], 60)
    process = start(*more, cwd=folder)
    for _ in range(600):
        if measured(folder) >= 3 or process.poll() is not None:
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = measured(folder)
    assert 3 <= before and not (folder / "m.json").exists(), before
    done = thimble(*more, cwd=folder)
    assert done.returncode == 0 and measured(folder) == 60, done.stderr
    first = (folder / "m.json").read_bytes()
    shutil.rmtree(folder / "runs")
    assert thimble(*more, cwd=folder).returncode == 0
    assert (folder / "m.json").read_bytes() == first, "the same file as from a command that was not stopped"


def test_ctrl_c_ends_it_with_130_and_no_file(folder):
    tiny_job(folder)
    process = start(*COMMAND[:-1], 400, cwd=folder)
    for _ in range(600):
        if measured(folder) >= 1 or process.poll() is not None:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert not (folder / "m.json").exists()


def test_a_job_starts_from_the_model_and_runs_nothing_first(folder):
    job, _ = model(folder)
    done = thimble("space", job, "--set", "target.latency_model=m.json", cwd=folder)
    assert done.returncode == 0 and "first runs" not in done.stderr, done.stderr
    run = next(path for path in (folder / "runs").iterdir() if path.name.startswith("tiny"))
    assert (run / "latency_model.json").read_bytes() == (folder / "m.json").read_bytes()
    assert measured(folder, run / "run.sqlite") == 0
    without = thimble("space", job, cwd=folder)
    assert without.returncode == 0 and "first runs" in without.stderr, without.stderr


def refused(folder, job, *settings):
    arguments = [part for setting in settings for part in ("--set", setting)]
    done = thimble("space", job, *arguments, cwd=folder)
    assert done.returncode == 2 and done.stdout == "", done
    assert not [path for path in (folder / "runs").iterdir() if path.name.startswith("tiny")]
    return done.stderr


def test_a_model_of_something_else_is_refused_by_key_and_rule(folder):
    job, _ = model(folder)
    message = refused(folder, job, "target.latency_model=m.json", "target.board=virtual-m7", "deploy.mode=size")
    assert "m.json: 2 problems" in message, message
    assert "board.name = virtual-m4" in message and "must be virtual-m7" in message, message
    assert "training.mode = speed" in message and "must be size" in message, message
    assert "nothing.json" in refused(folder, job, "target.latency_model=nothing.json")
    text = (folder / "m.json").read_text()
    (folder / "half.json").write_text(text[: len(text) // 2])
    message = refused(folder, job, "target.latency_model=half.json")
    assert "half.json" in message and "JSON" in message, message
    (folder / "old.json").write_text(text.replace('"schema_version": 1', '"schema_version": 0'))
    message = refused(folder, job, "target.latency_model=old.json")
    assert "schema_version = 0" in message and "must be 1" in message and "latency-model" in message, message
    (folder / "edited.json").write_text(text.replace('"networks":14', '"networks":15'))
    message = refused(folder, job, "target.latency_model=edited.json")
    assert "crc32" in message and "was changed" in message, message


def test_bad_arguments_are_named_before_anything_is_measured(folder):
    job = tiny_job(folder)
    for arguments, words in (
        (("nothing.yaml", "--out", "m.json"), ("nothing.yaml",)),
        (("tiny_space.yaml", "--out", "tiny.yaml/m.json"), ("tiny.yaml/m.json", "a folder of this name is wanted")),
        (("tiny_space.yaml", "--out", "."), ("--out = .", "is a folder")),
        (("tiny_space.yaml", "--out", job.name), ("--out = tiny.yaml", "nothing is written over")),
        (("tiny_space.yaml", "--out", "m.json", "--board", "host"), ("board = host", "must be a microcontroller")),
        (("tiny_space.yaml", "--out", "m.json", "--board", "virtual-m5"), ("virtual-m5", "did you mean")),
        (("tiny_space.yaml", "--out", "m.json", "--networks", "3"), ("--networks",)),
    ):
        done = thimble("latency-model", *arguments, cwd=folder)
        assert done.returncode == 2 and done.stdout == "", (arguments, done)
        for word in words:
            assert word in done.stderr, (word, done.stderr)
    assert job.read_bytes() == (HERE / "tiny.yaml").read_bytes() and not (folder / "runs").exists()


if __name__ == "__main__":
    run_tests(dict(globals()))
