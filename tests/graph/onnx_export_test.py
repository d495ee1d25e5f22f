#!/usr/bin/env python3
"""Exported ONNX models are sound, and every layer lies within one step of the int8 interpreter's.

Each layer is computed from the interpreter's own inputs, so that a difference of rounding is not carried on. The models
are run by NumPy, from the operators' definitions; where onnxruntime is installed, it must agree at the outputs.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
except ImportError as missing:
    print(f"skipped: {missing.name} is not on this machine")
    sys.exit(77)
from qdq_model import QdqModel

RANDOM_NETWORKS = 300
GOLDEN = ["ad01/ad01_int8", "kws/kws_ref_model", "resnet_ic/pretrainedResnet_quant", "te_vww/vww_int8io",
          "te_detection/detection", "te_mcunetv2_large/mcunetv2_large_int8io", "streaming_ww/str_ww_ref_model",
          "vww96/vww_96_int8"]


def read_cases(folder):
    """(name, [(layer, values as the model stores them: images NCHW)])"""
    cases, offset, data = [], 0, b""
    for line in (folder / "cases.txt").read_text().splitlines():
        word, name, *rest = line.split("\t")
        if word == "case":
            cases.append((name, []))
            offset, data = 0, (folder / f"{name}.layers").read_bytes()
            continue
        dtype, shape = np.dtype(rest[0]), [int(d) for d in rest[1].split(",")]
        size = int(np.prod(shape)) * dtype.itemsize
        cases[-1][1].append((name, np.frombuffer(data[offset:offset + size], dtype).reshape(shape)))
        offset += size
    return cases


def stored(values):
    return values.transpose(0, 3, 1, 2) if values.ndim == 4 else values


def input_of(folder, name, model):
    described = model.model.graph.input[0].type.tensor_type
    dtype = np.int8 if described.elem_type == onnx.TensorProto.INT8 else np.float32
    shape = [d.dim_value for d in described.shape.dim]
    return {model.inputs[0]: np.frombuffer((folder / f"{name}.input").read_bytes(), dtype).reshape(shape)}


def check(folder, name, layers):
    """Returns the largest difference of a layer, and of the outputs of a free run, in steps."""
    onnx.checker.check_model(onnx.load(str(folder / f"{name}.onnx")), full_check=True)
    model = QdqModel(folder / f"{name}.onnx")
    feed = input_of(folder, name, model)
    made = {value for node in model.model.graph.node for value in node.output}
    taught = {}
    for layer, values in layers:
        if values.dtype == np.int8:
            value = f"{layer}.nchw" if f"{layer}.nchw" in made and layer in model.outputs else layer
            assert value in made, f"{name}: the model has no {value}"
            taught[value] = stored(values)
    computed = model.run(feed, taught)
    worst = 0
    for value, expected in taught.items():
        assert computed[value].shape == expected.shape, (name, value)
        difference = int(np.abs(computed[value].astype(int) - expected.astype(int)).max())
        assert difference <= 1, f"{name}: {value} is {difference} steps off"
        worst = max(worst, difference)
    return worst, free_run(folder, name, model, feed, dict(layers))


def free_run(folder, name, model, feed, layers):
    """The largest difference of an output, in steps of what is int8 and relative to the largest value of floats."""
    computed, worst = model.run(feed), 0
    for output in model.outputs:
        difference = np.abs(computed[output].astype(float) - layers[output].astype(float)).max()
        assert computed[output].shape == layers[output].shape, (name, output)
        worst = max(worst, difference if layers[output].dtype == np.int8 else difference / np.abs(layers[output]).max())
    try:
        import onnxruntime
    except ImportError:
        return worst
    session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), providers=["CPUExecutionProvider"])
    for output, values in zip(model.outputs, session.run(None, feed)):
        difference = np.abs(values.astype(float) - computed[output].astype(float)).max()
        print(f"{name}: onnxruntime differs from NumPy by {difference:g} at {output}")
    return worst


def main():
    writer, data = os.environ["WRITE_ONNX_CASES"], pathlib.Path(os.environ["GOLDEN"])
    golden = [data / f"{name}.tflite" for name in GOLDEN]
    if not data.is_dir():
        print("skipped: golden models are not on this machine")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        subprocess.run([writer, folder, str(RANDOM_NETWORKS), *(g for g in golden if g.exists())], check=True)
        for name, layers in read_cases(folder):
            layer, outputs = check(folder, name, layers)
            if not name.startswith("random"):
                print(f"{name}: {len(layers)} layers, at most {layer} step each; outputs of a free run {outputs:g} off")
    print(f"{RANDOM_NETWORKS} random networks: ok")


if __name__ == "__main__":
    main()
