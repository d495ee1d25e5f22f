#!/usr/bin/env python3
"""Ranks that srun starts train as one process does, on a Slurm cluster of this machine."""
import json
import os
import subprocess

from slurm_cluster import TOOLS, cluster
from thimble_process import PROGRAM, needs, run_tests, thimble, tiny_job

os.environ["PATH"] += ":/usr/sbin:/sbin"
needs("arm-none-eabi-gcc", "qemu-system-arm", *TOOLS)

# Gently: a high learning rate makes much of how sums are rounded.
SETTINGS = ("--set", "supernet.shards=2", "--set", "supernet.learning_rate=0.02")


def loss(folder):
    """Of the last steps."""
    found, = (folder / "runs").glob("tiny-*/training.json")
    return json.loads(found.read_text())["curve"][-1]["loss"]


def test_two_tasks_of_srun_train_together(folder):
    (folder / "one").mkdir(), (folder / "two").mkdir()
    alone = thimble("train", tiny_job(folder / "one"), *SETTINGS, cwd=folder / "one")
    assert alone.returncode == 0, alone.stderr
    with cluster(folder / "slurm") as environment:
        done = subprocess.run(["srun", "-n", "2", PROGRAM, "train", tiny_job(folder / "two"), *SETTINGS], env=environment,
                              cwd=folder / "two", capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
    one, two = loss(folder / "one"), loss(folder / "two")
    assert abs(one - two) < 1e-5, (one, two)


run_tests(globals())
