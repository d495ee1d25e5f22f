#!/usr/bin/env python3
"""Bad input: place, value and rule, and the exit codes of the design (2 bad input, 3 does not fit, 4 board trouble)."""

import random
import struct
import subprocess
import time
import zlib

from thimble_process import HERE, PROGRAM, needs, run_tests, start, thimble, tiny_job

needs("arm-none-eabi-gcc", "qemu-system-arm")


def refused(folder, *settings, code=2):
    arguments = [part for setting in settings for part in ("--set", setting)]
    done = thimble("run", tiny_job(folder), *arguments, cwd=folder)
    assert done.returncode == code, (done.returncode, done.stderr)
    assert done.stdout == "", done.stdout
    return done.stderr


def test_a_wrong_key_and_a_wrong_value_are_reported_together(folder):
    job = tiny_job(folder)
    job.write_text(job.read_text().replace("population: 6", "poplation: 6").replace("seed: 3", "seed: -3"))
    done = thimble("run", job, cwd=folder)
    assert done.returncode == 2
    assert "tiny.yaml: 2 problems" in done.stderr, done.stderr
    assert "2:7" in done.stderr and "seed = -3" in done.stderr and "must be >= 0" in done.stderr, done.stderr
    assert "search.poplation" in done.stderr and "did you mean population?" in done.stderr, done.stderr
    assert not (folder / "runs").exists(), "a refused job leaves nothing behind"


def test_a_missing_job_file_is_named(folder):
    done = thimble("run", "nothing.yaml", cwd=folder)
    assert done.returncode == 2 and "nothing.yaml" in done.stderr, done.stderr


def test_a_missing_picture_folder_is_named(folder):
    message = refused(folder, "data={kind: image_folder, path: no/such/folder}")
    assert "data.path" in message and "no/such/folder" in message, message


def test_an_empty_class_is_named(folder):
    (folder / "pictures" / "train" / "cat").mkdir(parents=True)
    (folder / "pictures" / "train" / "dog").mkdir(parents=True)
    message = refused(folder, "data={kind: image_folder, path: pictures}")
    assert "cat" in message, message


def test_a_board_that_does_not_exist_is_named_with_those_that_do(folder):
    message = refused(folder, "target.board=virtual-m5")
    assert "virtual-m5" in message and "virtual-m4" in message, message


def test_a_board_that_is_no_target_or_too_small_is_refused_before_anything_runs(folder):
    message = refused(folder, "target.board=host", "target.flash_kb=999999")
    assert "target.board = host" in message and "runs no firmware" in message, message
    (folder / "wire.yaml").write_text("{core: cortex-m4, clock_mhz: 180, ram_size_kb: 128, flash_size_kb: 512, "
                                      "startup: nucleo-f446re, uart_port_wildcard: /dev/ttyACM*}")
    message = refused(folder, "target.board=wire.yaml")
    assert "must be a board with openocd_config" in message, message
    message = refused(folder, "target.sram_kb=999999")
    assert "must be at most 4096" in message, message
    assert not (folder / "runs").exists()


def test_the_host_has_no_cold_runs_and_says_what_it_is(folder):
    model = HERE.parent / "fuzz/corpus/depthwise.tflite"
    done = thimble("profile", model, "--board", "host", "--cache", "cold", cwd=folder)
    assert done.returncode == 2 and "--cache = cold" in done.stderr and "must be warm" in done.stderr, done.stderr
    done = thimble("profile", model, "--board", "host", cwd=folder)
    assert done.returncode == 0 and "board: this computer" in done.stdout, (done.stdout, done.stderr)
    assert "wait states" not in done.stdout and "no caches" not in done.stdout, done.stdout


def test_pictures_too_small_for_the_space_are_reported_where_they_were_set(folder):
    message = refused(folder, "data.image_size=8")
    assert "--set" in message and "data.image_size = 8" in message and "largest resolution" in message, message
    job = tiny_job(folder)
    assert "image_size: 24" in job.read_text()
    job.write_text(job.read_text().replace("image_size: 24", "image_size: 9"))
    done = thimble("run", job, cwd=folder)
    assert done.returncode == 2 and "tiny.yaml" in done.stderr and "4:" in done.stderr, done.stderr
    assert "--set" not in done.stderr, done.stderr


def test_a_space_of_another_number_of_classes_is_refused_before_anything_runs(folder):
    job = tiny_job(folder)
    space = folder / "tiny_space.yaml"
    space.write_text(space.read_text().replace("classes: 2", "classes: 3"))
    done = thimble("run", job, cwd=folder)
    assert done.returncode == 2 and "classes = 3" in done.stderr and "must be 2" in done.stderr, done.stderr
    assert not (folder / "runs").exists()


def pictures(folder, good, bad):
    """Class folders with pictures of noise; `bad` of them are no JPEG inside."""
    rng = random.Random(4)
    for split, count in (("train", good), ("test", 8)):
        for name in ("cat", "dog"):
            place = folder / "pictures" / split / name
            place.mkdir(parents=True)
            for i in range(count):
                pixels = bytes(rng.randrange(256) for _ in range(24 * 24 * 3))
                (place / f"{i:03}.png").write_bytes(png(24, 24, pixels))
    for i in range(bad):
        (folder / f"pictures/train/cat/broken{i}.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")


def png(width, height, pixels):
    rows = b"".join(b"\0" + pixels[y * width * 3:(y + 1) * width * 3] for y in range(height))
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


FOLDER = "data={kind: image_folder, path: pictures, image_size: 24, validation_images: 20}"


def test_keys_of_another_kind_of_data_and_too_few_pictures_are_named_with_the_file(folder):
    pictures(folder, 10, 0)
    message = refused(folder, "data={kind: image_folder, path: pictures, train_images: 5}")
    assert "data.train_images" in message and "belongs to kind: rendered" in message, message
    message = refused(folder, "data={kind: image_folder, path: pictures, image_size: 24, validation_images: 900}")
    assert "tiny.yaml: 1 problem" in message and "data.validation_images = 900" in message, message


def test_a_corrupt_picture_among_good_ones_is_named_and_left_out(folder):
    pictures(folder, 120, 1)
    done = thimble("run", tiny_job(folder), "--set", FOLDER, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "left out" in done.stderr and "broken0.jpg" in done.stderr, done.stderr
    assert "broken0.jpg" in (folder / "runs/latest/log.txt").read_text()


def test_too_many_corrupt_pictures_are_an_error(folder):
    pictures(folder, 40, 9)
    done = thimble("run", tiny_job(folder), "--set", FOLDER, cwd=folder)
    assert done.returncode == 1 and "broken0.jpg" in done.stderr, (done.returncode, done.stderr)


def test_a_run_is_not_resumed_with_other_pictures(folder):
    pictures(folder, 60, 0)
    job = tiny_job(folder)
    assert thimble("train", job, "--set", FOLDER, cwd=folder).returncode == 0
    (folder / "pictures/train/cat/000.png").rename(folder / "pictures/train/dog/zzz.png")
    done = thimble("run", job, "--set", FOLDER, "--resume", cwd=folder)
    assert done.returncode == 2 and "pictures have changed" in done.stderr, (done.returncode, done.stderr)


def test_two_programs_do_not_fill_one_run(folder):
    job = tiny_job(folder)
    first = start("run", job, cwd=folder)
    try:
        for _ in range(200):
            if (folder / "runs/latest/run.sqlite").exists():
                break
            time.sleep(0.02)
        second = thimble("run", job, "--resume", cwd=folder)
    finally:
        first.wait(120)
    assert second.returncode == 1 and "another thimble works in this run" in second.stderr, second.stderr


def test_results_that_cannot_be_written_are_a_failure(folder):
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "boards", "--json"], cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "standard output" in done.stderr, done.stderr


def test_limits_that_nothing_can_meet_end_with_3(folder):
    message = refused(folder, "target.sram_kb=1", "seed=7", code=3)
    assert "tiny.yaml: target.sram_kb = 1," in message and "resolved" not in message, message
    assert "peak SRAM" in message and "of 1 KB" in message, message


def test_a_run_can_be_resumed_only_by_the_job_that_made_it(folder):
    job = tiny_job(folder)
    assert thimble("space", job, cwd=folder).returncode == 0
    done = thimble("run", job, "--resume", "--set", "seed=9", cwd=folder)
    assert done.returncode == 2 and "tiny.yaml: 1 problem" in done.stderr, done.stderr
    assert "seed = 9  was 3 when runs/tiny-001 began; put it back, or start a new run" in done.stderr, done.stderr
    space = folder / "tiny_space.yaml"
    text = space.read_text()
    space.write_text("# a remark changes nothing\n" + text)
    assert thimble("space", job, cwd=folder).returncode == 0
    assert not (folder / "runs/tiny-002").exists()
    space.write_text(text.replace("depths: [1, 2], kernel_sizes: [3, 5]", "depths: [1], kernel_sizes: [3, 5]"))
    done = thimble("run", job, "--resume", "--set", "search.generations=1", "--set", "deploy.mode=size", cwd=folder)
    assert done.returncode == 2, done.stderr
    for words in ("tiny.yaml: 2 problems", "search.generations = 1 ", "deploy.mode = size ", "tiny_space.yaml: 1 problem",
                  "stages[0].depths = [1] ", "was [1, 2] when runs/tiny-001 began"):
        assert words in done.stderr, (words, done.stderr)


def test_a_command_line_that_makes_no_sense_ends_with_2(folder):
    assert thimble("rnu", cwd=folder).returncode == 2
    assert thimble("run", tiny_job(folder), "--set", "novalue", cwd=folder).returncode == 2


def test_a_mistyped_word_is_named_with_the_one_that_is_meant(folder):
    for arguments, words in (
        (("rnu", "job.yaml"), ("rnu", "unknown command; did you mean run?")),
        (("qqqqqqqq",), ("unknown command; see thimble --help",)),
        (("run", "job.yaml", "--resum"), ("--resum", "unknown option; did you mean --resume?")),
        (("deploy", "a.tflite", "--ot=d"), ("--ot ", "did you mean --out?")),
        (("inspect", "a.tflite", "--bord", "host", "--jsn"), ("2 problems", "mean --board?", "mean --json?")),
        (("--quite", "doctor"), ("--quite", "did you mean --quiet?")),
    ):
        done = thimble(*arguments, cwd=folder)
        assert done.returncode == 2 and done.stdout == "", (arguments, done)
        for word in words:
            assert word in done.stderr, (word, done.stderr)


def test_quiet_may_stand_on_both_sides_of_the_command(folder):
    job = tiny_job(folder)
    loud = thimble("space", job, "--runs", "a", "--set", "space.samples=5", cwd=folder)
    assert loud.returncode == 0 and "first runs" in loud.stderr, loud.stderr
    for i, arguments in enumerate((("-q", "space", job), ("space", job, "-q"), ("space", "--quiet", job))):
        done = thimble(*arguments, "--runs", f"q{i}", "--set", "space.samples=5", cwd=folder)
        assert done.returncode == 0 and "first runs" not in done.stderr, done.stderr


def test_help_tells_what_a_model_is_and_what_exit_codes_mean(folder):
    text = thimble("deploy", "--help", cwd=folder).stdout
    assert ".json" in text and ".tflite" in text and "3 nothing fits" in text, text
    assert "3 nothing fits" in thimble("--help", cwd=folder).stdout


def test_a_wrong_setting_is_named_as_it_was_given(folder):
    message = refused(folder, "target.sram_kb=-4")
    assert "--set target.sram_kb=-4: 1 problem" in message and "must be >= 0" in message and "1:1" not in message, message
    message = refused(folder, "search.poplation=3", "target={board: virtual-m4, srm_kb: 3}")
    assert "--set search.poplation=3: 1 problem" in message and "did you mean population?" in message, message
    assert "--set target={board: virtual-m4, srm_kb: 3}: 1 problem" in message, message
    assert "tiny.yaml" not in message and "did you mean sram_kb?" in message, message


def test_init_writes_over_nothing(folder):
    assert thimble("init", "job.yaml", cwd=folder).returncode == 0
    before = (folder / "job.yaml").read_text()
    again = thimble("init", "job.yaml", cwd=folder)
    assert again.returncode == 2 and "job.yaml" in again.stderr
    assert (folder / "job.yaml").read_text() == before
    assert thimble("init", "new/folder/job.yaml", cwd=folder).returncode == 0, "folders on the way are made"
    assert (folder / "new/folder/job-space.yaml").exists()
    below_a_file = thimble("init", "job.yaml/job.yaml", cwd=folder)
    assert below_a_file.returncode == 2 and "a folder of this name is wanted" in below_a_file.stderr, below_a_file.stderr
    space = thimble("space", "job.yaml", "--set", "space.samples=5", cwd=folder)
    assert space.returncode == 0, f"the job that init wrote is refused:\n{space.stderr}"


def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room(folder):
    job = tiny_job(folder)
    # A limit on the size of files stands for the full disk: every write beyond it fails.
    limited = thimble("run", job, cwd=folder, preexec_fn=limit_file_size)
    assert limited.returncode == 1, (limited.returncode, limited.stderr)
    assert "runs/" in limited.stderr, limited.stderr
    resumed = thimble("run", job, "--resume", cwd=folder)
    assert resumed.returncode == 0, resumed.stderr


def limit_file_size():
    import resource
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))


if __name__ == "__main__":
    run_tests(globals())
