"""Runs ONNX models in QDQ form with NumPy: the few operators that Thimble exports, from their definitions."""
import numpy as np
import onnx
from onnx import numpy_helper


class QdqModel:
    """`taught` maps names of values to what later nodes read in their place; `run` keeps what was computed."""

    def __init__(self, path):
        self.model = onnx.load(str(path))
        self.constants = {t.name: numpy_helper.to_array(t) for t in self.model.graph.initializer}
        self.inputs = [i.name for i in self.model.graph.input]
        self.outputs = [o.name for o in self.model.graph.output]

    def run(self, feed, taught=None):
        values, computed = {**self.constants, **feed}, {}
        for node in self.model.graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            arguments = [values[name] if name else None for name in node.input]
            name = node.output[0]
            computed[name] = OPERATORS[node.op_type](*arguments, **attributes)
            values[name] = (taught or {}).get(name, computed[name])
        return computed


def per_channel(values, rank, axis):
    return values.reshape([-1 if i == axis else 1 for i in range(rank)]) if values.ndim == 1 else values


def dequantize(x, scale, zero_point=None, axis=1):
    zero = 0 if zero_point is None else per_channel(zero_point, x.ndim, axis).astype(np.int64)
    return (x.astype(np.int64) - zero) * per_channel(scale, x.ndim, axis).astype(np.float64)


def quantize(x, scale, zero_point):
    limits = np.iinfo(zero_point.dtype)
    return np.clip(np.rint(x / np.float64(scale)) + int(zero_point), limits.min, limits.max).astype(zero_point.dtype)


NO_PADS = (0, 0, 0, 0)


def windows(x, kernel_shape, strides, pads, fill):
    top, left, bottom, right = pads
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(padded, kernel_shape, axis=(2, 3))
    return view[:, :, ::strides[0], ::strides[1]]


def conv(x, w, b=0.0, kernel_shape=None, strides=(1, 1), pads=NO_PADS, group=1):
    under = windows(x, kernel_shape, strides, pads, 0)
    n, channels, height, width = under.shape[:4]
    under = under.reshape(n, group, channels // group, height, width, *kernel_shape)
    filters = w.reshape(group, w.shape[0] // group, *w.shape[1:])
    y = np.einsum("ngchwij,gocij->ngohw", under, filters, optimize=True)
    return y.reshape(n, w.shape[0], height, width) + np.reshape(b, (1, -1, 1, 1))


def average_pool(x, kernel_shape, strides=(1, 1), pads=NO_PADS):
    sums = windows(x, kernel_shape, strides, pads, 0).sum(axis=(4, 5))
    return sums / windows(np.ones_like(x), kernel_shape, strides, pads, 0).sum(axis=(4, 5))


def max_pool(x, kernel_shape, strides=(1, 1), pads=NO_PADS):
    return windows(x, kernel_shape, strides, pads, -np.inf).max(axis=(4, 5))


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def pad(x, sides, value=0, mode=b"constant"):
    assert mode == b"constant"
    return np.pad(x, list(zip(sides[:x.ndim], sides[x.ndim:])), constant_values=value)


def resize(x, roi, scales, sizes, mode, coordinate_transformation_mode, nearest_mode):
    assert (mode, coordinate_transformation_mode, nearest_mode) == (b"nearest", b"asymmetric", b"floor")
    for axis in range(x.ndim):
        x = x.take([i * x.shape[axis] // int(sizes[axis]) for i in range(int(sizes[axis]))], axis=axis)
    return x


OPERATORS = {
    "Add": np.add,
    "AveragePool": average_pool,
    "Clip": np.clip,
    "Concat": lambda *parts, axis: np.concatenate(parts, axis=axis),
    "Conv": conv,
    "DequantizeLinear": dequantize,
    "Gemm": lambda a, b, c, transB: a @ b.T + c,
    "Identity": lambda x: x,
    "MaxPool": max_pool,
    "Mul": np.multiply,
    "Pad": pad,
    "QuantizeLinear": quantize,
    "ReduceMean": lambda x, axes, keepdims: x.mean(axis=tuple(axes), keepdims=bool(keepdims)),
    "Relu": lambda x: np.maximum(x, 0),
    "Reshape": lambda x, shape: x.reshape(shape),
    "Resize": resize,
    "Softmax": softmax,
    "Transpose": lambda x, perm: x.transpose(perm),
}
