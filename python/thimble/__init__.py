"""Neural architecture search for microcontrollers: spaces, subnets, their memory on a target, and searches.

    space = thimble.Space.load("configs/spaces/demo.yaml")
    target = thimble.Target("cortex-m4")
    search = thimble.Evolution(space, target.fits(space, sram_kb=24), objectives={"top1": "max", "macs": "min"})
    for subnet in search.ask(): ...
"""
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
