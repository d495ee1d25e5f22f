#!/usr/bin/env python3
"""deploy: whose files it writes over, what it says about limits, and the folder's own make rules."""
import json
import pathlib
import subprocess

from thimble_process import needs, run_tests, thimble

needs("arm-none-eabi-gcc", "qemu-system-arm", "make")

MODELS = pathlib.Path(__file__).parent.parent / "fuzz/corpus"
MODEL = MODELS / "depthwise.tflite"


def deploy(folder, board, *more, model=MODEL, code=0):
    done = thimble("deploy", model, "--board", board, "--out", "out", *more, cwd=folder)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def make(folder, *targets):
    return subprocess.run(["make", "-s", "-C", folder / "out", *targets], capture_output=True, text=True, timeout=120)


def files_of(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_one_folder_serves_one_board_after_the_other(folder):
    deploy(folder, "nucleo-f446re")
    assert make(folder).returncode == 0
    deploy(folder, "virtual-m4")
    assert not (folder / "out/board.h").exists() and not (folder / "out/kat/report_board.o").exists()
    (folder / "out/notes.txt").write_text("mine")
    built = make(folder, "run")
    assert built.returncode == 0 and "KAT ok" in built.stdout, built
    manifest = json.loads((folder / "out/thimble-project.json").read_text())
    assert (manifest["board"], manifest["model"]) == ("virtual-m4", MODEL.name)
    assert set(manifest["files"]) | {"thimble-project.json", "notes.txt"} == {
        name for name in files_of(folder / "out") if not name.endswith((".o", ".a", ".elf", ".map"))}


def test_a_file_that_was_changed_is_not_written_over_unless_it_may_be(folder):
    deploy(folder, "virtual-m4")
    startup = folder / "out/startup.c"
    startup.write_text(startup.read_text() + "/* mine */\n")
    before = {name: (folder / "out" / name).read_bytes() for name in files_of(folder / "out")}
    done = deploy(folder, "nucleo-f446re", code=2)
    assert "startup.c" in done.stderr and "was changed" in done.stderr and "--force" in done.stderr, done.stderr
    assert before == {name: (folder / "out" / name).read_bytes() for name in files_of(folder / "out")}
    deploy(folder, "nucleo-f446re", "--force")
    assert "mine" not in startup.read_text() and make(folder).returncode == 0


def test_make_run_of_a_board_says_what_it_needs_and_fails(folder):
    deploy(folder, "nucleo-f446re")
    done = make(folder, "run")
    assert done.returncode != 0 and "make flash" in done.stderr and "serial port" in done.stderr, done
    flash = make(folder, "-n", "flash")
    assert 'openocd -f "board/st_nucleo_f4.cfg" -c "program firmware.elf verify reset exit"' in flash.stdout, flash
    assert "make flash" in (folder / "out/README.md").read_text()


def test_a_script_of_openocd_that_make_cannot_take_is_told(folder):
    assert deploy(folder, "nucleo-f446re").stderr == ""
    assert deploy(folder, "virtual-m4", "--force").stderr == ""
    board = "core: cortex-m4\nclock_mhz: 180\nram_size_kb: 128\nflash_size_kb: 512\nstartup: nucleo-f446re\n"
    (folder / "mine.yaml").write_text(board + "openocd_config: my boards/mine.cfg\n")
    done = deploy(folder, "mine.yaml", "--json")
    assert "my boards/mine.cfg" in done.stderr and "flash OPENOCD_CONFIG=" in done.stderr, done.stderr
    assert json.loads(done.stdout)["board"] == "mine"
    assert 'openocd -f "BOARD.cfg"' in make(folder, "-n", "flash").stdout
    flash = make(folder, "-n", "flash", "OPENOCD_CONFIG=my boards/mine.cfg")
    assert 'openocd -f "my boards/mine.cfg"' in flash.stdout, flash
    (folder / "none.yaml").write_text(board)
    assert "names no openocd_config" in deploy(folder, "none.yaml").stderr


def test_cases_that_the_flash_has_no_room_for_are_counted(folder):
    # 8 cases of 4096 bytes in and as many out; 40 KiB of flash hold 4 of them beside some 3 KiB and the test's 4 KiB.
    (folder / "small.yaml").write_text("core: cortex-m4\nclock_mhz: 180\nram_size_kb: 128\nflash_size_kb: 40\n"
                                       "startup: nucleo-f446re\n")
    model = MODELS / "add_constant_first.tflite"
    facts = json.loads(deploy(folder, "nucleo-f446re", "--json", model=model).stdout)
    assert facts["known_answers"] == facts["known_answers_offered"] == 8, facts
    assert "cases" not in deploy(folder, "nucleo-f446re", model=model).stdout
    done = deploy(folder, "small.yaml", model=model)
    assert "the first 4 cases of 8, as many as the board's flash has room for" in done.stdout, done.stdout
    assert (folder / "out/kat/inputs.bin").stat().st_size == 4 * 4096
    facts = json.loads(deploy(folder, "small.yaml", "--json", model=model).stdout)
    assert (facts["known_answers"], facts["known_answers_offered"]) == (4, 8), facts
    assert make(folder).returncode == 0, "they fit"


def test_a_flash_budget_that_cannot_be_kept_ends_with_3_and_the_least_that_can(folder):
    for command in (("deploy", "--out", "out"), ("inspect",), ("profile",), ("verify",)):
        done = thimble(command[0], MODEL, *command[1:], "--flash-budget", 100, cwd=folder)
        assert done.returncode == 3 and done.stdout == "", (command, done)
        assert "--flash-budget 100" in done.stderr and "needs at least" in done.stderr, done.stderr
        assert not (folder / "out").exists()
    least = int(done.stderr.split("at least ")[1].split()[0])
    assert json.loads(deploy(folder, "virtual-m4", "--flash-budget", least, "--json").stdout)["flash_bytes"] == least
    assert f"at least {least} " in deploy(folder, "virtual-m4", "--flash-budget", least - 1, code=3).stderr


def test_a_model_that_is_too_large_for_the_board_ends_with_3(folder):
    model = MODELS / "parallel_branches.tflite"  # 241 KB of activations
    done = thimble("inspect", model, "--board", "nucleo-f446re", cwd=folder)
    assert done.returncode == 3 and "does not fit: peak SRAM 235.6 KB of 128 KB (184 %)" in done.stdout, done
    facts = json.loads(thimble("inspect", model, "--json", cwd=folder).stdout)
    assert facts["does_not_fit"] is None
    done = deploy(folder, "nucleo-f446re", model=model, code=3)
    assert "of SRAM do not fit the 131072 bytes of nucleo-f446re" in done.stderr and not (folder / "out").exists()


def test_folders_on_the_way_are_made_and_a_file_there_is_named(folder):
    done = thimble("deploy", MODEL, "--out", "new/one/project", cwd=folder)
    assert done.returncode == 0 and (folder / "new/one/project/Makefile").exists(), done.stderr
    (folder / "file").write_text("")
    for command in (("deploy",), ("export", "--format", "tflite"), ("export", "--format", "c")):
        done = thimble(command[0], MODEL, *command[1:], "--out", "file/x", cwd=folder)
        assert done.returncode == 2 and "a folder of this name is wanted" in done.stderr, done.stderr
    exported = ("export", MODEL, "--format", "onnx", "--out", "deep/er/m.onnx")
    assert thimble(*exported, cwd=folder).returncode == 0
    again = thimble(*exported, cwd=folder)
    assert again.returncode == 2 and "--force replaces it" in again.stderr, again.stderr
    assert thimble(*exported, "--force", cwd=folder).returncode == 0


if __name__ == "__main__":
    run_tests(globals())
