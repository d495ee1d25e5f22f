#!/usr/bin/env python3
"""Executes the code cells of a notebook in order, in one namespace, as a fresh kernel would. Needs no Jupyter."""
import json
import pathlib
import sys


def main() -> int:
    path = pathlib.Path(sys.argv[1])
    namespace = {"__name__": "__main__"}
    cells = json.loads(path.read_text())["cells"]
    for number, cell in enumerate(cells, 1):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{path.name}, cell {number}", "exec"), namespace)
    # What the notebook shows must be so.
    shares = namespace["shares"]
    assert shares["evolution"] > shares["random"], shares
    assert len(namespace["evolution"]) == 320, "8 generations of 40 subnets, none twice"
    assert all(namespace["fits"](subnet) for subnet in namespace["evolution"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
