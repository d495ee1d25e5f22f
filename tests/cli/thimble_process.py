"""What the tests of the program share: the tiny job, and running `thimble` as a user does."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(os.environ["THIMBLE"])
HERE = pathlib.Path(__file__).parent
FINISHED = ["front.json", "front.csv", "space.json", "search.json", "training.json", "report.html",
            "checkpoints/supernet.thimble", "firmware/model.c", "firmware/kat/outputs.bin"]


def needs(*tools):
    """Ends the test as skipped where a tool is missing (ctest: SKIP_RETURN_CODE 77)."""
    for tool in tools:
        if shutil.which(tool) is None:
            print(f"skipped: {tool} is not on this machine")
            sys.exit(77)


def thimble(*arguments, cwd, timeout=300, **popen):
    return subprocess.run([PROGRAM, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=timeout,
                          **popen)


def start(*arguments, cwd):
    return subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=cwd, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def tiny_job(folder):
    """Copies the tiny job into a folder of its own."""
    for name in ("tiny.yaml", "tiny_space.yaml"):
        shutil.copy(HERE / name, folder)
    return pathlib.Path(folder) / "tiny.yaml"


def finished_files(folder, run="latest"):
    return {name: (pathlib.Path(folder) / "runs" / run / name).read_bytes() for name in FINISHED}


def in_folder(test):
    with tempfile.TemporaryDirectory() as folder:
        test(pathlib.Path(folder))
    print(f"{test.__name__.removeprefix('test_').replace('_', ' ')}: ok")


def run_tests(names):
    tests = [value for name, value in names.items() if name.startswith("test_")]
    for test in tests:
        in_folder(test)
    print(f"{len(tests)} passed, 0 failed")
