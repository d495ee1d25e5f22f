"""Faults that a probe and its board may have, drawn at random or asked for one by one."""
import random

KINDS = ("dead", "stall", "drop", "flash", "write", "voltage", "lockup", "reset", "busy")


class Faults:
    """`rate`: the share of operations that fail. The same seed, the same faults."""

    def __init__(self, rate=0.0, kinds=KINDS, seed=1):
        unknown = sorted(set(kinds) - set(KINDS))
        if unknown:
            raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(KINDS)}")
        self.rate, self.kinds, self.random = rate, tuple(kinds), random.Random(seed)
        self.asked = []
        self.happened = []

    def ask(self, kind):
        """The next operation of the kind fails."""
        self.asked.append(kind)

    def happens(self, kind):
        if kind in self.asked:
            self.asked.remove(kind)
        elif kind not in self.kinds or self.random.random() >= self.rate:
            return False
        self.happened.append(kind)
        return True
