"""Numbers as people read them: significant digits, units, ticks of an axis."""

from __future__ import annotations

import math

ABSENT = "–"


def number(value: float | None, digits: int = 3) -> str:
    """`value` with `digits` significant digits, never in exponents, with commas from a thousand."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    if rounded != 0:
        # 9.996 becomes 10.0 and not 10.00.
        places = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(0, places)}f}"


def ratio(value: float | None) -> str:
    """A ratio with two decimals, or with fewer where it is large."""
    if value is None or not math.isfinite(value):
        return ABSENT
    return f"{value:.2f}" if value < 10 else number(value, 3)


def spread(median: float | None, least: float | None, most: float | None, digits: int = 3) -> str:
    """The median with what lies around it: `3.73 (3.70–3.81)`."""
    if median is None:
        return ABSENT
    if least is None or most is None or least == most:
        return number(median, digits)
    return f"{number(median, digits)} ({number(least, digits)}–{number(most, digits)})"


def short_count(value: float) -> str:
    """A count for an axis: 10, 1k, 9k, 2.5M."""
    for limit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:g}{name}"
    return f"{value:g}"


def size(count: float) -> str:
    """A number of bytes for an axis: 64 B, 1 KiB, 60 KB. Whatever divides evenly is used."""
    count = int(count)
    if count >= 1 << 20 and count % (1 << 20) == 0:
        return f"{count >> 20} MiB"
    if count >= 1024 and count % 1024 == 0:
        return f"{count >> 10} KiB"
    if count >= 1000 and count % 1000 == 0:
        return f"{count // 1000} KB"
    return f"{count / 1024:.3g} KiB" if count >= 1024 else f"{count} B"


def nice_ticks(most: float, about: int = 4) -> list[float]:
    """Round values from 0 to at least `most`, about as many as asked for."""
    if most <= 0 or not math.isfinite(most):
        return [0.0, 1.0]
    rough = most / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    count = math.ceil(most / step - 1e-9)
    return [round(index * step, 12) for index in range(count + 1)]


def log_ticks(least: float, most: float) -> list[float]:
    """Ticks of a logarithmic axis that encloses both: 1, 2, 5, 10…, or powers of ten where it is long."""
    decades = math.log10(most / least) if least > 0 else 1
    factors = (1, 2, 5) if decades <= 2.6 else (1, 3) if decades <= 3.5 else (1,)
    ticks = []
    for power in range(math.floor(math.log10(least)) - 1, math.ceil(math.log10(most)) + 2):
        ticks += [factor * 10.0**power for factor in factors]
    below = [tick for tick in ticks if tick <= least * 1.0001]
    above = [tick for tick in ticks if tick >= most * 0.9999]
    return [tick for tick in ticks if below[-1] <= tick <= above[0]]
