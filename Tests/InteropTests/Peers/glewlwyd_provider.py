"""Debian's glewlwyd as an identity provider: `python glewlwyd_provider.py DIRECTORY`.

Makes its SQLite database and settings in DIRECTORY, starts it at a port of the kernel's choice, and by its API adds a
scope, a client, and an issuer for each signature algorithm. Then says on one line where all that is. It ends with the
test that started it.
"""

import ctypes
import pathlib
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import requests

from peer import announce, parent_gone

SCHEMA = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
SETTINGS = "/etc/glewlwyd/glewlwyd.conf"
CLIENT = "bridge-client"
SCOPE = "bridge"
# Each algorithm, what glewlwyd calls it, and how openssl makes a key for it.
ALGORITHMS = {
    "RS256": ("rsa", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    "PS256": ("rsa-pss", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    "ES256": ("ecdsa", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    "EdDSA": ("eddsa", ["-algorithm", "ED25519"]),
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(directory, port):
    """The package's settings with another port, another database and no files outside of `directory`."""
    text = pathlib.Path(SETTINGS).read_text()
    for name, value in [
        ("port", str(port)), ("external_url", f'"http://localhost:{port}"'), ("log_mode", '"console"'),
        ("log_level", '"ERROR"'),
    ]:
        text = re.sub(rf"(?m)^{name}\s*=.*$", f"{name}={value}", text)
    text = re.sub(r'(?m)^#\s*bind_address\s*=.*$', 'bind_address="127.0.0.1"', text, count=1)
    database = f'database = {{ type = "sqlite3"; path = "{directory}/database" }};'
    return re.sub(r'(?m)^@include "[^"]*glewlwyd-db.conf"$', database, text)


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def start(directory):
    with sqlite3.connect(directory / "database") as database:
        database.executescript(pathlib.Path(SCHEMA).read_text())
    for _ in range(5):
        port = free_port()
        (directory / "settings").write_text(settings(directory, port))
        process = subprocess.Popen(
            ["glewlwyd", f"--config-file={directory}/settings"], preexec_fn=end_with_parent, stdout=sys.stderr)
        for _ in range(200):
            if process.poll() is not None:
                break
            try:
                requests.get(f"http://localhost:{port}/config", timeout=5)
                return port
            except requests.ConnectionError:
                time.sleep(0.05)
        process.kill()
    sys.exit("glewlwyd did not start")


def private_and_public_key(options):
    key = subprocess.run(["openssl", "genpkey", *options], check=True, capture_output=True).stdout
    public = subprocess.run(["openssl", "pkey", "-pubout"], input=key, check=True, capture_output=True).stdout
    return key.decode(), public.decode()


def configure(port):
    """What an administrator clicks together; answers the issuers and the client's secret."""
    base = f"http://localhost:{port}/api"
    session = requests.Session()

    def post(path, body):
        response = session.post(base + path, json=body, timeout=20)
        if response.status_code != 200:
            sys.exit(f"{path}: {response.status_code} {response.text}")

    secret = secrets.token_hex(16)
    post("/auth/", {"username": "admin", "password": "password"})
    post("/scope/", {"name": SCOPE, "display_name": "Bridge", "description": "Bridge", "password_required": False})
    issuers = {}
    for algorithm, (kind, options) in ALGORITHMS.items():
        name = algorithm.lower()
        issuers[algorithm] = f"{base}/{name}"
        key, public = private_and_public_key(options)
        post("/mod/plugin/", {
            "module": "oidc", "name": name, "display_name": name, "order_rank": 0, "readonly": False,
            "parameters": {
                "iss": issuers[algorithm], "jwt-type": kind, "jwt-key-size": "256", "key": key, "cert": public,
                "jwks-show": True, "access-token-duration": 3600, "refresh-token-duration": 3600,
                "code-duration": 600, "allow-non-oidc": True, "auth-type-client-enabled": True,
                "auth-type-code-enabled": False, "auth-type-token-enabled": False,
                "auth-type-password-enabled": False, "auth-type-none-enabled": False,
                "auth-type-refresh-enabled": False, "refresh-token-rolling": False,
            },
        })
    post("/client/", {
        "client_id": CLIENT, "name": CLIENT, "enabled": True, "confidential": True, "scope": [SCOPE],
        "password": secret, "client_secret": secret, "authorization_type": ["client_credentials"],
        "redirect_uri": [], "token_endpoint_auth_method": ["client_secret_basic"],
    })
    return issuers, secret


if __name__ == "__main__":
    where = start(pathlib.Path(sys.argv[1]))
    found, password = configure(where)
    announce(issuers=found, client=CLIENT, secret=password, scope=SCOPE)
    parent_gone()
