#!/usr/bin/env python3
"""The stand-in provider as a command: ``python scripts/standin.py --port 0`` prints its port and serves on loopback.

It has OpenAI's API and Anthropic's Messages, needs no key, and makes up every answer. standin_provider/controls.py
tells how a request asks for trouble, ``GET /_standin/requests`` what came.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import ssl
from collections.abc import Awaitable, Callable

from standin_provider.server import Standin

Listen = Callable[[ssl.SSLContext | None], Awaitable[asyncio.Server]]


async def serve(listen: Listen, tls: ssl.SSLContext | None, parent: int | None) -> None:
    server = await listen(tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        while parent is None or os.getppid() == parent:
            await asyncio.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one; it is printed first")
    parser.add_argument("--parent", type=int, metavar="PID", help="leave when this parent process is gone")
    parser.add_argument("--cert", help="serve TLS with this certificate chain (PEM, key in it or in --key)")
    parser.add_argument("--key", help="the key for --cert (PEM)")
    parser.add_argument("--bench", action="store_true", help="ready-made answers, as fast as can be: for scripts/bench")
    given = parser.parse_args()
    tls = None
    if given.cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(given.cert, given.key)

    async def listen(tls: ssl.SSLContext | None) -> asyncio.Server:
        if given.bench:
            from standin_provider.fast import Fast, raise_file_limit

            raise_file_limit()
            loop = asyncio.get_running_loop()
            return await loop.create_server(Fast, "127.0.0.1", given.port, ssl=tls, backlog=4096)
        return await asyncio.start_server(Standin().serve, "127.0.0.1", given.port, ssl=tls, backlog=4096)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(listen, tls, given.parent))


if __name__ == "__main__":
    main()
