#!/usr/bin/python3
"""The supernet of benchmarks/supernet/run in plain PyTorch: the rival. Debian: python3-torch.

    rival.py FOLDER LAYOUT THREADS     LAYOUT: nchw or channels_last

Same architecture, weights, subnets, batch and threads as supernet_speed, same commands on stdin (see speed.cpp), and
written as well as plain PyTorch lets one: pictures are floats in the right layout beforehand, gradients are set to None,
ReLU6 works in place, batch norms keep no running statistics in training, recalibration is one pass with PyTorch's own
running mean, evaluation runs in inference mode with batch norms folded into the convolutions or not, and the slices of
the shared weights are the only copies.
"""
import json
import pathlib
import sys
import time

import numpy
import torch
import torch.nn.functional as F

EPSILON = 1e-3
STEM, POINTWISE, DEPTHWISE, CLASSIFIER = range(4)


def to_oihw(values, layer):
    """Thimble's layouts to PyTorch's."""
    if layer["kind"] == STEM:
        return values.reshape(layer["out"], 3, 3, layer["in"]).permute(0, 3, 1, 2)
    if layer["kind"] == POINTWISE:
        return values.reshape(layer["out"], layer["in"], 1, 1)
    if layer["kind"] == DEPTHWISE:
        return values.reshape(layer["kernel"], layer["kernel"], 1, layer["out"]).permute(3, 2, 0, 1)
    return values.reshape(layer["out"], layer["in"])


def from_oihw(tensor, layer):
    if layer["kind"] == STEM:
        return tensor.permute(0, 2, 3, 1)
    return tensor.permute(2, 3, 1, 0) if layer["kind"] == DEPTHWISE else tensor


def load_weights(folder, plan, dtype):
    """(weights, scale, shift) per shared layer; the classifier has no scale."""
    flat = torch.from_numpy(numpy.fromfile(folder / "weights.bin", dtype=numpy.float32)).to(dtype)
    at = 0

    def take(count):
        nonlocal at
        at += count
        return flat[at - count:at]

    def leaf(tensor):
        return tensor.contiguous().clone().requires_grad_()

    layers = []
    for layer in plan["layers"]:
        fan_in = {STEM: 9 * layer["in"], DEPTHWISE: layer["kernel"] ** 2}.get(layer["kind"], layer["in"])
        weights = leaf(to_oihw(take(layer["out"] * fan_in), layer))
        scale = leaf(take(layer["out"])) if layer["kind"] != CLASSIFIER else None
        layers.append((weights, scale, leaf(take(layer["out"]))))
    return layers


class Supernet:
    def __init__(self, layers, channels_last):
        self.layers = layers
        self.channels_last = channels_last

    def slice_of(self, layer):
        """The weights that a layer of a subnet uses."""
        weights = self.layers[layer["weights"]][0]
        if layer["kind"] == "stem":
            return weights[:layer["out"]]
        if layer["kind"] == "pointwise":
            return weights[:layer["out"], :layer["in"]]
        border = (weights.shape[2] - layer["kernel"]) // 2
        centre = weights[:layer["out"], :, border:border + layer["kernel"], border:border + layer["kernel"]]
        return self.depthwise_layout(centre)

    def depthwise_layout(self, centre):
        """The same memory either way, but oneDNN takes a slow path unless channels_last is spelled in the strides."""
        packed = centre.contiguous()
        if not self.channels_last:
            return packed
        size = packed.shape[2]
        return packed.as_strided(packed.shape, (size * size, 1, size, 1))

    @staticmethod
    def convolve(x, weights, layer, bias=None):
        groups = layer["out"] if layer["kind"] == "depthwise" else 1
        return F.conv2d(x, weights, bias, layer["stride"], layer["kernel"] // 2, 1, groups)

    def classify(self, x, layer):
        weights, _, bias = self.layers[layer["weights"]]
        return F.linear(x.mean((2, 3)), weights[:, :layer["in"]], bias)

    def body(self, x, layers, convolution_and_norm):
        block_input = None
        for index, layer in enumerate(layers[:-1]):
            if layer["starts_block"]:
                block_input = x
            x = convolution_and_norm(index, x, layer)
            if layer["relu6"]:
                x = F.relu6(x, inplace=True)
            if layer["adds_shortcut"]:
                x += block_input
        return x

    def forward(self, x, layers):
        def run(_, x, layer):
            _, scale, shift = self.layers[layer["weights"]]
            y = self.convolve(x, self.slice_of(layer), layer)
            return F.batch_norm(y, None, None, scale[:layer["out"]], shift[:layer["out"]], True, 0, EPSILON)
        return self.classify(self.body(x, layers, run), layers[-1])

    def evaluate(self, calibration, pictures, layers, fold):
        """Logits of `pictures`, with the mean of the batches' statistics."""
        weights = [self.slice_of(layer) for layer in layers[:-1]]
        norms = [tuple(t[:layer["out"]] for t in self.layers[layer["weights"]][1:]) for layer in layers[:-1]]
        means = [torch.zeros_like(shift) for _, shift in norms]
        variances = [torch.ones_like(shift) for _, shift in norms]
        for number, batch in enumerate(calibration):
            def measure(i, x, layer):  # momentum 1 / n: the mean over the batches
                return F.batch_norm(self.convolve(x, weights[i], layer), means[i], variances[i], *norms[i], True,
                                    1 / (number + 1), EPSILON)
            self.body(batch, layers, measure)

        def apply(i, x, layer):
            return F.batch_norm(self.convolve(x, weights[i], layer), means[i], variances[i], *norms[i], False, 0, EPSILON)

        def apply_folded(i, x, layer):
            return self.convolve(x, weights[i], layer, biases[i])

        if fold:
            factors = [scale / torch.sqrt(variance + EPSILON) for (scale, _), variance in zip(norms, variances)]
            biases = [shift - mean * factor for (_, shift), mean, factor in zip(norms, means, factors)]
            weights = [self.folded(w, factor) for w, factor in zip(weights, factors)]
        run = apply_folded if fold else apply
        return torch.cat([self.classify(self.body(batch, layers, run), layers[-1]) for batch in pictures])

    def folded(self, weights, factor):
        product = weights * factor[:, None, None, None]
        return self.depthwise_layout(product) if weights.shape[1] == 1 else product


class Times:
    def __init__(self):
        self.answer = {"seconds": [], "processor_seconds": []}

    def start(self):
        self.started = time.perf_counter(), time.process_time()

    def stop(self):
        wall, processor = self.started
        self.answer["seconds"].append(time.perf_counter() - wall)
        self.answer["processor_seconds"].append(time.process_time() - processor)


class Rival:
    def __init__(self, folder, layout, threads):
        self.folder = folder
        self.plan = json.loads((folder / "plan.json").read_text())
        torch.set_num_threads(threads)
        self.format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        self.layers = load_weights(folder, self.plan, torch.float32)
        self.net = Supernet(self.layers, layout == "channels_last")
        decayed = [weights for weights, _, _ in self.layers]
        others = [t for _, scale, shift in self.layers for t in (scale, shift) if t is not None]
        self.sgd = torch.optim.SGD([{"params": decayed, "weight_decay": 4e-5}, {"params": others}], lr=0.01,
                                   momentum=0.9, nesterov=True)
        self.pictures = {}

    def pictures_at(self, resolution):
        """float [N,C,R,R] and labels."""
        if resolution not in self.pictures:
            pixels = torch.from_numpy(numpy.fromfile(self.folder / f"pixels{resolution}.bin", dtype=numpy.uint8))
            images = pixels.reshape(-1, resolution, resolution, 3).permute(0, 3, 1, 2).float().sub_(128).div_(128)
            labels = torch.tensor(self.plan["labels"][str(resolution)])
            self.pictures[resolution] = images.contiguous(memory_format=self.format), labels
        return self.pictures[resolution]

    def batch_at(self, resolution):
        images, labels = self.pictures_at(resolution)
        return images[:self.plan["batch"]], labels[:self.plan["batch"]]

    def layers_of(self, resolution, index):
        subnets = self.plan["subnets"][str(resolution)]
        return subnets[index % len(subnets)]["layers"]

    def train(self, resolution, first, count):
        x, labels = self.batch_at(resolution)
        times, losses = Times(), []
        for index in range(first, first + count):
            times.start()
            self.sgd.zero_grad(set_to_none=True)
            loss = F.cross_entropy(self.net.forward(x, self.layers_of(resolution, index)), labels, label_smoothing=0.1)
            loss.backward()
            self.sgd.step()
            losses.append(loss.item())
            times.stop()
        return {**times.answer, "losses": losses}

    @torch.inference_mode()
    def evaluate(self, resolution, first, count, batch=64, fold=1):
        images, labels = self.pictures_at(resolution)
        calibration = images[:self.plan["batch"] * self.plan["calibration_batches"]].split(self.plan["batch"])
        times, top1 = Times(), []
        for index in range(first, first + count):
            times.start()
            logits = self.net.evaluate(calibration, images.split(batch), self.layers_of(resolution, index), fold)
            top1.append((logits.argmax(1) == labels).float().mean().item())
            times.stop()
        return {**times.answer, "top1": top1}

    def check(self, resolution, index):
        """Loss and gradients of this subnet: Thimble's (gradients.bin) and ours in float against ours in double.

        Relative differences |g - exact| / |exact| of a shared tensor, the worst one. Gradients that are zero (a shift that
        the next batch norm takes away again) are left out; what the programs make of them is rounding.
        """
        theirs = numpy.fromfile(self.folder / "gradients.bin", dtype=numpy.float32)
        layers = self.layers_of(resolution, index)
        answer = {}
        found = {name: self.gradients(resolution, layers, dtype, answer)
                 for name, dtype in (("pytorch", torch.float32), ("exact", torch.float64))}
        largest = max(numpy.linalg.norm(g) for _, g in found["exact"])
        at, rows = 0, []
        for (name, single), (_, exact) in zip(found["pytorch"], found["exact"]):
            ours, at = theirs[at:at + exact.size].astype(numpy.float64), at + exact.size
            length = numpy.linalg.norm(exact)
            if length > 1e-9 * largest:
                rows.append((name, *(numpy.linalg.norm(g - exact) / length for g in (ours, single)),
                             numpy.linalg.norm(ours - single) / length))
            elif numpy.linalg.norm(ours) > 1e-4 * largest:
                raise SystemExit(f"{name}: the gradient is zero, Thimble says {numpy.linalg.norm(ours)}")
        for column, name in enumerate(("thimble", "pytorch", "thimble_to_pytorch"), 1):
            worst = max(rows, key=lambda row: row[column])
            answer[name] = worst[column]
            answer[name + "_median"] = sorted(row[column] for row in rows)[len(rows) // 2]
            answer[name + "_worst_of"] = worst[0]
        return answer | {"tensors": len(rows)}

    def gradients(self, resolution, layers, dtype, answer):
        net = Supernet(load_weights(self.folder, self.plan, dtype), self.net.channels_last)
        x, labels = self.batch_at(resolution)
        loss = F.cross_entropy(net.forward(x.to(dtype), layers), labels, label_smoothing=0.1)
        loss.backward()
        answer[f"loss_{dtype}".replace("torch.", "")] = loss.item()
        found = []
        for layer, tensors in zip(self.plan["layers"], net.layers):
            for name, tensor in zip(("weights", "scale", "shift"), tensors):
                if tensor is not None:
                    gradient = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
                    gradient = from_oihw(gradient, layer) if name == "weights" else gradient
                    found.append((f"{layer['name']}.{name}", gradient.double().contiguous().numpy().ravel()))
        return found


def main():
    rival = Rival(pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    for line in sys.stdin:
        what, *numbers = line.split()
        print(json.dumps(getattr(rival, what)(*map(int, numbers))), flush=True)


if __name__ == "__main__":
    main()
