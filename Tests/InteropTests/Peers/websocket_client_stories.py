"""PyPI's websocket-client and requests, used as the predecessor's sample client uses them."""

import base64
import secrets

import requests
import websocket

from peer import check, equal, main, raises, story

MESSAGES = ["hello", "from", "an", "older", "client"]


def sample_fields(token):
    """What that client sends besides what the library sends anyway: `Upgrade` and others then stand there twice."""
    return {
        "User-Agent": "Mozilla/5.0",
        "Accept": "/",
        "Pragma": "no-cache",
        "Cache-Control": "no-cache",
        "Authorization": "Bearer " + token,
        "Sec-WebSocket-Key": "n2wfgJF+qto2ahU4+aoNkQ==",
        "Sec-WebSocket-Protocol": "binary",
        "Sec-WebSocket-Version": "13",
        "Upgrade": "websocket",
    }


def connected(options, token, **more):
    return websocket.create_connection(
        options.url, header=sample_fields(token), sslopt={"ca_certs": options.ca}, timeout=20, **more)


def token_from(options):
    """A token by the front door, with a code that a mock provider takes without asking."""
    client = "client-" + secrets.token_hex(4)
    pair = base64.b64encode(f"{client}:{secrets.token_hex(10)}".encode()).decode()
    response = requests.post(
        options.front_door + "/token",
        headers={"Authorization": "Basic " + pair, "Content-Type": "application/x-www-form-urlencoded"},
        data={
            "grant_type": "authorization_code", "code": secrets.token_hex(8), "client_id": client,
            "redirect_uri": "http://localhost/callback",
        },
        verify=options.ca, timeout=20)
    equal(response.status_code, 200, "status of /token")
    answer = response.json()
    equal(answer["token_type"], "Bearer", "token_type")
    return answer["access_token"]


@story
def configuration(options):
    response = requests.get(options.front_door + "/configuration", verify=options.ca, timeout=20)
    equal(response.status_code, 200, "status")
    document = response.json()
    equal(document["issuer"], options.issuer, "issuer")
    check(document["jwks_uri"].startswith(options.issuer), "jwks_uri:", document["jwks_uri"])


@story
def token(options):
    equal(token_from(options).count("."), 2, "dots in the token")


@story
def echo(options):
    connection = connected(options, token_from(options))
    equal(connection.headers["sec-websocket-protocol"], "binary", "subprotocol")
    for message in MESSAGES:
        data = (message + "\n").encode()
        connection.send_binary(data)
        # The sample prints whatever frame comes first, so the echo has to be that frame, and whole.
        frame = connection.recv_frame()
        equal((frame.opcode, frame.fin), (websocket.ABNF.OPCODE_BINARY, 1), "frame")
        equal(frame.data, data, "echo")
    connection.close()


@story
def rejection(options):
    error = raises(
        websocket.WebSocketBadStatusException, lambda: connected(options, "not-a-token-0123456789"))
    equal(error.status_code, 403, "status")
    check("invalid_token" in error.resp_headers["www-authenticate"], error.resp_headers)


@story
def rejection_without_token(options):
    error = raises(websocket.WebSocketBadStatusException, lambda: websocket.create_connection(
        options.url, sslopt={"ca_certs": options.ca}, timeout=20))
    equal(error.status_code, 403, "status")


@story
def close_handshake(options):
    """The library's own way of closing: it sends Close and waits for the answer."""
    connection = connected(options, options.token)
    connection.send_binary(b"last words")
    equal(connection.recv_frame().data, b"last words", "echo")
    connection.send_close(websocket.STATUS_NORMAL, b"that was it")
    frame = connection.recv_frame()
    equal(frame.opcode, websocket.ABNF.OPCODE_CLOSE, "opcode")
    equal(int.from_bytes(frame.data[:2], "big"), 1000, "close code")
    equal(connection.sock.recv(1), b"", "bytes behind the Close")


@story
def text_is_refused(options):
    connection = connected(options, options.token)
    connection.send("this is text")
    frame = connection.recv_frame()
    equal(frame.opcode, websocket.ABNF.OPCODE_CLOSE, "opcode")
    equal(int.from_bytes(frame.data[:2], "big"), 1003, "close code")


if __name__ == "__main__":
    main()
