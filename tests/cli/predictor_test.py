#!/usr/bin/env python3
"""`thimble predictor`: one command from a run, or a job, to a file that predicts its subnets' accuracy."""

import json
import signal
import sqlite3
import time

from thimble_process import needs, run_tests, start, thimble, tiny_job

needs("arm-none-eabi-gcc", "qemu-system-arm")

PAIRS = 40
RUN = "runs/tiny-001"


def measured(folder, evaluator="accuracy_halves"):
    if not (folder / RUN / "run.sqlite").exists():
        return 0
    with sqlite3.connect(folder / RUN / "run.sqlite") as store:
        try:
            return store.execute("SELECT count(DISTINCT subnet) FROM evaluations WHERE evaluator LIKE ?",
                                 (evaluator + "@%",)).fetchone()[0]
        except sqlite3.OperationalError:  # there is no table yet
            return 0


def predictor(folder, source, *more, pairs=PAIRS):
    return thimble("predictor", source, "--out", "p.json", "--pairs", pairs, *more, cwd=folder)


def trained(folder):
    job = tiny_job(folder)
    done = thimble("train", job, cwd=folder)
    assert done.returncode == 0, done.stderr
    return job


def test_a_job_becomes_a_predictor_that_says_how_good_it_is(folder):
    job = tiny_job(folder)
    done = predictor(folder, job, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["pairs"] == PAIRS and facts["held_out"] == PAIRS // 5 and facts["training"] == PAIRS * 4 // 5, facts
    assert [model["model"] for model in facts["models"]] == ["mlp", "kernel_ridge", "ridge"], facts
    best = max(facts["models"], key=lambda model: model["cross_validated"]["kendall_tau"])
    assert facts["model"] == best["model"] and facts["kendall_tau"] == best["held_out"]["kendall_tau"], facts
    assert -1 <= facts["kendall_tau"] <= 1 and 0 <= facts["tau_ceiling"] <= 1, facts
    assert not facts["trusted"] and len(facts["not_to_be_trusted"]) >= 2, "far too few pairs, and said so"
    document = json.loads((folder / "p.json").read_text())
    assert document["supernet_fingerprint"] == facts["supernet_fingerprint"] and document["schema_version"] == 1
    assert measured(folder) == PAIRS and measured(folder, "accuracy") == PAIRS, "a search finds what was measured"

    first = (folder / "p.json").read_bytes()
    again = predictor(folder, RUN)
    assert again.returncode == 0 and "NOT to be trusted" in again.stdout and "held out" in again.stdout, again
    assert (folder / "p.json").read_bytes() == first and measured(folder) == PAIRS, "measured once, the same file"
    assert predictor(folder, job, pairs=60).returncode == 0
    assert measured(folder) == 60, "more pairs measure what is new alone"


def test_a_command_that_was_stopped_goes_on(folder):
    trained(folder)
    process = start("predictor", RUN, "--out", "p.json", "--pairs", 2000, cwd=folder)
    for _ in range(1200):
        if measured(folder) >= 3 or process.poll() is not None:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 130
    before = measured(folder)
    assert 3 <= before < 2000 and not (folder / "p.json").exists(), before
    done = predictor(folder, RUN, pairs=max(before, 20))
    assert done.returncode == 0 and measured(folder) == max(before, 20), done.stderr


def test_what_cannot_be_is_named_before_anything_is_measured(folder):
    job = tiny_job(folder)
    (folder / "other.json").write_text("{}")
    done = thimble("predictor", job, "--out", "other.json", cwd=folder)
    assert done.returncode == 2 and "is no accuracy predictor" in done.stderr, done.stderr
    done = thimble("predictor", "nothing.yaml", "--out", "p.json", cwd=folder)
    assert done.returncode == 2 and "nothing.yaml" in done.stderr, done.stderr
    done = thimble("space", job, cwd=folder)
    assert done.returncode == 0, done.stderr
    done = predictor(folder, RUN)
    assert done.returncode == 2 and "has no trained supernet yet" in done.stderr, done.stderr
    done = predictor(folder, RUN, "--set", "seed=2")
    assert done.returncode == 2 and "belongs to a job" in done.stderr, done.stderr


run_tests(globals())
