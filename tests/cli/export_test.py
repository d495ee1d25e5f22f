#!/usr/bin/env python3
"""Export of a run's winner: .tflite that comes back bit for bit, ONNX that NumPy runs, C that builds."""
import json
import pathlib
import subprocess
import sys
import tempfile

from thimble_process import needs, run_tests, thimble, tiny_job

needs("arm-none-eabi-gcc", "qemu-system-arm", "make")

HOME = pathlib.Path(tempfile.mkdtemp())
# Trained a little: the outputs of a network that knows nothing are mostly rounding.
RAN = thimble("run", tiny_job(HOME), "--set", "supernet.passes=400", cwd=HOME)
assert RAN.returncode == 0, RAN.stderr
RUN = "runs/latest"
WINNER = json.loads((HOME / RUN / "front.json").read_text())["winner"]
CASES = [HOME / RUN / "firmware/kat" / name for name in ("inputs.bin", "outputs.bin")]


def exported(folder, model, kind, *more):
    done = thimble("export", model, "--format", kind, "--out", folder / f"winner.{kind}", "--json", *more, cwd=HOME)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["format"] == kind and facts["model"] == WINNER["subnet"], facts
    path = pathlib.Path(facts["out"])
    assert path.stat().st_size == facts["bytes"]
    return path


def verified(model):
    done = thimble("verify", model, "--board", "host", "--inputs", CASES[0], "--outputs", CASES[1], "--json", cwd=HOME)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_winner_comes_back_from_tflite_bit_for_bit(folder):
    file = exported(folder, RUN, "tflite")
    assert file.read_bytes()[4:8] == b"TFL3"
    facts = verified(file)
    assert facts["cases"] == 8 and facts["mismatches"] == 0, facts
    again = exported(folder / "again", f"{RUN}:{WINNER['subnet']}", "tflite")
    assert again.read_bytes() == file.read_bytes(), "the same model gives the same bytes"


def test_the_winner_as_onnx_is_within_rounding(folder):
    try:
        import numpy as np
        import onnx
    except ImportError as missing:
        print(f"skipped: {missing.name} is not on this machine")
        return
    sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "graph"))
    from qdq_model import QdqModel
    file = exported(folder, RUN, "onnx")
    onnx.checker.check_model(onnx.load(str(file)), full_check=True)
    model = QdqModel(file)
    shape = [d.dim_value for d in model.model.graph.input[0].type.tensor_type.shape.dim]
    inputs, outputs = (np.frombuffer(path.read_bytes(), np.int8) for path in CASES)
    results = [model.run({model.inputs[0]: case})[model.outputs[0]].reshape(-1) for case in inputs.reshape(8, *shape)]
    # Differences of rounding grow from layer to layer; tests/graph compares layer by layer.
    difference = np.abs(np.array(results, int) - outputs.reshape(8, -1))
    assert difference.max() <= 12 and np.median(difference) <= 4, difference


def test_the_winner_as_c_builds(folder):
    done = thimble("export", RUN, "--format", "c", "--out", folder / "c", cwd=HOME)
    assert done.returncode == 0, done.stderr
    assert subprocess.run(["make", "-s", "-C", folder / "c"], capture_output=True).returncode == 0
    assert (folder / "c/libmodel.a").exists()


def test_nothing_is_written_over_and_names_are_taken_from_the_model(folder):
    file = exported(folder, RUN, "tflite")
    here = thimble("export", file, "--format", "onnx", cwd=folder)
    assert here.returncode == 0 and (folder / "winner.onnx").exists(), here.stderr
    assert thimble("export", file, "--format", "onnx", "--out", "new/", cwd=folder).returncode == 0
    assert (folder / "new/winner.onnx").read_bytes() == (folder / "winner.onnx").read_bytes()
    again = thimble("export", file, "--format", "onnx", cwd=folder)
    assert again.returncode == 2 and "winner.onnx" in again.stderr and "nothing is written over" in again.stderr
    assert thimble("export", RUN, "--format", "c", cwd=HOME).returncode == 2
    assert thimble("export", RUN, "--format", "pdf", cwd=HOME).returncode == 2
    assert thimble("export", "no_run", "--format", "onnx", cwd=HOME).returncode == 2


if __name__ == "__main__":
    run_tests(globals())
