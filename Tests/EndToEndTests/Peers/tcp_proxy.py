"""A way to a server that a test can close and open: 127.0.0.1:PORT to 127.0.0.1:TARGET, with TLS in front where asked.

    tcp_proxy.py TARGET [PORT [CERTIFICATE KEY]]

Prints its port once it listens, and runs until it is ended.
"""

import asyncio
import ssl
import sys


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main(target, port=0, certificate=None, key=None):
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

    async def connected(reader, writer):
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(pump(reader, their_writer), pump(their_reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", port, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


words = sys.argv[1:]
asyncio.run(main(int(words[0]), *map(int, words[1:2]), *words[2:]))
