#!/usr/bin/env python3
"""Runs the relays in turn, several times, all on one CPU, and prints medians: run.py BENCH [ROUNDS] [SCENARIO…]."""

import itertools
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Iterable

HERE = Path(__file__).resolve().parent
CPU = "0"
ECHO, BULK = 19301, 19302
# A port for each run: the kernel takes a ring apart some time after its process, and with it the listening socket.
PORTS = itertools.cycle(range(19310, 19910))
PINNED = ["taskset", "-c", CPU]

RELAYS: dict[str, list[str]] = {
    "epoll": ["relay-epoll"],
    "epoll, sends after": ["relay-epoll", "defer"],
    "epoll, SCHED_BATCH": ["chrt", "--batch", "0", "relay-epoll"],
    "io_uring multishot": ["relay-uring", "multi"],
    "io_uring one by one": ["relay-uring", "single"],
}
BULK_RELAYS: dict[str, list[str]] = {
    "epoll": ["relay-epoll"],
    "epoll, 16 bytes off": ["env", "OFFSET=16", "relay-epoll"],
    "epoll, SCHED_BATCH": ["chrt", "--batch", "0", "relay-epoll"],
    "io_uring multishot": ["relay-uring", "multi"],
    "io_uring multishot, 1 MiB": ["relay-uring", "multi", "16", "65536"],
    "io_uring one by one": ["relay-uring", "single"],
    "io_uring one by one, 1 MiB": ["relay-uring", "single", "16", "65536"],
}
# Programs that need neither load generator nor relay, and print their figures themselves.
ALONE: dict[str, list[list[str]]] = {
    # Offsets of receiver and sender; then also how much a receive takes.
    "alignment": [["alignment", *words.split()] for words in
                  ("0 0", "1 0", "16 0", "31 0", "32 0", "64 0", "2064 0", "4080 0", "0 16",
                   "16 0 131056", "64 0 131056", "16 0 131008", "64 0 131008")],
    "zerocopy": [["zerocopy", *words.split()] for words in
                 ("plain 128", "zerocopy 128 4", "zerocopy 128 32", "plain 64", "zerocopy 64 8")],
}  # fmt: skip
SCENARIOS: dict[str, tuple[list[str], dict[str, list[str]]]] = {
    "echo-1": (["echo", "--tunnels", "1", "--verify"], RELAYS),
    "echo-64": (["echo", "--tunnels", "64", "--verify"], RELAYS),
    "echo-64-rate": (["echo", "--tunnels", "64", "--rate", "4000"], RELAYS),
    "download": (["download", "--tunnels", "1", "--verify"], BULK_RELAYS),
    "upload": (["upload", "--tunnels", "1"], BULK_RELAYS),
    "download-8": (["download", "--tunnels", "8", "--verify"], BULK_RELAYS),
}


def relay_command(words: list[str], port: int, backend: int) -> list[str]:
    """The relay's command line; what stands before its name, for example chrt, stays there."""
    at = next(index for index, word in enumerate(words) if word.startswith("relay-"))
    return [*words[:at], str(HERE / words[at]), str(port), str(backend), *words[at + 1 :]]


def measure(bench: str, mode: list[str], relay: list[str], backend: subprocess.Popen[bytes]) -> dict[str, float]:
    """One run of one relay: what it cost, and what it counted itself."""
    port = next(PORTS)
    command = relay_command(relay, port, ECHO if mode[0] == "echo" else BULK)
    process = subprocess.Popen([*PINNED, *command], stdout=subprocess.PIPE)
    try:
        time.sleep(0.1)
        answer = subprocess.run(
            [*PINNED, bench, *mode, "--tcp", f"127.0.0.1:{port}", "--seconds", "0.7", "--warm-up", "0.2",
             "--cpu", CPU, "--pid", str(process.pid), "--backend-pid", str(backend.pid), "--json"],
            stdout=subprocess.PIPE, check=True)  # fmt: skip
    finally:
        process.terminate()
        counted, _ = process.communicate()
    return figures(json.loads(answer.stdout), json.loads(counted))


def figures(report: dict[str, Any], counted: dict[str, int]) -> dict[str, float]:
    """Costs per message, or per GB, of the relay and of all three processes together."""
    proxy = report["proxy"]
    moved = report["bytes_up"] + report["bytes_down"]
    all_of_it = proxy["cpu_seconds"] + report["generator"]["cpu_seconds"] + report["backend"]["cpu_seconds"]
    switches = proxy["voluntary_switches"] + proxy["involuntary_switches"]
    if "messages" in report:
        # The relay counts its calls from its start, so they are divided by all it carried, warm-up included.
        per, unit, whole, latency = report["messages"], 1e6, counted["bytes"] / 128, report["latency_us"]
    else:
        per, unit, whole, latency = moved / 1e9, 1.0, counted["bytes"] / 1e9, report["request_latency_us"]
    return {
        "cpu": proxy["cpu_seconds"] * unit / per,
        "cpu of all": all_of_it * unit / per,
        "calls": counted["system_calls"] / whole,
        "switches": switches / per,
        "taken away": proxy["involuntary_switches"] / per,
        "p50 us": latency["p50"],
        "p99 us": latency["p99"],
        "piece": counted["bytes"] / max(1, counted["pieces"]),
        "RSS KiB": proxy["memory"]["after_messages"]["resident_KiB"],
    }


def show(scenario: str, runs: dict[str, list[dict[str, float]]]) -> None:
    """Medians; of the cost also the quartiles, and the median of the ratios to the first relay in the same round."""
    print(f"\n{scenario}")
    first = next(iter(runs.values()))
    for name, results in runs.items():
        columns = {key: statistics.median(run[key] for run in results) for key in results[0]}
        low, _, high = statistics.quantiles([run["cpu"] for run in results], n=4)
        ratio = statistics.median(run["cpu"] / base["cpu"] for run, base in zip(results, first))
        of_all = statistics.median(run["cpu of all"] / base["cpu of all"] for run, base in zip(results, first))
        better = sum(run["cpu"] < base["cpu"] for run, base in zip(results, first))
        text = "  ".join(f"{key} {value:.4g}" for key, value in columns.items())
        print(f"  {name:27} {text}  quartiles {low:.3g}-{high:.3g}  ratio {ratio:.2f} (all {of_all:.2f}), "
              f"cheaper in {better} of {len(results)}")  # fmt: skip


def run_alone(name: str, rounds: int) -> None:
    """Medians of what the programs print, each run once a round."""
    print(f"\n{name}")
    runs: dict[str, list[dict[str, float]]] = {" ".join(words): [] for words in ALONE[name]}
    for turn in range(rounds):
        for words in ALONE[name][turn % len(runs) :] + ALONE[name][: turn % len(runs)]:
            command = [*PINNED, str(HERE / words[0]), *words[1:]]
            answer = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            runs[" ".join(words)].append(json.loads(answer.stdout))
    for words, results in runs.items():
        columns = {key: statistics.median(run[key] for run in results) for key in results[0]}
        print(f"  {words:24} " + "  ".join(f"{key} {value:.4g}" for key, value in columns.items()))


def main(bench: str, rounds: int, wanted: Iterable[str]) -> None:
    """Every scenario; within a round every relay once, in an order that turns."""
    backend = subprocess.Popen([*PINNED, bench, "--serve", f"echo:{ECHO},any:{BULK}"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.3)
        for scenario in wanted:
            if scenario in ALONE:
                run_alone(scenario, rounds)
                continue
            mode, relays = SCENARIOS[scenario]
            runs: dict[str, list[dict[str, float]]] = {name: [] for name in relays}
            for turn in range(rounds):
                names = list(relays)
                for name in names[turn % len(names) :] + names[: turn % len(names)]:
                    runs[name].append(measure(bench, mode, relays[name], backend))
            show(scenario, runs)
    finally:
        backend.terminate()
        backend.wait()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7, sys.argv[3:] or [*SCENARIOS, *ALONE])
