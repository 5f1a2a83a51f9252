"""What has to be shown, as a table, and whether it is. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .values import divided, spread

Results = dict[str, Any]
# Values by round, and whom they were measured against in each.
Found = tuple[list[float | None], list[str | None]]


@dataclass(frozen=True)
class Target:
    """A demand. `find` takes the measured values out of summary and ratios; without it, it is shown elsewhere."""

    id: str
    line: str
    measure: str
    limit: float | None
    find: Callable[[Results], Found | None] | None
    sense: str = "at most"
    unit: str = "ratio"
    scenarios: tuple[str, ...] = ()
    note: str | None = None


def best(scenario: str, kind: str, extra: str | None = None) -> Callable[[Results], Found | None]:
    """The ratio to the best of the round."""
    def find(results: Results) -> Found | None:
        ratios = results["ratios"].get(scenario, {})
        if extra is not None:
            ratios = ratios.get("extra", {}).get(extra, {})
        found = ratios.get(f"best_{kind}")
        return None if found is None else (found["values"], found["peers"])
    return find


def against(scenario: str, peer: str, extra: str | None = None) -> Callable[[Results], Found | None]:
    """The ratio to one peer."""
    def find(results: Results) -> Found | None:
        ratios = results["ratios"].get(scenario, {})
        if extra is not None:
            ratios = ratios.get("extra", {}).get(extra, {})
        found = ratios.get("by_peer", {}).get(peer)
        return None if found is None else (found["values"], [peer] * len(found["values"]))
    return find


def own(results: Results, scenario: str, extra: str | None = None) -> list[float | None] | None:
    found = results["summary"].get(scenario, {}).get(results["ours"])
    if found is not None and extra is not None:
        found = found["extra"].get(extra)
    return None if found is None else found["values"]


def plain(scenario: str, extra: str | None = None) -> Callable[[Results], Found | None]:
    """Our own number."""
    def find(results: Results) -> Found | None:
        values = own(results, scenario, extra)
        return None if values is None else (values, [])
    return find


def between(scenario: str, base: str) -> Callable[[Results], Found | None]:
    """Our own number in one scenario by that in another, round by round."""
    def find(results: Results) -> Found | None:
        values, others = own(results, scenario), own(results, base)
        return None if values is None or others is None else (divided(values, others), [])
    return find


BEST_TLS = "median ratio to the best TLS-only yardstick of the round"
BEST_WEBSOCKET = "median ratio to the best WebSocket peer of the round"
DOUBLED = ("messages/s or MB/s with two CPUs, two workers, two threads of generator and backend each and twice the "
           "tunnels, by those with one of each")
DOUBLED_NOTE = ("Generator and backend share the CPUs with the proxy and are doubled with it, so that their part of "
                "the work is the same in both and none of them limits the one more than the other.")


def costs() -> list[Target]:
    found = []
    for name, words, websocket in (("echo-64", "CPU per message, echo of 64 B over 64 tunnels", 0.60),
                                   ("echo-1k", "CPU per message, echo of 1 KiB over 64 tunnels", 0.60),
                                   ("upload", "CPU per GB, upload", 0.50), ("download", "CPU per GB, download", 0.50)):
        found.append(Target(f"{name}/tls", f"{words}, against the best TLS-only yardstick", BEST_TLS, 0.80,
                            best(name, "tls"), scenarios=(name,)))
        found.append(Target(f"{name}/websocket", f"{words}, against the best WebSocket peer", BEST_WEBSOCKET, websocket,
                            best(name, "websocket"), scenarios=(name,)))
    found.append(Target("connect/tls", "CPU per new tunnel with a token never seen before, against the best "
                        "yardstick's bare TLS handshake", BEST_TLS, 1.10, best("connect", "tls"),
                        scenarios=("connect",)))
    found.append(Target("connect-seen/tls", "CPU per new tunnel with a token seen before, against the same", BEST_TLS,
                        1.0, best("connect-seen", "tls"), scenarios=("connect-seen",)))
    return found


def memories() -> list[Target]:
    found = []
    for suffix, words, extra in (("", "Memory per idle tunnel", None),
                                 ("-after-messages", "Memory per idle tunnel after large messages", "after_messages")):
        found.append(Target(f"idle{suffix}/KiB", words, "KiB resident for each of 9,000 tunnels", 16,
                            plain("idle", extra), unit="KiB", scenarios=("idle",)))
        found.append(Target(f"idle{suffix}/tls", f"{words}, against the best yardstick", BEST_TLS, 0.85,
                            best("idle", "tls", extra), scenarios=("idle",)))
        for peer in ("nginx", "hitch"):
            found.append(Target(f"idle{suffix}/{peer}", f"{words}, against {peer}", f"median ratio to {peer}", 0.40,
                                against("idle", peer, extra), scenarios=("idle",)))
    found.append(Target("idle/left", "Memory back at the start when the tunnels have left",
                        "what remains of the growth with all tunnels open", 0.05, plain("idle", "left_share"),
                        unit="share", scenarios=("idle",)))
    return found


def all_targets() -> list[Target]:
    return [
        *costs(), *memories(),
        Target("latency-half/p99", "p99 latency at half load, against the best yardstick's",
               "median ratio to the TLS-only yardstick whose median is best", 1.0,
               best("latency-half", "tls"), scenarios=("latency-half",)),
        *[Target(f"workers/{kind}", f"Throughput with two workers by that with one, {kind}", DOUBLED, 1.8,
                 between(f"workers-{kind}-2", f"workers-{kind}-1"), sense="at least",
                 scenarios=(f"workers-{kind}-1", f"workers-{kind}-2"), note=DOUBLED_NOTE)
          for kind in ("echo", "upload")],
        Target("calls/one", "System calls for an echoed message, one tunnel", "counted with ptrace", 2.2,
               plain("calls-one"), unit="calls", scenarios=("calls-one",)),
        Target("calls/many", "Fewer system calls for a message with many tunnels", "64 tunnels by one tunnel", 1.0,
               between("calls-many", "calls-one"), scenarios=("calls-one", "calls-many"),
               note="A lower bound: a traced proxy is slow and finds more ready at a time."),
        Target("allocations", "No allocation per message in steady state", "counted by the tests", 0, None,
               unit="allocations", note="Shown by the tests, not by this run."),
    ]


def evaluate(target: Target, results: Results, disabled: dict[str, str]) -> dict[str, Any]:
    """`disabled`: scenarios whose numbers say nothing here, and why."""
    found = target.find(results) if target.find else None
    values, peers = found if found else ([], [])
    measured = spread(values)["median"]
    named = Counter(peer for peer, value in zip(peers, values) if peer is not None and value is not None)
    note, met = target.note, None
    reasons = [disabled[name] for name in target.scenarios if name in disabled]
    if reasons:
        note = reasons[0]
    elif measured is not None and target.limit is not None:
        met = measured <= target.limit if target.sense == "at most" else measured >= target.limit
    elif target.find is not None:
        note = "It was not measured in this run."
    return {"id": target.id, "line": target.line, "measure": target.measure, "sense": target.sense,
            "limit": target.limit, "unit": target.unit, "measured": measured, "met": met, "values": values,
            "against": named.most_common(1)[0][0] if named else None, "note": note}
