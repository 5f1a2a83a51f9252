"""What all peers share: options from the test, stories to choose from, and checks that say what was seen.

A peer is run as `python PEER.py STORY OPTIONS`, where OPTIONS is a JSON object. It ends with 0 when the story went as
told, and with 1 and the reason on standard error otherwise. `--list` names the stories.
"""

import asyncio
import inspect
import json
import os
import ssl
import sys
import time

_stories = {}


class Options:
    """The test's options as attributes."""

    def __init__(self, text):
        self.__dict__.update(json.loads(text))

    @property
    def url(self):
        return f"wss://localhost:{self.bridge}/"

    @property
    def front_door(self):
        return f"https://localhost:{self.frontDoor}"

    def tls(self):
        return ssl.create_default_context(cafile=self.ca)

    @property
    def bearer(self):
        return {"Authorization": "Bearer " + self.token}


class Failed(Exception):
    pass


def story(function):
    """Makes a function (async or not) with one parameter, the options, a story."""
    _stories[function.__name__] = function
    return function


def check(condition, *seen):
    if not condition:
        raise Failed(" ".join(str(part) for part in seen))


def equal(seen, expected, what="value"):
    if seen != expected:
        raise Failed(f"{what}: expected {_short(expected)}, saw {_short(seen)}")


def raises(kind, call):
    """The exception of `kind` that `call` has to raise."""
    try:
        call()
    except kind as error:
        return error
    raise Failed(f"no {kind.__name__}")


async def raises_async(kind, awaitable):
    """The exception of `kind` that `awaitable` has to raise."""
    try:
        await awaitable
    except kind as error:
        return error
    raise Failed(f"no {kind.__name__}")


def pattern(count, seed=0):
    """Bytes that differ from place to place, so that a piece lost, doubled or moved shows."""
    block = bytes((index * 131 + (index >> 8) * 17 + seed) & 0xFF for index in range(65_521))
    return (block * (count // len(block) + 1))[:count]


def announce(**facts):
    """Tells the test, which waits for a line, where a server listens."""
    print(json.dumps(facts), flush=True)


def parent_gone():
    """Returns when the process that started this one has ended, however that came: servers must not outlive tests."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)


def _short(value):
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}… ({len(text)} characters)"


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(sorted(_stories)))
        return
    name, options = sys.argv[1], Options(sys.argv[2])
    began = time.monotonic()
    try:
        outcome = _stories[name](options)
        if inspect.isawaitable(outcome):
            asyncio.run(_await(outcome))
    except Failed as failure:
        sys.exit(f"{name}: {failure}")
    print(f"{name}: done in {time.monotonic() - began:.2f} s")


async def _await(outcome):
    await outcome
