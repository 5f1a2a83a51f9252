"""Everything that runs during a comparison: provider, backend, and the peers that are up at the moment."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from .backend import Backend
from .material import Material
from .options import Options
from .peers import OURS, Peer, Setup, all_peers
from .processes import Process, StartFailed, listens
from .provider import Provider, discovery, issuer
from .scenarios import Scenario

FIRST_PORT = 21000
FIRST_BACKEND_PORT = 22000
PROVIDER_PORT = 23000
ADMIN_PORT = 23001


def check_ports() -> None:
    """Nobody else may be at a port that is used here: it would be measured instead, or in the way."""
    count = len(all_peers())
    used = [*range(FIRST_PORT, FIRST_PORT + count), *range(FIRST_BACKEND_PORT, FIRST_BACKEND_PORT + count),
            PROVIDER_PORT, ADMIN_PORT, ADMIN_PORT + 1]
    taken = [str(port) for port in used if listens(port)]
    if taken:
        raise SystemExit(f"somebody listens at {', '.join(taken)}: is another comparison running?")


@dataclass
class Up:
    """A peer that runs, and how it was started."""

    process: Process
    setup: Setup
    cpus: list[int]


class Stage:
    """Starts peers as scenarios need them, and leaves nothing behind."""

    def __init__(self, options: Options, work: Path, tokens: int) -> None:
        self.options, self.work = options, work
        self.peers = {peer.name: peer for peer in all_peers() if peer.name in options.only}
        self.programs: dict[str, Path] = {}
        self.unavailable: dict[str, str] = {}
        self.up: dict[str, Up] = {}
        self.started = 0
        check_ports()
        work.chmod(0o755)
        self.material = Material(work / "material", options.generator, issuer(PROVIDER_PORT))
        self.provider = Provider(PROVIDER_PORT, self.material.make(tokens))
        ports = [FIRST_BACKEND_PORT + index for index in range(len(all_peers()))]
        self.backend = Backend(options.generator, work / "backend", ports)
        for name, peer in self.peers.items():
            found = peer.find(self.setup(peer))
            if found is None:
                self.unavailable[name] = "it is not installed"
            else:
                self.programs[name] = found

    def setup(self, peer: Peer, scenario: Scenario | None = None) -> Setup:
        index = [each.name for each in all_peers()].index(peer.name)
        self.started += 1
        return Setup(
            directory=self.work / f"{peer.name}-{self.started}", port=FIRST_PORT + index,
            backend_port=FIRST_BACKEND_PORT + index, material=self.material,
            programs={OURS: self.options.proxy}, environment=self.options.environment,
            discovery=discovery(PROVIDER_PORT), admin_port=ADMIN_PORT,
            workers=scenario.workers if scenario and peer.name == OURS else 1,
            connections=scenario.connections if scenario and peer.name == OURS else None)

    def cpus(self, scenario: Scenario) -> tuple[list[int], list[int]]:
        """Those of the proxy, and those of generator and backend."""
        one, other = [self.options.cpu], [self.options.other_cpu]
        if scenario.pin == "both":
            return sorted({*one, *other}), sorted({*one, *other})
        return one, other if scenario.pin == "apart" else one

    def ready(self, peer: Peer, scenario: Scenario) -> Up:
        """The peer as the scenario needs it: the one that runs, if it fits. Raises StartFailed."""
        cpus, _ = self.cpus(scenario)
        found = self.up.get(peer.name)
        wanted = self.setup(peer, scenario)
        if found is not None and found.process.lives() and not scenario.fresh and found.cpus == cpus \
                and (found.setup.workers, found.setup.connections) == (wanted.workers, wanted.connections):
            return found
        self.stop(peer.name)
        try:
            process = peer.start(self.programs[peer.name], wanted, cpus)
        except OSError as error:
            raise StartFailed(f"it could not be started: {error}") from error
        self.up[peer.name] = Up(process, wanted, cpus)
        return self.up[peer.name]

    def stop(self, name: str) -> None:
        found = self.up.pop(name, None)
        if found is not None:
            found.process.stop()
            shutil.rmtree(found.setup.directory, ignore_errors=True)

    def stop_peers(self) -> None:
        for name in list(self.up):
            self.stop(name)

    def close(self) -> None:
        self.stop_peers()
        self.backend.stop()
        self.provider.stop()
