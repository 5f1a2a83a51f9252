"""The OpenID provider of a run: its configuration and its keys, and nothing else."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .processes import LOCALHOST

PATH = "/bench"


def issuer(port: int) -> str:
    return f"http://{LOCALHOST}:{port}{PATH}"


def discovery(port: int) -> str:
    return issuer(port) + "/.well-known/openid-configuration"


class Provider:
    """Serves from a thread of the runner; Secure Proxy asks it when it starts and then every ten minutes."""

    def __init__(self, port: int, keys: str) -> None:
        base = issuer(port)
        documents = {
            PATH + "/.well-known/openid-configuration": json.dumps({
                "issuer": base, "jwks_uri": base + "/jwks", "token_endpoint": base + "/token",
                "authorization_endpoint": base + "/authorize", "response_types_supported": ["code"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}),
            PATH + "/jwks": keys,
        }

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                document = documents.get(self.path, "").encode()
                self.send_response(200 if document else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(document)))
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer((LOCALHOST, port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
