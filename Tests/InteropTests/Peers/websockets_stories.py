"""PyPI's websockets, the asyncio client, with its defaults where a story does not say otherwise."""

import asyncio
import contextlib

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.frames import CloseCode

from peer import announce, check, equal, main, pattern, raises_async, story


@contextlib.asynccontextmanager
async def connected(options, subprotocols=("binary",), **more):
    # No proxy of the environment may come between: the test's proxy is the one that is tried.
    async with connect(
        options.url, ssl=options.tls(), additional_headers=options.bearer, subprotocols=subprotocols or None,
        proxy=None, **more) as connection:
        yield connection


async def read(connection, count):
    """The next `count` bytes, which may come in any number of messages."""
    data = bytearray()
    while len(data) < count:
        piece = await asyncio.wait_for(connection.recv(), 20)
        check(isinstance(piece, bytes), "a text message")
        data += piece
    equal(len(data), count, "bytes received")
    return bytes(data)


@story
async def subprotocol(options):
    async with connected(options) as connection:
        equal(connection.subprotocol, "binary", "subprotocol")
        await connection.send(b"one")
        equal(await connection.recv(), b"one", "echo")


@story
async def subprotocol_among_several(options):
    async with connected(options, ["base64", "chat", "binary", "mqtt"]) as connection:
        equal(connection.subprotocol, "binary", "subprotocol")


@story
async def no_subprotocol(options):
    async with connected(options, None) as connection:
        equal(connection.subprotocol, None, "subprotocol")
        await connection.send(b"one")
        equal(await connection.recv(), b"one", "echo")


@story
async def unknown_subprotocol(options):
    error = await raises_async(InvalidStatus, connect(
        options.url, ssl=options.tls(), additional_headers=options.bearer, subprotocols=["chat"], proxy=None))
    equal(error.response.status_code, 400, "status")


@story
async def compression_is_declined(options):
    """The library offers permessage-deflate by itself; the proxy leaves it out, and frames stay plain."""
    async with connected(options) as connection:
        check("permessage-deflate" in connection.request.headers["Sec-WebSocket-Extensions"], "it was not offered")
        check("Sec-WebSocket-Extensions" not in connection.response.headers, connection.response.headers)
        equal(connection.protocol.extensions, [], "extensions")
        data = b"a" * 4096
        await connection.send(data)
        equal(await read(connection, len(data)), data, "echo")


@story
async def echo_8_mib(options):
    data = pattern(8 * 1024 * 1024)

    async def send(connection):
        for start in range(0, len(data), 60_000):
            await connection.send(data[start:start + 60_000])

    async with connected(options) as connection:
        sending = asyncio.create_task(send(connection))
        check(await read(connection, len(data)) == data, "the bytes came back changed")
        await sending


@story
async def ping_latency(options):
    """Pings are answered at once, with their payload, though the application behind is silent."""
    async with connected(options) as connection:
        for number in range(10):
            latency = await asyncio.wait_for(await connection.ping(b"ping %d" % number), 5)
            check(latency < 1, "pong after", latency, "s")


@story
async def keepalive_while_the_backend_stalls(options):
    """The application reads nothing, and the proxy holds what the kernel does not take: the library's own pings are
    answered all the same, or it would end the connection."""
    async with connected(options, ping_interval=0.3, ping_timeout=1) as connection:
        for _ in range(options.pieces):
            await connection.send(bytes(32 * 1024))
        await asyncio.sleep(0.3 * 6)
        latency = await asyncio.wait_for(await connection.ping(), 5)
        check(latency < 1, "pong after", latency, "s")
        check(connection.latency > 0, "the library had no pong")
        # The Close would wait for the application, which is told in another story.
        connection.transport.abort()


@story
async def close_codes(options):
    for code, reason in [(1000, ""), (1000, "done"), (1001, "going away"), (3000, "ours"), (4999, "private")]:
        async with connected(options) as connection:
            await connection.send(b"last words")
            equal(await connection.recv(), b"last words", "echo")
            await connection.close(code, reason)
            await connection.wait_closed()
            equal(connection.protocol.close_sent.code, code, "code sent")
            check(connection.protocol.close_rcvd is not None, "the Close was not answered")
            equal(connection.protocol.close_rcvd.code, code, "code answered")


@story
async def fragmented_messages(options):
    """A message in many frames of any size, empty ones too, is the same bytes to the application."""
    pieces = [pattern(size, seed=size) for size in (0, 1, 125, 126, 4096, 65_535, 0, 7)]
    async with connected(options) as connection:
        await connection.send(pieces)
        expected = b"".join(pieces)
        equal(await read(connection, len(expected)), expected, "echo")


@story
async def frame_that_is_too_large(options):
    async with connected(options) as connection:
        await connection.send(bytes(65_536))
        error = await raises_async(ConnectionClosedError, connection.recv())
        equal(error.rcvd.code, CloseCode.MESSAGE_TOO_BIG, "close code")


@story
async def text_is_refused(options):
    async with connected(options) as connection:
        await connection.send("this is text")
        error = await raises_async(ConnectionClosedError, connection.recv())
        equal(error.rcvd.code, CloseCode.UNSUPPORTED_DATA, "close code")


@story
async def messages_stay_below_max_size(options):
    """A client that takes messages of 32 KiB at most gets megabytes all the same."""
    data = pattern(1024 * 1024)
    async with connected(options, max_size=32_768) as connection:
        sending = asyncio.create_task(send_in_pieces(connection, data))
        check(await read(connection, len(data)) == data, "the bytes came back changed")
        await sending


async def send_in_pieces(connection, data):
    for start in range(0, len(data), 50_000):
        await connection.send(data[start:start + 50_000])


@story
async def rejection(options):
    options.token = options.token[:-4] + "AAAA"
    async def attempt():
        async with connected(options):
            pass
    error = await raises_async(InvalidStatus, attempt())
    equal(error.response.status_code, 403, "status")


# With a server that is not an echo: see python_backends.py.


@story
async def greeting(options):
    """The application speaks first, and at once."""
    async with connected(options) as connection:
        equal(await read(connection, len(b"220 ready\r\n")), b"220 ready\r\n", "greeting")
        await connection.send(b"QUIT\r\n")
        equal(await read(connection, len(b"221 QUIT\r\n")), b"221 QUIT\r\n", "answer")


@story
async def backend_finishes_first(options):
    """The application sends a mebibyte and finishes its side: all of it comes, then Close 1000."""
    data = bytearray()
    async with connected(options) as connection:
        try:
            while True:
                data += await asyncio.wait_for(connection.recv(), 20)
        except ConnectionClosedOK as end:
            equal(end.rcvd.code, 1000, "close code")
    check(bytes(data) == pattern(1024 * 1024), "the bytes are others:", len(data))


@story
async def client_finishes_first(options):
    """Ten times a thousand bytes, and the Close at once behind them: what the application got, it says itself."""
    async with connected(options) as connection:
        for _ in range(10):
            await connection.send(bytes(1000))


@story
async def backend_finishes_its_side(options):
    """The application finishes its side at the first byte: what the client has sent until it sees that still arrives."""
    sent = 0
    async with connected(options) as connection:
        try:
            while sent < 10_000:
                await connection.send(bytes(1000))
                sent += 1000
            await asyncio.wait_for(connection.recv(), 20)
        except ConnectionClosedOK as end:
            equal(end.rcvd.code, 1000, "close code")
    announce(sent=sent)


@story
async def backend_resets(options):
    async with connected(options) as connection:
        await connection.send(b"go away")
        error = await raises_async(ConnectionClosedError, connection.recv())
        equal(error.rcvd.code, 1011, "close code")


if __name__ == "__main__":
    main()
