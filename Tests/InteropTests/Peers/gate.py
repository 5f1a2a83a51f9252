"""The bridge as seen by a client with a token: does it open, and does it say why not?"""

import websocket

from peer import check, equal, raises


def connected(options, token):
    return websocket.create_connection(
        options.url, header={"Authorization": "Bearer " + token}, subprotocols=["binary"],
        sslopt={"ca_certs": options.ca}, timeout=20)


def is_admitted(options, token):
    connection = connected(options, token)
    connection.send_binary(b"through a gate with somebody else's keys")
    equal(connection.recv(), b"through a gate with somebody else's keys", "echo")
    connection.close()


def is_refused(options, token):
    error = raises(websocket.WebSocketBadStatusException, lambda: connected(options, token))
    equal(error.status_code, 403, "status")
    check('error="invalid_token"' in error.resp_headers["www-authenticate"], error.resp_headers)
