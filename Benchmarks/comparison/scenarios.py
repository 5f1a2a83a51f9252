"""What is measured: a table of small objects, each of which can be read alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .values import Report, at, kept_share, memory

ALL = ("ours", "tls", "websocket")
YARDSTICKS = ("ours", "tls")
CURVE = ("ours", "best tls")  # "best tls": the two best yardsticks at echo-64, as far as that was measured in this run
HALF = "half"


@dataclass(frozen=True)
class Extra:
    """A further number of a scenario."""

    title: str
    unit: str
    take: Callable[[Report], float | None]


@dataclass(frozen=True)
class Scenario:
    """One kind of run. `arguments` are the generator's; where to and how long are added."""

    name: str
    title: str
    what: str
    arguments: tuple[str, ...]
    metric: str
    unit: str
    section: str
    peers: tuple[str, ...] = ALL
    better: str = "lower"
    backend: str = "echo"
    pin: str = "one"
    extra: dict[str, Extra] = field(default_factory=dict)
    group: str | None = None
    x: float | None = None
    x_label: str | None = None
    compared_with: str | None = None
    # Runs at most so often, where the number hardly moves.
    rounds: int | None = None
    # Runs for --seconds after --warm-up; otherwise `arguments` say how much.
    timed: bool = True
    tokens_once: bool = False
    # A process that has served nobody before.
    fresh: bool = False
    # proxyWorkerConnections, where Secure Proxy's default doesn't do.
    connections: int | None = None
    workers: int = 1
    # How often it is measured in a round, where single runs differ a lot.
    times: int = 1
    # Tunnels as the peer can: see Peer.idle_tunnels.
    many: bool = False
    # Asked for a fixed rate: half of what those that compete can do.
    rate: str | None = None
    # Left out of a smoke run.
    slow: bool = False
    # Roughly how long a run takes beyond its time, for the estimate.
    overhead: float = 0.5

    def main(self, report: Report) -> float | None:
        """The number that it is about."""
        return at(self.metric)(report)


PERCENTILES = {"p50": Extra("p50 latency", "µs", at("latency_us.p50")),
               "p99": Extra("p99 latency", "µs", at("latency_us.p99"))}
ECHO_EXTRA = {**PERCENTILES, "p99_9": Extra("p99.9 latency", "µs", at("latency_us.p99_9")),
              "rate": Extra("rate", "messages/s", at("messages_per_second")),
              "instructions": Extra("instructions per message", "instructions", at("proxy.instructions_per_message")),
              "system_calls": Extra("system calls per message", "calls", at("proxy.system_calls_per_message"))}
CONNECT_EXTRA = {**PERCENTILES, "rate": Extra("rate", "connections/s", at("connections_per_second"))}
IDLE_EXTRA = {"after_messages": Extra("after large messages", "KiB", memory("after_messages")),
              "left": Extra("when all have left", "KiB", memory("left")),
              "left_share": Extra("when all have left, of what it had grown", "share", kept_share),
              "opening_cpu": Extra("CPU per opening", "µs", at("proxy.cpu_us_per_opening")),
              "tunnels": Extra("tunnels", "tunnels", at("options.tunnels"))}
MESSAGE = "proxy.cpu_us_per_message"
CONNECTION = "proxy.cpu_us_per_connection"


def echo(name: str, title: str, tunnels: int, size: int, **more: object) -> Scenario:
    """Messages there and back, one under way in each tunnel, every byte compared."""
    sources = ("--sources", "8") if tunnels >= 1000 else ()
    options: dict[str, object] = {
        "what": "CPU time of the proxy for a message there and back", "metric": MESSAGE, "unit": "µs",
        "section": "cost", "extra": ECHO_EXTRA,
        "arguments": ("echo", "--tunnels", str(tunnels), "--size", str(size), "--depth", "1", "--verify", *sources)}
    return Scenario(name=name, title=title, **{**options, **more})  # type: ignore[arg-type]


def bulk(direction: str, name: str, title: str, tunnels: int = 4, **more: object) -> Scenario:
    """Bytes in one direction, as many as go."""
    rate = "MB_per_second_up" if direction == "upload" else "MB_per_second_down"
    options: dict[str, object] = {
        "what": "CPU time of the proxy for each 10⁹ bytes", "metric": "proxy.cpu_seconds_per_GB", "unit": "s/GB",
        "section": "cost", "backend": "any", "extra": {"rate": Extra("rate", "MB/s", at(rate))},
        "arguments": (direction, "--tunnels", str(tunnels), "--verify")}
    return Scenario(name=name, title=title, **{**options, **more})  # type: ignore[arg-type]


def connect(name: str, title: str, what: str, *arguments: str, **more: object) -> Scenario:
    """New connections, one after the other in eight places."""
    options: dict[str, object] = {"metric": CONNECTION, "unit": "µs", "section": "cost", "extra": CONNECT_EXTRA,
                                  "arguments": ("connect", "--tunnels", "8", "--sources", "8", *arguments)}
    return Scenario(name=name, title=title, what=what, **{**options, **more})  # type: ignore[arg-type]


def workers(kind: str, count: int) -> Scenario:
    """The same with one CPU and one worker, and with two of everything: CPUs, workers, generator, backend, tunnels."""
    is_echo = kind == "echo"
    metric, unit = ("messages_per_second", "messages/s") if is_echo else ("MB_per_second_up", "MB/s")
    cost = at(MESSAGE if is_echo else "proxy.cpu_seconds_per_GB")
    made = echo if is_echo else bulk
    # The kernel spreads tunnels over workers at random: evenly enough where there are many.
    fixed: tuple[object, ...] = (128 * count, 64) if is_echo else (32 * count,)
    first = () if is_echo else ("upload",)
    title = f"{kind}, {count} worker{'s' if count > 1 else ''}"
    return made(*first, f"workers-{kind}-{count}", title, *fixed,  # type: ignore[arg-type]
                what="throughput where proxy, generator and backend share as many CPUs as there are workers",
                metric=metric, unit=unit, better="higher", section="scaling", peers=("ours",),
                extra={"cpu": Extra("CPU of the proxy", "µs" if is_echo else "s/GB", cost)},
                group=f"workers-{kind}", x=count, x_label="workers", workers=count,
                pin="one" if count == 1 else "both")


def tunnels(count: int) -> Scenario:
    return echo(f"tunnels-{count}", f"echo 64 B, {count:,} tunnels", count, 64, section="curve", peers=CURVE,
                group="tunnels", x=count, x_label="tunnels", rounds=3, overhead=0.5 + count / 1500, slow=count > 1000,
                connections=9500 if count >= 1000 else None)


def size(count: int) -> Scenario:
    return echo(f"size-{count}", f"echo {count:,} B, 64 tunnels", 64, count, section="curve", peers=CURVE,
                group="sizes", x=count, x_label="bytes in a message", rounds=3)


def calls(name: str, title: str, tunnels: int, note: str) -> Scenario:
    return echo(name, title, tunnels, 64, what="system calls of the proxy for a message there and back" + note,
                metric="proxy.system_calls_per_message", unit="calls", section="calls", peers=YARDSTICKS, extra={},
                timed=False, rounds=1,
                arguments=("echo", "--tunnels", str(tunnels), "--size", "64", "--depth", "1", "--verify",
                           "--trace-syscalls", "--count", "3000", "--warm-up", "0.2"))


def all_scenarios() -> list[Scenario]:
    """In the order of tables and of a round."""
    return [
        echo("echo-64", "echo 64 B, 64 tunnels", 64, 64),
        echo("echo-1k", "echo 1 KiB, 64 tunnels", 64, 1024),
        echo("echo-one-64", "echo 64 B, one tunnel", 1, 64),
        bulk("upload", "upload", "upload, 4 tunnels"),
        bulk("download", "download", "download, 4 tunnels"),
        connect("connect", "new connection",
                "CPU time of the proxy for a connection with a full handshake and its end; WebSocket: with the "
                "upgrade; Secure Proxy: with a token never seen before. All of them connect to the backend",
                tokens_once=True, fresh=True),
        connect("connect-seen", "new connection, token seen before",
                "the same with one token for all, against the others' connect", peers=("ours",),
                compared_with="connect"),
        connect("connect-resumed", "new connection, session resumed",
                "the same with TLS session resumption and one token for all", "--resume", section="information",
                rounds=2),
        echo("latency-half", "latency at half load", 64, 1024, section="latency", peers=YARDSTICKS, pin="apart",
             what="latency of 1 KiB there and back over 64 tunnels at a fixed rate, the same for all: half of "
                  "the lower of what Secure Proxy and the fastest yardstick could do at most just before, each with a "
                  "CPU of its own",
             metric="latency_us.p99", rate=HALF, overhead=3, times=3,
             extra={"p50": PERCENTILES["p50"], "p99_9": Extra("p99.9 latency", "µs", at("latency_us.p99_9")),
                    "maximum_rate": Extra("rate at most", "messages/s", at("maximum_rate")),
                    "asked_rate": Extra("rate asked for", "messages/s", at("options.rate")),
                    "rate": Extra("rate", "messages/s", at("messages_per_second")),
                    "cpu": Extra("CPU per message", "µs", at(MESSAGE))}),
        workers("echo", 1), workers("echo", 2), workers("upload", 1), workers("upload", 2),
        calls("calls-one", "system calls, one tunnel", 1, ""),
        calls("calls-many", "system calls, 64 tunnels", 64,
              "; a lower bound, as a traced proxy is slow and finds more ready"),
        *[size(count) for count in (1, 16, 64, 256, 1024, 4096, 16384, 60000)],
        *[tunnels(count) for count in (10, 100, 1000, 9000)],
        Scenario("idle", "memory of an idle tunnel", "resident memory for each of 9,000 tunnels that do nothing",
                 ("idle", "--big", "60000", "--rounds", "1", "--verify", "--sources", "8"),
                 "proxy.memory.opened.KiB_per_tunnel", "KiB", "memory", pin="apart", extra=IDLE_EXTRA, timed=False, fresh=True, connections=9500, many=True,
                 overhead=12),
    ]
