"""Neural architecture search for microcontrollers: spaces, subnets, their memory on a target, and searches.

    space = thimble.Space.load("configs/spaces/demo.yaml")
    target = thimble.Target("cortex-m4")
    search = thimble.Evolution(space, target.fits(space, sram_kb=24), objectives={"top1": "max", "macs": "min"})
    for subnet in search.ask(): ...
"""
import pathlib as _pathlib

try:
    from ._thimble import (
        BoardError,
        ConfigError,
        DoesNotFitError,
        Error,
        Evolution,
        Fit,
        FitCheck,
        Interrupted,
        RandomSearch,
        Space,
        SpaceScore,
        Subnet,
        Target,
        pareto_front,
        prune,
        rank_spaces,
    )
except ModuleNotFoundError as _missing:
    if _missing.name != "thimble._thimble":
        raise
    raise ImportError(
        f"the compiled part of thimble is not in {_pathlib.Path(__file__).parent}: build it with scripts/build release "
        "in Thimble's folder, then set PYTHONPATH=build/release/python") from _missing

__all__ = [
    "BoardError",
    "ConfigError",
    "DoesNotFitError",
    "Error",
    "Evolution",
    "Fit",
    "FitCheck",
    "Interrupted",
    "RandomSearch",
    "Space",
    "SpaceScore",
    "Subnet",
    "Target",
    "pareto_front",
    "prune",
    "rank_spaces",
]
