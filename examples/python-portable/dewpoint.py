"""A function: the temperature at which the windows get wet."""

import math
from typing import Any

from ekuiper import Context, Function

A, B = 17.62, 243.12
"""Constants of the Magnus formula over water, B in degrees Celsius."""


class Dewpoint(Function):
    """dewpoint(temperature, humidity): degrees Celsius, and per cent of relative humidity."""

    def validate(self, args: list[Any]) -> str:
        """Say what is wrong with the call, or nothing; called when a rule is made."""
        if len(args) != 2:
            return f"dewpoint takes a temperature and a humidity, not {len(args)} arguments"
        return ""

    def exec(self, args: list[Any], ctx: Context) -> Any:
        """The dew point of one row; a missing or impossible reading has none."""
        temperature, humidity = args
        if temperature is None or humidity is None or humidity <= 0:
            return None
        return round(dewpoint(temperature, humidity), 2)

    def is_aggregate(self) -> bool:
        """One row, one value."""
        return False


def dewpoint(temperature: float, humidity: float) -> float:
    """The dew point in degrees Celsius, by the Magnus formula."""
    gamma = math.log(humidity / 100) + A * temperature / (B + temperature)
    return B * gamma / (A - gamma)
