"""WebSocket clients and servers that others wrote, with the gateway between them."""
import asyncio
import contextlib
import json
import pathlib
import threading

import pytest
import websockets
from patience import PATIENCE, wait_for
from references import WEBSOCKET_PACKAGES, Reference, node_modules, required
from servers import run

CLIENTS = pathlib.Path(__file__).parent / "clients"


@pytest.fixture(scope="module")
def modules():
    with required():
        return node_modules("websocket", WEBSOCKET_PACKAGES)


def test_node_talks_to_node_through_the_gateway(rig, modules):
    environment = {"NODE_PATH": str(modules), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    server = rig.keep(Reference("ws", ["node", CLIENTS / "ws_server.cjs"], env=environment))
    gateway = rig.proxy(server)
    done = run("env", f"NODE_PATH={modules}", "node", CLIENTS / "ws_client.cjs", f"ws://{gateway.authority}/chat")
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["echoed"] == [[0, False], [1, True], [125, True], [126, False], [65535, True], [65536, False], [300000, False]]
    assert told["protocol"] == "chat.v2"
    assert "permessage-deflate" in told["extensions"]
    assert (told["pinged"], told["pong"], told["close"]) == (True, "are you there", [4000, "done"])
    line = gateway.wait_access(event="websocket_closed")
    assert (line["reason"], line["code"], line["messages_in"]) == ("websocket_closed", 4000, 7)


class Echo:
    """A server by Python's `websockets`, on a loop of its own."""

    def __init__(self):
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)
        self.thread.start()
        wait_for(self.ready)

    async def serve(self):
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        async with websockets.serve(self.echo, "127.0.0.1", 0) as server:
            self.url = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
            self.ready.set()
            await self.over.wait()

    @staticmethod
    async def echo(socket):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in socket:
                await socket.send(message)

    def stop(self):
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(PATIENCE)


def test_many_python_clients_talk_at_once(rig):
    gateway = rig.proxy(rig.keep(Echo()), workers=2)

    async def converse(number):
        async with websockets.connect(f"ws://{gateway.authority}/{number}") as socket:
            for size in (1, 1000, 100_000):
                message = f"{number}:" + "m" * size
                await socket.send(message)
                assert await asyncio.wait_for(socket.recv(), PATIENCE) == message
            await asyncio.wait_for(await socket.ping(), PATIENCE)

    async def everyone():
        await asyncio.gather(*(converse(number) for number in range(100)))

    asyncio.run(everyone())
    lines = gateway.wait_access(100, event="websocket_closed")
    assert {(line["reason"], line["code"], line["messages_in"]) for line in lines} == {("websocket_closed", 1000, 3)}
    gateway.wait_metric("gatehouse_websocket_open", 0)


def test_a_python_client_is_told_why_it_is_refused(rig):
    gateway = rig.proxy(rig.keep(Echo()), route={"auth": ["k"]}, authorizers={"k": {"api_key": {}}})

    async def connect():
        async with websockets.connect(f"ws://{gateway.authority}/"):
            pass

    with pytest.raises(websockets.InvalidStatusCode) as refused:
        asyncio.run(connect())
    assert refused.value.status_code == 401
