"""`python3 -m comparison`: scripts/bench.sh calls it with everything installed and built."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from .options import parse
from .processes import raise_descriptor_limit
from .results import Results
from .session import Session
from .stage import Stage

# Connections per second that one CPU may come to at most; tokens are made for that many.
FASTEST = 6000


def say(words: str) -> None:
    print(words, flush=True)


def stop(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    options = parse()
    signal.signal(signal.SIGTERM, stop)
    descriptors = raise_descriptor_limit()
    wants_tokens = "connect" in options.scenarios
    tokens = int(FASTEST * (options.seconds + options.warm_up)) + 100 if wants_tokens else 0
    with tempfile.TemporaryDirectory(prefix="secure-proxy-bench-") as directory:
        stage = Stage(options, Path(directory), tokens)
        try:
            session = Session(options, stage, say)
            results = Results(options, stage, session, descriptors)
            for name, reason in stage.unavailable.items():
                say(f"{name} is left out: {reason}")
            session.run(lambda: results.write(False) and None)
            document = results.write(True)
        finally:
            stage.close()
    for target in document["targets"]:
        measured = "not measured" if target["measured"] is None else f"{target['measured']:.3g}"
        verdict = {True: "met", False: "NOT MET", None: target["note"]}[target["met"]]
        limit = "" if target["limit"] is None else f" ({target['sense']} {target['limit']:g})"
        say(f"{target['id']}: {measured}{limit}: {verdict}")
    for problem in session.problems:
        say(f"problem: {problem}")
    say(f"written: {options.output / 'results.json'}")
    for sentence in session.broken:
        print(f"failed: {sentence}", file=sys.stderr)
    return 1 if session.broken else 0


if __name__ == "__main__":
    sys.exit(main())
