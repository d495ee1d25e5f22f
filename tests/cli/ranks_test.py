#!/usr/bin/env python3
"""Training on several processes: as on one, to the rounding of sums, and a rank that dies costs nothing but its step."""
import json
import os
import pathlib
import signal
import subprocess
import time

from thimble_process import PROGRAM, needs, run_tests, thimble, tiny_job

needs("arm-none-eabi-gcc", "qemu-system-arm")

# Gently: a high learning rate makes much of how sums are rounded.
SHARDS = ("--set", "supernet.shards=2", "--set", "supernet.learning_rate=0.02", "--set",
          "supernet.phases=[{name: largest, elastic: {depth: 1}}, {name: sampled, share: 2}]")


def weights(folder, run="latest"):
    return (folder / "runs" / run / "checkpoints/supernet.thimble").read_bytes()


def children_of(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def run_of(folder):
    return next((folder / "runs").glob("tiny-*"))


def test_two_ranks_train_as_one_process_does(folder):
    (folder / "one").mkdir(), (folder / "two").mkdir()
    for name, ranks in (("one", ()), ("two", ("--ranks", 2))):
        done = thimble("train", tiny_job(folder / name), *SHARDS, *ranks, cwd=folder / name)
        assert done.returncode == 0, done.stderr
    curves = [json.loads((run_of(folder / name) / "training.json").read_text())["curve"] for name in ("one", "two")]
    for a, b in zip(*curves, strict=True):
        assert a["step"] == b["step"] and abs(a["loss"] - b["loss"]) < 1e-5, (a, b)


def test_ranks_from_the_environment_meet(folder):
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29731"}
    job = tiny_job(folder)
    ranks = [subprocess.Popen([PROGRAM, "train", job, *SHARDS], cwd=folder, env=os.environ | place | {"RANK": str(rank)},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for rank in (1, 0)]
    outputs = [rank.communicate(timeout=240)[0] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], outputs
    assert len(list((folder / "runs").glob("tiny-*"))) == 1


def test_a_lost_rank_ends_the_training_and_resume_goes_on(folder):
    (folder / "whole").mkdir(), (folder / "torn").mkdir()
    long = (*SHARDS, "--set", "supernet.passes=900")
    assert thimble("run", tiny_job(folder / "whole"), *long, "--ranks", 2, cwd=folder / "whole").returncode == 0
    torn = folder / "torn"
    job = tiny_job(torn)
    first = subprocess.Popen([PROGRAM, "run", job, *long, "--ranks", "2"], cwd=torn, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)

    def trains():
        return any((path.stat().st_size > 500 for path in (torn / "runs").glob("tiny-*/events/*")))
    wait_for(trains)
    others = [pid for pid in children_of(first.pid) if b"job.resolved.yaml" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(others) == 1, others
    os.kill(others[0], signal.SIGKILL)
    output = first.communicate(timeout=120)[0]
    assert first.returncode == 1 and "another rank does not answer" in output and "--resume continues" in output, output
    assert (run_of(torn) / "checkpoints/training.thimble").exists()
    done = thimble("run", job, *long, "--ranks", 2, "--resume", cwd=torn)
    assert done.returncode == 0, done.stderr
    assert weights(torn) == weights(folder / "whole")


def test_what_cannot_be_shared_out_is_said(folder):
    done = thimble("train", tiny_job(folder), "--ranks", 3, cwd=folder)
    assert done.returncode == 1 and "set supernet.shards to a multiple of 3" in done.stderr, done.stderr
    wrong = subprocess.run([PROGRAM, "train", tiny_job(folder)], cwd=folder, text=True, capture_output=True,
                           env=os.environ | {"WORLD_SIZE": "2", "RANK": "2", "MASTER_ADDR": "x", "MASTER_PORT": "1"})
    assert wrong.returncode == 1 and "RANK = 2: must be below WORLD_SIZE = 2" in wrong.stderr, wrong.stderr


def test_a_bad_job_ends_every_rank(folder):
    for rank in ("0", "1"):
        done = subprocess.run([PROGRAM, "train", tiny_job(folder), "--set", "supernet.passes=-1"], cwd=folder, text=True,
                              capture_output=True, timeout=30, env=os.environ | {
                                  "WORLD_SIZE": "2", "RANK": rank, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29732"})
        assert done.returncode == 2 and "supernet.passes = -1" in done.stderr, (rank, done.stderr)


run_tests(globals())
