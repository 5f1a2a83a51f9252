"""TCP applications written with asyncio, as somebody would write them who knows nothing of the proxy.

`python python_backends.py` listens at a port of the kernel's choice for each application and says which on one line.
What an application saw is a line too. It ends with the test that started it.
"""

import asyncio
import socket
import struct

from peer import announce, parent_gone, pattern


async def greets(reader, writer):
    """Speaks first, like SMTP, then answers lines."""
    writer.write(b"220 ready\r\n")
    while line := await reader.readline():
        writer.write(b"221 " + line)


async def finishes_first(reader, writer):
    """Sends a mebibyte, finishes its side, and reads on until the peer has finished too."""
    writer.write(pattern(1024 * 1024))
    writer.write_eof()
    while await reader.read(65_536):
        pass


async def counts(reader, writer):
    """Reads to the end of the stream and says how much there was."""
    count = 0
    while data := await reader.read(65_536):
        count += len(data)
    announce(application="counts", received=count)


async def finishes_its_side(reader, writer):
    """Finishes its side at the first bytes, and still takes what the peer sends."""
    count = len(await reader.read(1))
    writer.write_eof()
    while data := await reader.read(65_536):
        count += len(data)
    announce(application="finishes_its_side", received=count)


async def resets(reader, writer):
    """Aborts at the first byte."""
    await reader.read(1)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def stalls(reader, writer):
    """Reads nothing."""
    writer.transport.pause_reading()
    await asyncio.sleep(3600)


APPLICATIONS = [greets, finishes_first, counts, finishes_its_side, resets, stalls]


def serve(application):
    async def connection(reader, writer):
        try:
            await application(reader, writer)
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            pass

    return connection


async def main():
    servers = [await asyncio.start_server(serve(each), "127.0.0.1", 0, limit=65_536) for each in APPLICATIONS]
    ports = {each.__name__: server.sockets[0].getsockname()[1] for each, server in zip(APPLICATIONS, servers)}
    announce(ports=ports)
    await asyncio.get_running_loop().run_in_executor(None, parent_gone)


if __name__ == "__main__":
    asyncio.run(main())
