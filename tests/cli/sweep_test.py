"""`thimble sweep` and `thimble boards` as a user runs them: on virtual boards, killed, interrupted, with bad input."""
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import time

from thimble_process import HERE, PROGRAM, needs, run_tests, thimble

needs("qemu-system-arm", "arm-none-eabi-gcc")


def sweep_job(folder, subnets=24, boards=("virtual-m4", "virtual-m4"), extra=""):
    (folder / "space.yaml").write_text((HERE / "tiny_space.yaml").read_text())
    path = folder / "night.yaml"
    path.write_text(f"name: night\nseed: 5\nspace: {{file: space.yaml}}\ntarget: {{sram_kb: 128, flash_kb: 256}}\n"
                    f"sweep:\n  subnets: {subnets}\n  shard: 6\n  known_answers: 0\n  boards: [{', '.join(map(str, boards))}]\n{extra}")
    return path


def state_of(folder):
    """Marks and locks of boards stay in the test's folder."""
    return {**os.environ, "XDG_STATE_HOME": str(folder / "state")}


def sweep(folder, *options, **popen):
    return thimble("sweep", "night.yaml", *options, cwd=folder, env=state_of(folder), **popen)


def table(folder, run="night-sweep-001"):
    return (folder / "runs" / run / "sweep.csv").read_text()


def measured(folder, run="night-sweep-001"):
    """How many measurements a sweep has stored so far."""
    file = folder / "runs" / run / "run.sqlite"
    if not file.exists():
        return 0
    with contextlib.closing(sqlite3.connect(file)) as database:
        try:
            return database.execute("SELECT count(*) FROM measurements").fetchone()[0]
        except sqlite3.OperationalError:
            return 0  # killed before there was a table


def test_a_sweep_measures_every_subnet_once(folder):
    sweep_job(folder)
    done = sweep(folder, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["counts"] == {"done": 24, "failed": 0, "undecided": 0, "waiting": 0}
    assert facts["measured_twice"] == 0
    assert len({row["subnet"] for row in facts["results"]}) == 24
    assert all(row["cycles"] > 1000 and row["provenance"] == "modelled" for row in facts["results"])
    assert {(row["clock_hz"], row["cache"], row["energy_uj"]) for row in facts["results"]} == {(120e6, "none", None)}
    assert {board["clock_hz"] for board in facts["boards"]} == {120e6}
    assert {board["name"] for board in facts["boards"]} == {"virtual-m4#1", "virtual-m4#2"}
    assert sum(board["measured"] for board in facts["boards"]) <= 24
    run = folder / "runs/night-sweep-001"
    assert "24 of 24 measured" in (run / "sweep.md").read_text()
    assert "<h2>Boards</h2>" in (run / "report.html").read_text()
    assert "24/24" in done.stderr

    again = sweep(folder, "--resume", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["results"] == facts["results"]

    one = thimble("sweep", "night.yaml", "--set", "sweep.boards=[virtual-m4]", cwd=folder, env=state_of(folder))
    assert one.returncode == 0, one.stderr
    assert table(folder, "night-sweep-002") == table(folder)


def test_kills_and_interrupts_lose_and_repeat_nothing(folder):
    sweep_job(folder, subnets=40)
    assert sweep(folder).returncode == 0
    rng = random.Random(3)
    (folder / "killed").mkdir()
    sweep_job(folder / "killed", subnets=40)
    command = [PROGRAM, "sweep", "night.yaml"]
    cut_short = 0
    for i in range(12):
        process = subprocess.Popen(command + (["--resume"] if i else []), cwd=folder / "killed", env=state_of(folder),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        if i % 4 != 3:  # somewhere in its work; else while it starts
            goal = measured(folder / "killed") + rng.randint(1, 4)
            while process.poll() is None and measured(folder / "killed") < goal:
                time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.05))
        interrupted = i % 3 == 2 and process.poll() is None
        if interrupted:
            os.killpg(process.pid, signal.SIGINT)
            code = process.wait(60)
            assert code in (0, 130, -signal.SIGINT), code  # the last: before it had begun
        else:
            process.kill()
            process.wait()
        cut_short += 0 < measured(folder / "killed") < 40
    assert cut_short > 0, "no kill hit a sweep under way"
    last = thimble("sweep", "night.yaml", "--resume", "--json", cwd=folder / "killed", env=state_of(folder))
    assert last.returncode == 0, last.stderr
    assert json.loads(last.stdout)["measured_twice"] == 0
    assert table(folder / "killed") == table(folder)


def limit_file_size():
    """Stands for a full disk: every write beyond it fails."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_full_disk_is_named_and_the_sweep_goes_on_when_there_is_room(folder):
    sweep_job(folder, subnets=40)
    assert sweep(folder, "--set", "sweep.runs=1").returncode == 0
    (folder / "full").mkdir()
    sweep_job(folder / "full", subnets=40)
    limited = sweep(folder / "full", "--set", "sweep.runs=1", preexec_fn=limit_file_size)
    assert limited.returncode == 1, (limited.returncode, limited.stderr)
    assert "run.sqlite" in limited.stderr, limited.stderr
    resumed = sweep(folder / "full", "--set", "sweep.runs=1", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert table(folder / "full") == table(folder)


def test_a_locked_board_is_left_alone(folder):
    sweep_job(folder, subnets=6, boards=["virtual-m4"])
    boards = lambda *words: thimble("boards", *words, cwd=folder, env=state_of(folder))
    assert boards("lock", "virtual-m4", "--reason", "soldering").returncode == 0
    assert "soldering" in boards("list").stdout
    barred = sweep(folder)
    assert barred.returncode == 4, barred.stderr
    assert "soldering" in barred.stderr and "release" in barred.stderr
    assert "is free again" in boards("release", "virtual-m4").stdout
    assert sweep(folder, "--resume").returncode == 0
    checked = boards("check", "virtual-m4", "virtual-m3", "--json")
    assert checked.returncode == 0, checked.stderr
    assert all(board["canary_cycles"] > 1000 for board in json.loads(checked.stdout))
    assert [board["board_state"]["cpuid"][6:9] for board in json.loads(checked.stdout)] == ["c24", "c23"]
    assert boards("lock").returncode == 2


def test_boards_come_and_go_between_two_nights(folder):
    sweep_job(folder, subnets=8, boards=["virtual-m4"])
    assert sweep(folder).returncode == 0
    more = sweep(folder, "--resume", "--json", "--set", "sweep.boards=[virtual-m4, virtual-m3]")
    assert more.returncode == 0, more.stderr
    assert json.loads(more.stdout)["counts"]["done"] == 16
    other = sweep(folder, "--resume", "--set", "sweep.subnets=9")
    assert other.returncode == 2 and "sweep.subnets" in other.stderr, other.stderr


def test_the_fastest_subnets_answer_as_the_reference_does(folder):
    sweep_job(folder, subnets=4, boards=["virtual-m4", "virtual-m3"])
    facts = sweep(folder, "--json", "--set", "sweep.known_answers=1")
    assert facts.returncode == 0, facts.stderr
    results, answers = json.loads(facts.stdout)["results"], json.loads(facts.stdout)["known_answers"]
    assert [(a["board_type"], a["cases"], a["bit_exact"]) for a in answers] == [("virtual-m3", 2, True), ("virtual-m4", 2, True)]
    for answer in answers:
        of_type = [row for row in results if row["board_type"] == answer["board_type"]]
        assert answer["subnet"] == min(of_type, key=lambda row: row["latency_us"])["subnet"]
    run = folder / "runs/night-sweep-001"
    assert "2 as the int8 reference" in (run / "sweep.md").read_text()
    said = json.loads((run / "sweep.json").read_text())
    said["known_answers"][1]["bit_exact"] = False
    (run / "sweep.json").write_text(json.dumps(said))
    wrong = sweep(folder, "--resume", "--set", "sweep.known_answers=1")
    assert wrong.returncode == 1 and "differ from the reference" in wrong.stderr, wrong.stderr
    assert "WRONG" in (run / "sweep.md").read_text() and "WRONG" in (run / "report.html").read_text()


def with_make(folder, script):
    """The environment of a computer whose `make` is this script."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "make").write_text("#!/bin/sh\n" + script)
    (tools / "make").chmod(0o755)
    return {**state_of(folder), "PATH": f"{tools}:{os.environ['PATH']}"}


def test_a_firmware_that_cannot_be_built_is_no_verdict_and_is_asked_again(folder):
    sweep_job(folder, subnets=3, boards=["virtual-m4"], extra="")
    words = ("sweep", "night.yaml", "--json", "--set", "sweep.known_answers=1")
    full = with_make(folder, "echo 'no space left on device' >&2; exit 2\n")
    unasked = thimble(*words, cwd=folder, env=full)
    assert unasked.returncode == 4 and "--resume asks again" in unasked.stderr, unasked.stderr
    answer, = json.loads(unasked.stdout)["known_answers"]
    assert answer["bit_exact"] is None and answer["cases"] == 0, answer
    assert answer["message"].startswith("not asked: ") and "no space left" in answer["message"], answer
    run = folder / "runs/night-sweep-001"
    assert "not asked" in (run / "sweep.md").read_text() and "WRONG" not in (run / "sweep.md").read_text()
    said = json.loads((run / "sweep.json").read_text())
    said["known_answers"][0]["bit_exact"] = False  # as earlier versions said
    (run / "sweep.json").write_text(json.dumps(said))
    again = thimble(*words, "--resume", cwd=folder, env=state_of(folder))
    assert again.returncode == 0, again.stderr
    assert [a["bit_exact"] for a in json.loads(again.stdout)["known_answers"]] == [True]


def test_the_report_is_there_whatever_comes_of_the_answers(folder):
    sweep_job(folder, subnets=3, boards=["virtual-m4"])
    assert sweep(folder).returncode == 0
    run = folder / "runs/night-sweep-001"
    for name in ("sweep.json", "sweep.md", "sweep.csv", "report.html"):
        (run / name).unlink()
    lost = thimble("sweep", "night.yaml", "--resume", "--set", "sweep.known_answers=1", cwd=folder,
                   env={**state_of(folder), "TMPDIR": str(folder / "nowhere")})
    assert lost.returncode == 4, (lost.returncode, lost.stderr)
    assert "TMPDIR" in (run / "sweep.md").read_text() and "3 of 3 measured" in (run / "sweep.md").read_text()
    assert len(table(folder).splitlines()) == 4
    answer, = json.loads((run / "sweep.json").read_text())["known_answers"]
    assert answer["bit_exact"] is None and str(folder / "nowhere") in answer["message"], answer


def test_an_interrupt_among_the_answers_keeps_those_that_were_given(folder):
    sweep_job(folder, subnets=4, boards=["virtual-m4"])
    words = ("sweep", "night.yaml", "--set", "sweep.known_answers=2")
    interrupts = with_make(folder, f'kill -INT $PPID\nexec {shutil.which("make")} "$@"\n')
    stopped = thimble(*words, cwd=folder, env=interrupts)
    assert stopped.returncode == 130, (stopped.returncode, stopped.stderr)
    answers = lambda: json.loads((folder / "runs/night-sweep-001/sweep.json").read_text())["known_answers"]
    assert [(a["bit_exact"], a["message"]) for a in answers()] == [(True, ""), (None, "not asked: interrupted")]
    resumed = thimble(*words, "--resume", cwd=folder, env=state_of(folder))
    assert resumed.returncode == 0 and [a["bit_exact"] for a in answers()] == [True, True], resumed.stderr


def test_a_sweep_is_replayed_on_another_board_and_its_subnets_are_inspected(folder):
    sweep_job(folder, subnets=3, boards=["virtual-m4"])
    assert sweep(folder).returncode == 0
    (folder / "space.yaml").unlink()
    rows = [line.split(",") for line in table(folder).splitlines()[1:]]

    def replay(board):
        done = thimble("replay", "runs/night-sweep-001", "--on", board, "--json", cwd=folder, env=state_of(folder))
        assert done.returncode == 0, done.stderr
        return [(row["subnet"], row["cycles"], row["provenance"]) for row in json.loads(done.stdout)]

    assert replay("virtual-m4") == [(row[0], int(row[3]), "modelled") for row in rows]
    assert [(name, cycles > 1000, kind) for name, cycles, kind in replay("virtual-m3")] == \
        [(row[0], True, "modelled") for row in rows]
    assert [row[2] for row in replay("host")] == ["measured"] * 3
    text = thimble("replay", "runs/night-sweep-001", "--on", "virtual-m3", cwd=folder, env=state_of(folder)).stdout
    assert rows[2][0] in text and "Cortex-M3 manual" in text, text

    ask = lambda *words: thimble(*words, cwd=folder, env=state_of(folder))
    whole = ask("inspect", "runs/night-sweep-001")
    assert whole.returncode == 2 and "is a sweep" in whole.stderr and f"RUN:{rows[0][0]}" in whole.stderr, whole.stderr
    one = ask("inspect", f"runs/night-sweep-001:{rows[0][0]}", "--json")
    assert one.returncode == 0 and json.loads(one.stdout)["macs"] > 0, one.stderr
    assert ask("inspect", "runs/night-sweep-001:r99").returncode == 2
    verified = ask("verify", f"runs/night-sweep-001:{rows[0][0]}", "--json")
    assert json.loads(verified.stdout) == {"cases": 2, "mismatches": 0, "first_mismatch": None}, verified.stderr


def test_a_sweep_that_was_killed_is_replayed_and_inspected(folder):
    sweep_job(folder, subnets=40, boards=["virtual-m4"])
    process = subprocess.Popen([PROGRAM, "sweep", "night.yaml"], cwd=folder, env=state_of(folder),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and measured(folder) < 3:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not (folder / "runs/night-sweep-001/sweep.json").exists()
    ask = lambda *words: thimble(*words, cwd=folder, env=state_of(folder))
    replayed = ask("replay", "runs/night-sweep-001", "--on", "virtual-m3", "--json")
    assert replayed.returncode == 0 and len(json.loads(replayed.stdout)) >= 3, replayed.stderr
    whole = ask("inspect", "runs/night-sweep-001")
    assert whole.returncode == 2 and "is a sweep" in whole.stderr, whole.stderr
    one = ask("inspect", f"runs/night-sweep-001:{json.loads(replayed.stdout)[0]['subnet']}", "--json")
    assert one.returncode == 0, one.stderr


def test_an_older_sweep_is_resumed_by_its_name(folder):
    sweep_job(folder, subnets=6, boards=["virtual-m4"])
    assert sweep(folder).returncode == 0 and sweep(folder).returncode == 0
    first, second = (folder / "runs" / f"night-sweep-00{i}" for i in (1, 2))
    for name in ("night-sweep-001", first):
        for run in (first, second):
            (run / "sweep.csv").unlink(missing_ok=True)
        resumed = sweep(folder, f"--resume={name}", "--json")
        assert resumed.returncode == 0 and json.loads(resumed.stdout)["counts"]["done"] == 6, resumed.stderr
        assert (first / "sweep.csv").exists() and not (second / "sweep.csv").exists()
    (folder / "runs/other-001").mkdir()
    for name in ("night-sweep-003", "other-001", "runs"):
        refused = sweep(folder, f"--resume={name}")
        assert refused.returncode == 2 and name in refused.stderr and "night-sweep-NNN" in refused.stderr, refused.stderr
    assert not (folder / "runs/night-sweep-003").exists()


def test_what_a_board_of_another_build_refused_is_tried_again(folder):
    sweep_job(folder, subnets=6, boards=["virtual-m4"])
    assert sweep(folder).returncode == 0
    before = table(folder).splitlines()
    with contextlib.closing(sqlite3.connect(folder / "runs/night-sweep-001/run.sqlite")) as database:
        own = database.execute("SELECT key FROM tasks WHERE id = 2").fetchone()[0]
        for task, key in ((1, "of another build"), (2, own)):
            database.execute("UPDATE tasks SET state = 'failed', code = 'fault', key = NULL WHERE id = ?", (task,))
            for _ in range(2):
                database.execute("INSERT INTO attempts (task, board, shard, outcome, key) VALUES (?, 'virtual-m4', 1, "
                                 "'refused', ?)", (task, key))
        database.commit()
    resumed = sweep(folder, "--resume", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["counts"] == {"done": 5, "failed": 1, "undecided": 0, "waiting": 0}
    after = table(folder).splitlines()
    assert after[1] == before[1] and ",failed," in after[2] and after[3:] == before[3:], after


def test_subnets_of_a_list_are_measured_on_every_type_of_board(folder):
    job = sweep_job(folder, boards=["virtual-m4", "virtual-m3"], subnets=4)
    assert sweep(folder).returncode == 0
    names = sorted({line.split(",")[0] for line in table(folder).splitlines()[1:]})
    (folder / "nets.txt").write_text("# three of them\n" + "\n".join(names[:3]) + "\n\n")
    job.write_text(job.read_text() + "  list: nets.txt\n")
    done = sweep(folder, "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["results"]
    assert [(row["subnet"], row["board_type"]) for row in rows] == \
        [(name, board) for board in ("virtual-m3", "virtual-m4") for name in names[:3]]
    assert thimble("report", "runs/night-sweep-002", cwd=folder).returncode == 0


def test_what_does_not_fit_is_told(folder):
    sweep_job(folder, subnets=5, extra="")
    small = sweep(folder, "--set", "target.flash_kb=1")
    assert small.returncode == 3 and "sweep.subnets" in small.stderr, small.stderr


def test_bad_jobs_are_named(folder):
    job = sweep_job(folder)
    good = job.read_text()
    for text, words in [
            (good + "  shards: 3\n", ["sweep.shards", "unknown key", "shard"]),
            (good.replace("virtual-m4,", "virtual-m5,"), ["virtual-m5", "did you mean"]),
            (good.replace("virtual-m4,", "host,"), ["host is this computer"]),
            (good.replace("virtual-m4, virtual-m4", "nucleo-f446re, nucleo-f446re"), ["nucleo-f446re", "its own"]),
            (good + "  list: nowhere.txt\n", ["sweep.list", "nowhere.txt"]),
            (good + "  list: space.yaml\n", ["space.yaml", "1:1", "resolution"]),
            (good.replace("name: night", "name: ../night"), ["name", "names a folder"]),
            (good.replace("subnets: 24", "subnets: 0"), ["sweep.subnets", "must be"])]:
        job.write_text(text)
        done = sweep(folder)
        assert done.returncode == 2, (text, done.stderr)
        assert all(word in done.stderr for word in words), (words, done.stderr)
    assert not (folder / "runs").exists()


def lab_board(name, folder, **keys):
    """A board file of one's own: a NUCLEO-F446RE that is reached as the keys say."""
    facts = {"core": "cortex-m4", "clock_mhz": 180, "ram_size_kb": 128, "flash_size_kb": 512, "startup": "nucleo-f446re",
             "openocd_config": "board/st_nucleo_f4.cfg", **keys}
    (folder / name).write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in facts.items()))
    return name


def test_boards_that_cannot_be_told_apart_or_differ_are_named(folder):
    lab_board("lab-0.yaml", folder, probe_serial="S1")
    for keys, word in [({"probe_serial": "S1"}, "S1"), ({"probe_serial": "S2", "clock_mhz": 90}, "clock_mhz")]:
        sweep_job(folder, subnets=2, boards=["lab-0.yaml", lab_board("lab-1.yaml", folder, **keys)])
        refused = sweep(folder)
        assert refused.returncode == 2 and word in refused.stderr, refused.stderr


def test_a_board_that_is_not_there_is_to_blame(folder):
    if shutil.which("openocd") is None:
        print("skipped: openocd is not on this machine")
        return
    # Nobody listens there.
    board = lab_board("lab-0.yaml", folder, openocd_extra=["hla_stlink_backend tcp 1"])
    sweep_job(folder, subnets=2, boards=[board], extra="  patience_s: 0.1\n")
    lost = sweep(folder)
    assert lost.returncode == 4 and "lab-0" in lost.stderr and "release" in lost.stderr, lost.stderr
    assert "lsusb" in lost.stderr and "lab-0: lab-0" not in lost.stderr
    assert "lab-0: the canary failed: OpenOCD finds no board" in lost.stderr, lost.stderr
    listed = thimble("boards", cwd=folder, env=state_of(folder)).stdout
    assert "lab-0" in listed and "quarantined" in listed, listed
    assert thimble("boards", "lock", "lab-7", cwd=folder, env=state_of(folder)).returncode == 2
    assert thimble("boards", "release", "lab-0", cwd=folder, env=state_of(folder)).returncode == 0


def test_a_broken_energy_meter_sets_its_board_aside(folder):
    if shutil.which("openocd") is None:
        print("skipped: openocd is not on this machine")
        return
    server = subprocess.Popen([HERE.parent / "stlink/serve", "--part", "stm32f446", "--icount"],
                              stdout=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().split()[1]
        board = lab_board("lab-0.yaml", folder, openocd_extra=[f"hla_stlink_backend tcp {port}"],
                          energy_command="false", power=f"touch {folder}/power")
        sweep_job(folder, subnets=3, boards=[board])
        done = sweep(folder, "--json")
        assert done.returncode == 4, done.stderr
        facts = json.loads(done.stdout)
        assert facts["counts"] == {"done": 0, "failed": 0, "undecided": 0, "waiting": 3}, facts["counts"]
        assert facts["boards"][0]["state"] == "barred" and "energy_command" in facts["boards"][0]["reason"], facts["boards"]
        assert not (folder / "power").exists()
        assert "quarantined" not in thimble("boards", cwd=folder, env=state_of(folder)).stdout
        (folder / "lab-0.yaml").write_text((folder / "lab-0.yaml").read_text().replace(
            'energy_command: "false"', f'energy_command: "sh {folder}/meter"'))
        (folder / "meter").write_text("echo ready\ncat > /dev/null\necho 0.003\n")
        mended = sweep(folder, "--resume", "--json")
    finally:
        server.kill()
        server.wait()
    assert mended.returncode == 0, mended.stderr
    assert all(row["energy_uj"] > 0 for row in json.loads(mended.stdout)["results"])


def test_faults_on_the_way_to_boards_change_no_number(folder):
    if shutil.which("openocd") is None:
        print("skipped: openocd is not on this machine")
        return
    serve = HERE.parent / "stlink/serve"
    tables = []
    for name, options in (("still", []), ("stormy", ["--fault-rate", "0.02", "--faults", "drop,lockup,reset"])):
        (folder / name).mkdir()
        servers = [subprocess.Popen([serve, "--part", "stm32f446", "--icount", "--seed", str(i), *options],
                                    stdout=subprocess.PIPE, text=True) for i in range(2)]
        try:
            ports = [server.stdout.readline().split()[1] for server in servers]
            boards = [lab_board(f"lab-{i}.yaml", folder / name, openocd_extra=[f"hla_stlink_backend tcp {port}"])
                      for i, port in enumerate(ports)]
            sweep_job(folder / name, subnets=6, boards=boards)
            done = thimble("sweep", "night.yaml", "--json", cwd=folder / name, env=state_of(folder / name))
        finally:
            for server in servers:
                server.kill()
                server.wait()
        assert done.returncode == 0, done.stderr
        facts = json.loads(done.stdout)
        assert facts["counts"]["done"] == 6 and facts["measured_twice"] == 0, facts["counts"]
        tables.append(table(folder / name))
    assert tables[0] == tables[1]


if __name__ == "__main__":
    run_tests(globals())
