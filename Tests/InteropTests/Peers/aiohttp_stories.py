"""PyPI's aiohttp: another client's WebSocket, and one connection of its pool for many requests at the front door."""

import asyncio

import aiohttp

from peer import check, equal, main, pattern, raises_async, story


def session(options):
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=options.tls()))


@story
async def echo(options):
    async with session(options) as http:
        async with http.ws_connect(options.url, protocols=["binary"], headers=options.bearer) as socket:
            equal(socket.protocol, "binary", "subprotocol")
            data = pattern(30_000)
            await socket.send_bytes(data)
            received = bytearray()
            while len(received) < len(data):
                received += await socket.receive_bytes(timeout=20)
            check(bytes(received) == data, "the bytes came back changed")
            check(await socket.close(), "the Close was not answered")
            equal(socket.close_code, 1000, "close code")


@story
async def compression_is_declined(options):
    async with session(options) as http:
        async with http.ws_connect(options.url, compress=15, headers=options.bearer) as socket:
            equal(socket.compress, 0, "compression")
            await socket.send_bytes(b"plain")
            equal(await socket.receive_bytes(timeout=20), b"plain", "echo")


@story
async def heartbeat(options):
    """The library pings by itself, and ends the connection where no pong comes in time."""
    async with session(options) as http:
        async with http.ws_connect(options.url, heartbeat=0.4, headers=options.bearer) as socket:
            # The timeout of receive() itself begins anew with each pong.
            await raises_async(TimeoutError, asyncio.wait_for(socket.receive(), 2))
            check(not socket.closed, "no pong came in time")


@story
async def rejection(options):
    async with session(options) as http:
        error = await raises_async(
            aiohttp.WSServerHandshakeError, http.ws_connect(options.url, headers={"Authorization": "Bearer x.y.z"}))
        equal(error.status, 403, "status")


@story
async def front_door_keeps_the_connection(options):
    """A pool of one: were the connection not kept, the second request would need another."""
    made = []

    async def count(*_):
        made.append(1)

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(count)
    connector = aiohttp.TCPConnector(ssl=options.tls(), limit=1)
    async with aiohttp.ClientSession(connector=connector, trace_configs=[trace]) as http:
        for _ in range(5):
            async with http.get(options.front_door + "/configuration") as response:
                equal(response.status, 200, "status")
                equal((await response.json())["issuer"], options.issuer, "issuer")
    equal(len(made), 1, "connections made")


if __name__ == "__main__":
    main()
