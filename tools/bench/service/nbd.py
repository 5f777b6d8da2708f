# SPDX-License-Identifier: GPL-2.0
"""An NBD server with service times for reads; it serves zeroes.

    python3 nbd.py SOCKET SIZE_MB MODEL [SEED]

Each connection has its own sequence of service times, from the seed; all of its
requests are in service at once. The lines "service MODEL" and "seed N" on
standard input change model and sequence; the answer to each is "ok".
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import random
import struct
import sys
from collections.abc import Callable

OPTION = struct.Struct(">8sII")
OPTION_REPLY = struct.Struct(">QIII")
REQUEST = struct.Struct(">IHHQQI")
REPLY = struct.Struct(">IIQ")
OPTION_MAGIC, REPLY_MAGIC = 0x3e889045565a9, 0x67446698
# Fixed new style, and no zeroes after the export's size
HANDSHAKE_FLAGS = 3
HAS_FLAGS, SEND_FLUSH, SEND_FUA = 1, 4, 8
EXPORT_NAME, ABORT, INFO, GO = 1, 2, 6, 7
ACK, INFO_REPLY, UNSUPPORTED = 1, 3, 0x80000001
READ, WRITE, DISCONNECT = 0, 1, 2

# A function from a random source to seconds
Draw = Callable[[random.Random], float]


def parse(text: str) -> Draw:
    """A model in the syntax of vfe-device; ValueError if invalid."""
    kind, *words = text.split(":")
    us = [float(word) * 1e-6 for word in words]
    plain = [float(word) for word in words]
    if kind == "constant" and len(us) == 1:
        return lambda _: us[0]
    if kind == "exponential" and len(us) == 1:
        return lambda source: source.expovariate(1 / us[0])
    if kind == "lognormal" and len(us) == 2:
        return lambda source: us[0] * math.exp(source.gauss(0, plain[1]))
    if kind == "bimodal" and len(us) == 3:
        return lambda source: us[source.random() * 100 < plain[2]]
    raise ValueError(f"no model: {text}")


class Server:
    """The state that all connections share."""

    def __init__(self, size: int, draw: Draw, seed: int) -> None:
        self.size = size
        self.draw = draw
        self.seed = seed
        self._sources: list[random.Random] = []
        self._under_way: set[asyncio.Task[None]] = set()

    def _source(self) -> random.Random:
        source = random.Random(self.seed)
        self._sources.append(source)
        return source

    def tell(self, line: str) -> None:
        """Handle a line of standard input."""
        word, _, rest = line.partition(" ")
        if word == "service":
            self.draw = parse(rest)
        elif word == "seed":
            self.seed = int(rest)
            for source in self._sources:
                source.seed(self.seed)

    async def _shake_hands(self, reader: asyncio.StreamReader,
                           writer: asyncio.StreamWriter) -> bool:
        """Handle an option. Return: whether the client continues."""
        flags = HAS_FLAGS | SEND_FLUSH | SEND_FUA
        writer.write(b"NBDMAGICIHAVEOPT" + struct.pack(">H", HANDSHAKE_FLAGS))
        await reader.readexactly(4)
        while True:
            _, option, length = OPTION.unpack(
                await reader.readexactly(OPTION.size))
            await reader.readexactly(length)

            def reply(kind: int, data: bytes = b"",
                      to: int = option) -> None:
                writer.write(OPTION_REPLY.pack(OPTION_MAGIC, to, kind,
                                               len(data)) + data)

            if option in (INFO, GO):
                reply(INFO_REPLY, struct.pack(">HQH", 0, self.size, flags))
                reply(ACK)
                if option == GO:
                    return True
            elif option == EXPORT_NAME:
                writer.write(struct.pack(">QH", self.size, flags))
                return True
            elif option == ABORT:
                reply(ACK)
                return False
            else:
                reply(UNSUPPORTED)

    async def _answer(self, writer: asyncio.StreamWriter, wait: float,
                      handle: int, data: bytes) -> None:
        await asyncio.sleep(wait)
        # A reply in one piece, so that replies do not interleave
        writer.write(REPLY.pack(REPLY_MAGIC, 0, handle) + data)
        with contextlib.suppress(ConnectionError):
            await writer.drain()

    async def serve(self, reader: asyncio.StreamReader,
                    writer: asyncio.StreamWriter) -> None:
        """Serve a connection until it ends."""
        source = self._source()
        try:
            if not await self._shake_hands(reader, writer):
                return
            while True:
                _, _, kind, handle, _, length = REQUEST.unpack(
                    await reader.readexactly(REQUEST.size))
                if kind == WRITE:
                    await reader.readexactly(length)
                if kind == DISCONNECT:
                    return
                task = asyncio.create_task(self._answer(
                    writer, self.draw(source), handle,
                    bytes(length) if kind == READ else b""))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._sources.remove(source)
            writer.close()


async def _listen(server: Server, path: str) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with await asyncio.start_unix_server(server.serve, path):
        print("ok", flush=True)
        while line := await lines.readline():
            server.tell(line.decode().strip())
            print("ok", flush=True)


def main(argv: list[str]) -> int:
    """Serve until standard input ends."""
    path, size_mb, model, *seed = argv
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    server = Server(int(size_mb) << 20, parse(model),
                    int(seed[0]) if seed else 0)
    asyncio.run(_listen(server, path))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
