#!/usr/bin/env python3
"""Includes point downward only: the order of the rooms (docs/architecture.md) as data, held against the code."""
import pathlib
import re
import sys

# room -> rooms it may include (itself always)
MAY_INCLUDE = {
    "graph": [],
    "search/space": ["graph"],
    "search/strategy": ["search/space", "graph"],
    "supernet": ["search/space", "graph"],
    "deploy": ["search/space", "graph"],
    "profiler": ["deploy", "search/space", "graph", "firmware_probe"],
    "evaluators": ["profiler", "deploy", "supernet", "search/space", "graph"],
    "cli": ["evaluators", "profiler", "deploy", "supernet", "search/strategy", "search/space", "graph"],
    "python": ["evaluators", "profiler", "deploy", "supernet", "search/strategy", "search/space", "graph"],
    # freestanding C: knows no host code
    "deploy/kernels": [],
    "deploy/firmware": ["deploy/kernels"],
    "firmware_probe": ["deploy/kernels"],
}
TORCH = re.compile(r'#\s*include\s*<(torch|ATen|c10)/')
INCLUDE = re.compile(r'#\s*include\s*"([^"]+)"')


def room_of(path: str) -> str | None:
    """The innermost room that holds the path."""
    found = [room for room in MAY_INCLUDE if path.startswith(room + "/")]
    return max(found, key=len) if found else None


def is_allowed(room: str, target: str) -> bool:
    allowed = [room] + MAY_INCLUDE[room]
    if target in allowed:
        return True
    # deploy's kernels and firmware belong to deploy for everyone above it
    parent = target.rsplit("/", 1)[0]
    return target in ("deploy/kernels", "deploy/firmware") and parent in allowed


def violations(root: pathlib.Path):
    for room in MAY_INCLUDE:
        for path in sorted((root / room).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix not in {".cpp", ".hpp", ".c", ".h", ".in"} or room_of(name) != room:
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if TORCH.search(line) and not (room == "supernet" and path.suffix == ".cpp"):
                    yield f"{name}:{number}: LibTorch is included by .cpp files of supernet/ alone"
                match = INCLUDE.search(line)
                target = match and room_of(match.group(1))
                if target and not is_allowed(room, target):
                    yield f"{name}:{number}: {room} may not include {match.group(1)}"
                if match and match.group(1).startswith(".."):
                    yield f"{name}:{number}: includes are written from the root of the tree"


def main() -> int:
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found) if found else "includes point downward")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
