"""Certificate, keys and tokens of a run: made for it, and gone with it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

KEY_ID = "bench"
AUDIENCE = "bench"
PKCS12_PASSWORD = "bench"
LIFETIME = 6 * 3600


def run(command: list[str | Path]) -> str:
    """Its output; raises with what it said where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()[-300:]}")
    return done.stdout


@dataclass(frozen=True)
class Material:
    """Files that peers and generator are given. All peers have the same certificate: ECDSA P-256."""

    directory: Path
    generator: Path
    issuer: str

    @property
    def certificate(self) -> Path:
        return self.directory / "cert.pem"

    @property
    def key(self) -> Path:
        return self.directory / "key.pem"

    @property
    def both(self) -> Path:
        """Certificate and key in one file, as hitch and haproxy want them."""
        return self.directory / "both.pem"

    @property
    def pkcs12(self) -> Path:
        """The same as PKCS #12, as websocat wants them."""
        return self.directory / "both.p12"

    @property
    def tokens(self) -> Path:
        """As many tokens as a run of `connect` may need."""
        return self.directory / "tokens"

    @property
    def token(self) -> Path:
        """One token, for everything else."""
        return self.directory / "token"

    @property
    def signing_key(self) -> Path:
        return self.directory / "signing.pem"

    def make(self, tokens: int) -> str:
        """Makes everything; the key set that the provider shows is returned."""
        self.directory.mkdir(parents=True, exist_ok=True)
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", self.key, "-out", self.certificate])
        self.both.touch(mode=0o600)
        self.both.write_bytes(self.certificate.read_bytes() + self.key.read_bytes())
        run(["openssl", "pkcs12", "-export", "-out", self.pkcs12, "-inkey", self.key, "-in", self.certificate,
             "-passout", f"pass:{PKCS12_PASSWORD}"])
        mint = [self.generator, "mint", "--kid", KEY_ID]
        run([*mint, "--new-key", self.signing_key])
        signed = [*mint, "--key", self.signing_key, "--issuer", self.issuer, "--audience", AUDIENCE,
                  "--lifetime", str(LIFETIME)]
        run([*signed, "--count", "1", "--output", self.token])
        if tokens > 0:
            run([*signed, "--count", str(tokens), "--threads", "2", "--output", self.tokens])
        return run([*mint, "--key", self.signing_key, "--public-jwks"])
