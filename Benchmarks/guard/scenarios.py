"""The fixed scenarios. Change one, and its ceilings have to be measured anew."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """What is done, and what the cost is divided by."""

    name: str
    unit: str
    mode: str
    count: int
    options: tuple[str, ...]
    units_per_count: int = 1
    new_tokens: bool = False
    # How often it is measured; the median counts. Bulk is cut into reads differently each time, the rest is exact.
    rounds: int = 1


SCENARIOS = (
    Scenario("echo-64B-1", "message", "echo", 2_000, ("--size", "64", "--tunnels", "1")),
    Scenario("echo-64B-64", "message", "echo", 6_400, ("--size", "64", "--tunnels", "64")),
    Scenario("echo-1KiB-64", "message", "echo", 6_400, ("--size", "1024", "--tunnels", "64")),
    Scenario("upload", "MiB", "upload", 8, ("--bytes", "4Mi", "--tunnels", "1"), units_per_count=4, rounds=3),
    Scenario("download", "MiB", "download", 8, ("--bytes", "4Mi", "--tunnels", "1"), units_per_count=4, rounds=3),
    Scenario("connect-known", "tunnel", "connect", 50, ("--tunnels", "1")),
    Scenario("connect-new", "tunnel", "connect", 50, ("--tunnels", "1", "--tokens-once"), new_tokens=True),
)
