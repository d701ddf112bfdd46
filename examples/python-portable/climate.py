"""A source: the climate of a greenhouse that exists in a random number generator."""

import random
import threading
from typing import Any

from ekuiper import Context, Source


class Climate(Source):
    """Sends temperature and humidity once an interval; the same seed gives the same climate."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def configure(self, datasource: str, conf: dict[str, Any]) -> None:
        """Take interval (milliseconds) and seed; called once per rule, before open."""
        self.interval = float(conf.get("interval", 1000)) / 1000
        if self.interval <= 0:
            raise ValueError("climate: interval must be more than 0 milliseconds")
        self.random = random.Random(conf.get("seed"))
        self.temperature, self.humidity = 22.0, 60.0

    def open(self, ctx: Context) -> None:
        """Send until closed."""
        while not self.closed.wait(self.interval):
            ctx.emit(self.measure(), {})

    def close(self, ctx: Context) -> None:
        """Stop sending."""
        self.closed.set()

    def measure(self) -> dict[str, float]:
        """The next reading: a walk of small steps between sensible bounds."""
        self.temperature = step(self.random, self.temperature, 10, 35, 0.3)
        self.humidity = step(self.random, self.humidity, 30, 95, 1.0)
        return {"temperature": self.temperature, "humidity": self.humidity}


def step(generator: random.Random, value: float, low: float, high: float, size: float) -> float:
    """A value near ``value``, within the bounds, to two decimals."""
    moved = value + generator.uniform(-size, size)
    return round(min(max(moved, low), high), 2)
