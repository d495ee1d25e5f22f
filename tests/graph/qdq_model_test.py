#!/usr/bin/env python3
"""The NumPy runtime of the ONNX tests gives what ONNX's own test vectors say (Debian: libonnx-testdata)."""
import pathlib
import sys

try:
    import numpy as np
    import onnx
except ImportError as missing:
    print(f"skipped: {missing.name} is not on this machine")
    sys.exit(77)
from qdq_model import QdqModel

VECTORS = pathlib.Path("/usr/share/libonnx-testdata/data/node")
CASES = """
    add add_bcast mul mul_bcast relu clip_example clip_splitbounds identity
    averagepool_2d_default averagepool_2d_pads averagepool_2d_precomputed_pads averagepool_2d_strides
    maxpool_2d_default maxpool_2d_pads maxpool_2d_precomputed_pads maxpool_2d_strides
    concat_2d_axis_0 concat_2d_axis_1 concat_3d_axis_2 concat_3d_axis_negative_1 constant_pad
    conv_with_strides_no_padding conv_with_strides_padding conv_with_strides_and_asymmetric_padding
    dequantizelinear dequantizelinear_axis quantizelinear gemm_transposeB
    reduce_mean_keepdims_random reduce_mean_do_not_keepdims_random reshape_reordered_all_dims
    softmax_axis_0 softmax_axis_1 softmax_axis_2 softmax_large_number
    transpose_all_permutations_2 transpose_all_permutations_4
""".split()


def read(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return onnx.numpy_helper.to_array(tensor)


def check(folder):
    model = QdqModel(folder / "model.onnx")
    data = folder / "test_data_set_0"
    feed = {name: read(data / f"input_{i}.pb") for i, name in enumerate(model.inputs)}
    expected = read(data / "output_0.pb")
    got = model.run(feed)[model.outputs[0]]
    assert got.shape == expected.shape, (folder.name, got.shape, expected.shape)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6, err_msg=folder.name)


if __name__ == "__main__":
    if not VECTORS.is_dir():
        print("skipped: ONNX's test vectors are not on this machine")
        sys.exit(77)
    for case in CASES:
        check(VECTORS / f"test_{case}")
    print(f"{len(CASES)} operators: ok")
