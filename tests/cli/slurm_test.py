#!/usr/bin/env python3
"""Ranks that srun starts train the weights that one process does, on a Slurm cluster of this machine."""
import os
import pathlib
import subprocess

from slurm_cluster import TOOLS, cluster
from thimble_process import PROGRAM, needs, run_tests, thimble, tiny_job

os.environ["PATH"] += ":/usr/sbin:/sbin"
needs("arm-none-eabi-gcc", "qemu-system-arm", *TOOLS)

SETTINGS = ("--set", "supernet.shards=2", "--set", "supernet.phases=[{name: alone}]")


def weights(folder):
    found, = (folder / "runs").glob("tiny-*/checkpoints/supernet.thimble")
    return found.read_bytes()


def test_two_tasks_of_srun_train_together(folder):
    (folder / "one").mkdir(), (folder / "two").mkdir()
    alone = thimble("train", tiny_job(folder / "one"), *SETTINGS, cwd=folder / "one")
    assert alone.returncode == 0, alone.stderr
    with cluster(folder / "slurm") as environment:
        done = subprocess.run(["srun", "-n", "2", PROGRAM, "train", tiny_job(folder / "two"), *SETTINGS], env=environment,
                              cwd=folder / "two", capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
    assert weights(folder / "one") == weights(folder / "two")


run_tests(globals())
