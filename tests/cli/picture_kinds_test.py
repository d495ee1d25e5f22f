#!/usr/bin/env python3
"""Data sets that come as arrays, from the files to the firmware; grey pictures, so networks of one input channel."""
import gzip
import json
import pathlib
import struct
import tempfile

import numpy

from thimble_process import needs, run_tests, thimble, tiny_job

needs("arm-none-eabi-gcc", "qemu-system-arm", "make")

SIDE = 24


def grey_pictures(count, seed):
    """Noise; class 1 is brighter on the left."""
    random = numpy.random.default_rng(seed)
    labels = numpy.arange(count) % 2
    pictures = random.integers(0, 200, (count, SIDE, SIDE), dtype=numpy.uint8)
    pictures[labels == 1, :, :SIDE // 2] += 55
    return pictures, labels


TRAIN, TRAIN_LABELS = grey_pictures(240, 1)
TEST, TEST_LABELS = grey_pictures(40, 2)


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(numpy.uint8).tobytes()


def write_idx(folder):
    folder.mkdir()
    for name, array in {"train-images-idx3": TRAIN, "train-labels-idx1": TRAIN_LABELS, "t10k-images-idx3": TEST,
                        "t10k-labels-idx1": TEST_LABELS}.items():
        (folder / f"{name}-ubyte.gz").write_bytes(gzip.compress(idx(array)))


def write_numpy(folder, train=TRAIN):
    folder.mkdir()
    numpy.save(folder / "train_images.npy", train)
    numpy.save(folder / "train_labels.npy", TRAIN_LABELS)
    with open(folder / "test_images.npy", "wb") as file:
        numpy.lib.format.write_array(file, TEST[..., None], version=(2, 0))
    numpy.save(folder / "test_labels.npy", TEST_LABELS.astype(numpy.int16)[:, None])


def job_of(folder, channels=1):
    """The tiny job with one resolution, that of the pictures: what the firmware sees are their very bytes."""
    job = tiny_job(folder)
    space = folder / "tiny_space.yaml"
    space.write_text(space.read_text().replace("resolutions: [16, 24]", f"resolutions: [{SIDE}]") +
                     f"input_channels: {channels}\n")
    return job


def data(kind, **keys):
    keys = {"image_size": SIDE, "validation_images": 60, "path": kind, **keys}
    return f"data={{kind: {kind}, " + ", ".join(f"{key}: {value}" for key, value in keys.items()) + "}"


HOME = pathlib.Path(tempfile.mkdtemp())
write_idx(HOME / "idx")
RUN = thimble("run", job_of(HOME), "--set", data("idx", class_names="[dark, bright]"), cwd=HOME)


def test_grey_pictures_end_as_firmware_that_is_bit_exact(_):
    assert RUN.returncode == 0, RUN.stderr
    winner = json.loads((HOME / "runs/latest/front.json").read_text())["winner"]
    assert winner["bit_exact"] and winner["known_answers"] == 8, winner
    assert winner["linked_sram_bytes"] == winner["peak_sram_bytes"]
    assert winner["linked_flash_bytes"] == winner["flash_bytes"]["total"]
    for board in ("virtual-m4", "host"):
        done = thimble("verify", "runs/latest", "--board", board, "--json", cwd=HOME)
        assert json.loads(done.stdout) == {"cases": 8, "mismatches": 0, "first_mismatch": None}, done.stderr


def test_the_firmware_sees_test_pictures_byte_for_byte(_):
    cases = numpy.fromfile(HOME / "runs/latest/firmware/kat/inputs.bin", dtype=numpy.int8).reshape(8, SIDE * SIDE)
    pictures = {(picture.astype(numpy.int16) - 128).astype(numpy.int8).tobytes() for picture in TEST}
    assert {case.tobytes() for case in cases} <= pictures and len({case.tobytes() for case in cases}) == 8
    header = (HOME / "runs/latest/firmware/model.h").read_text()
    assert '/* 0 */ "dark"' in header and '/* 1 */ "bright"' in header, header


def test_the_same_pictures_as_numpy_arrays_are_the_same_splits(folder):
    write_numpy(folder / "numpy")
    done = thimble("train", job_of(folder), "--set", data("numpy", class_names="[dark, bright]"), cwd=folder)
    assert done.returncode == 0, done.stderr
    splits = next(folder.glob("runs/*/data.json"))
    assert json.loads(splits.read_text()) == json.loads((HOME / "runs/latest/data.json").read_text())


def test_cifar_trains(folder):
    (folder / "cifar").mkdir()
    random = numpy.random.default_rng(3)
    for name, count in (("data_batch_1.bin", 160), ("test_batch.bin", 20)):
        records = random.integers(0, 256, (count, 3073), dtype=numpy.uint8)
        records[:, 0] = numpy.arange(count) % 2
        (folder / "cifar" / name).write_bytes(records.tobytes())
    (folder / "cifar/batches.meta.txt").write_text("cat\ndog\n")
    done = thimble("train", job_of(folder, channels=3), "--set", data("cifar"), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "100 train, 60 validation, 20 test, 2 classes" in done.stderr, done.stderr


def refused(folder, setting, channels=1):
    done = thimble("run", job_of(folder, channels), "--set", setting, cwd=folder)
    assert done.returncode == 2 and not (folder / "runs/latest").exists(), (done.returncode, done.stderr)
    return done.stderr


def test_a_space_of_other_channels_is_refused_before_anything_runs(folder):
    write_idx(folder / "idx")
    write_numpy(folder / "numpy")
    for kind in ("idx", "numpy"):
        message = refused(folder, data(kind), channels=3)
        assert "tiny_space.yaml" in message and "input_channels = 3" in message, message
        assert "must be 1: the pictures are grey" in message, message
    message = refused(folder, data("cifar", path="idx"))
    assert "must be 3: pictures have red, green and blue" in message, message


def test_keys_of_another_kind_are_named(folder):
    write_idx(folder / "idx")
    message = refused(folder, data("idx", labels="coarse", max_corrupt_share=0.1))
    assert "data.labels = coarse" in message and "belongs to kind: cifar; delete it" in message, message
    assert "belongs to kind: image_folder; delete it" in message, message
    message = refused(folder, data("rendered"), channels=3)
    assert "belongs to kind: image_folder, cifar, idx or numpy; delete it" in message, message


def test_arrays_that_numpy_wrote_in_another_form_are_refused(folder):
    write_numpy(folder / "numpy", numpy.asfortranarray(TRAIN))
    message = refused(folder, data("numpy"))
    assert "train_images.npy" in message and "in Fortran order" in message, message
    numpy.save(folder / "numpy/train_images.npy", TRAIN / 255)
    message = refused(folder, data("numpy"))
    assert "tiny.yaml: 1 problem" in message and "has dtype '<f8'" in message, message


if __name__ == "__main__":
    run_tests(globals())
