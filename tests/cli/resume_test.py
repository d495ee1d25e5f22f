#!/usr/bin/env python3
"""A run that was killed at any point resumes to the same final result as one that was not."""
import json
import os
import random
import signal
import time

from thimble_process import finished_files, needs, run_tests, start, thimble, tiny_job

needs("arm-none-eabi-gcc", "qemu-system-arm")


def reference(folder):
    """Result and duration of the job without any interruption."""
    started = time.monotonic()
    done = thimble("run", tiny_job(folder), cwd=folder)
    assert done.returncode == 0, done.stderr
    return finished_files(folder), time.monotonic() - started


def resume_until_done(folder, job):
    done = thimble("run", job, "--resume", cwd=folder)
    assert done.returncode == 0, done.stderr
    return finished_files(folder, "tiny-001")


def test_killed_runs_resume_to_the_same_bytes(folder):
    plain = folder / "plain"
    plain.mkdir()
    expected, seconds = reference(plain)
    rng = random.Random(1)
    for attempt in range(4):
        killed = folder / f"killed{attempt}"
        killed.mkdir()
        job = tiny_job(killed)
        for _ in range(3):
            process = start("run", job, "--resume", cwd=killed)
            time.sleep(rng.uniform(0.1, 0.9) * seconds)
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert resume_until_done(killed, job) == expected, f"attempt {attempt} ended differently"


def test_ctrl_c_ends_with_130_and_resumes(folder):
    plain = folder / "plain"
    plain.mkdir()
    expected, seconds = reference(plain)
    codes = []
    for share in (0.2, 0.4, 0.6, 0.8):
        stopped = folder / f"stopped{share}"
        stopped.mkdir()
        job = tiny_job(stopped)
        process = start("run", job, cwd=stopped)
        time.sleep(share * seconds)
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does: every process of the group gets it
        codes.append(process.wait(60))
        assert resume_until_done(stopped, job) == expected, f"stopped at {share} of the time it ended differently"
    assert set(codes) <= {0, 130} and codes[0] == 130, codes  # 0: it was done before the signal came


def test_members_of_the_front_that_have_answered_are_not_asked_again(folder):
    job = tiny_job(folder)
    process = start("run", job, cwd=folder)
    kept = folder / "runs" / "tiny-001" / "front_scores.json"
    while not kept.exists() and process.poll() is None:
        time.sleep(0.005)
    assert process.poll() is None, "the front's first answer is there before the run is done"
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 130
    members = json.loads(kept.read_text())
    for number, entry in enumerate(members):  # figures that no evaluation gives: they can only have been kept
        assert entry["scores"]["bit_exact"] is True, entry
        entry["scores"]["sqnr_db"] = -1000.0 - number
    kept.write_text(json.dumps(members))
    resume_until_done(folder, job)
    front = json.loads((folder / "runs/tiny-001/front.json").read_text())["front"]
    figures = [member["sqnr_db"] for member in front]
    assert figures[:len(members)] == [-1000.0 - number for number in range(len(members))], figures
    assert all(figure > 0 for figure in figures[len(members):]), figures
    assert all(member["bit_exact"] for member in front)
    assert not kept.exists(), "a finished run keeps its scores in front.json alone"


if __name__ == "__main__":
    run_tests(globals())
