#!/usr/bin/env python3
"""A whole job with a real board in the loop: the stock OpenOCD, its stock script, and a virtual ST-LINK with a NUCLEO-F446RE."""
import json
import pathlib
import subprocess

from thimble_process import HERE, needs, run_tests, thimble, tiny_job

needs("arm-none-eabi-gcc", "qemu-system-arm", "openocd", "make")


def test_a_job_searches_on_a_board_and_its_winner_answers_there(folder):
    server = subprocess.Popen([HERE.parent / "stlink/serve", "--part", "stm32f446", "--icount"], stdout=subprocess.PIPE,
                              text=True)
    try:
        port = server.stdout.readline().split()[1]
        (folder / "lab.yaml").write_text(json.dumps(
            {"core": "cortex-m4", "clock_mhz": 180, "ram_size_kb": 128, "flash_size_kb": 512, "startup": "nucleo-f446re",
             "openocd_config": "board/st_nucleo_f4.cfg", "openocd_extra": [f"hla_stlink_backend tcp {port}"]}))
        done = thimble("run", tiny_job(folder), "--json", "--set", "target.board=lab.yaml", "--set", "search.generations=1",
                       "--set", "search.population=4", "--set", "search.parents=2", cwd=folder, timeout=600)
    finally:
        server.kill()
        server.wait()
    assert done.returncode == 0, done.stderr
    front = json.loads(done.stdout)
    winner = front["winner"]
    assert front["board"] == "lab" and winner["provenance"] == "measured" and winner["cycles"] > 0, winner
    assert winner["bit_exact"] and winner["linked_flash_bytes"] == winner["flash_bytes"]["total"], winner
    assert all(entry["bit_exact"] and entry["known_answers"] == 4 for entry in front["front"]), front["front"]
    assert any(entry["provenance"] == "measured" for entry in front["front"]), front["front"]


run_tests(globals())
