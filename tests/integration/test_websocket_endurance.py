"""Thousands of sockets of a WebSocket API that open, talk and end in every way, while the configuration is reloaded again and again and
broadcasts go out: every $connect has its one $disconnect, and nothing is left behind."""
import asyncio
import collections
import json
import random
import signal
import threading

from patience import PATIENCE, SLOW, poll
from raw_client import request
from websocket_frames import TEXT, close_frame, frame, offer

CLIENTS = 50
SOCKETS_EACH = 10 if SLOW else 40


def config(upstream, generation):
    return {"workers": 3, "backends": {"chat": {"targets": [upstream.url]}}, "apis": [
        {"name": "chat", "type": "websocket", "base_path": "/ws", "limits": {"idle": "5m"}, "routes": [
            {"match": "$connect", "backend": "chat"}, {"match": "$disconnect", "backend": "chat"},
            {"match": "$default", "mock": {"body": f"generation {generation}"}, "reply": True}]}]}


async def read_text(reader):
    """The next text message; broadcasts are passed over."""
    while True:
        first, second = await reader.readexactly(2)
        assert second < 126 and first & 0x80, (first, second)
        payload = (await reader.readexactly(second)).decode()
        if first & 0x0F == TEXT and not payload.startswith("all:"):
            return payload


async def one_socket(address, chance):
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(request("GET", "/ws", fields=offer()))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        for _ in range(chance.randrange(4)):
            writer.write(frame(TEXT, b"hello"))
            assert (await read_text(reader)).startswith("generation ")
        how = chance.choice(("close", "vanish", "break the rules", "reset", "half"))
        if how == "close":
            writer.write(close_frame(1000) if chance.random() < 0.5 else close_frame(4000, b"bye"))
            await reader.read()
        elif how == "break the rules":
            writer.write(frame(TEXT, b"x", masked=False))
            await reader.read()
        elif how == "half":
            writer.write(frame(TEXT, b"the answer is not waited for") + frame(TEXT, b"cut")[:4])
        elif how == "reset":
            writer.transport.abort()
        return how
    finally:
        writer.close()


async def one_client(address, number):
    chance = random.Random(number)
    return collections.Counter([await asyncio.wait_for(one_socket(address, chance), PATIENCE) for _ in range(SOCKETS_EACH)])


async def everybody(address):
    return sum(await asyncio.gather(*(one_client(address, number) for number in range(CLIENTS))), collections.Counter())


def test_every_connect_has_its_disconnect_whatever_happens(rig):
    upstream = rig.upstream()
    gateway = rig.gateway(config(upstream, 0))
    over = threading.Event()
    reloads = []

    def disturb():
        while not over.is_set():
            reloads.append(gateway.reload(config(upstream, len(reloads) + 1)))
            told = gateway.ask_admin("/apis/chat/@connections", "POST", body=b"all: hear")
            assert told.status == 200, told

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        ways = asyncio.run(everybody(gateway.address))
    finally:
        over.set()
        thread.join(PATIENCE)
    assert sum(ways.values()) == CLIENTS * SOCKETS_EACH and len(ways) == 5, ways
    assert len(reloads) > 3

    def told(event):
        return collections.Counter(seen.fields["x-gatehouse-connection-id"] for seen in list(upstream.requests)
                                   if seen.fields["x-gatehouse-event"] == event)

    poll(lambda: sum(told("DISCONNECT").values()) >= CLIENTS * SOCKETS_EACH, "every $disconnect")
    connected, disconnected = told("CONNECT"), told("DISCONNECT")
    assert set(connected.values()) == {1} and connected == disconnected
    gateway.wait_metric("gatehouse_websocket_open", 0)
    assert json.loads(gateway.ask_admin("/apis/chat/@connections").body) == {"connections": []}


def test_a_drain_tells_every_socket_and_its_api(rig):
    upstream = rig.upstream()
    gateway = rig.gateway({**config(upstream, 0), "drain": "4s"})
    count = 50 if SLOW else 200

    async def hold():
        streams = [await asyncio.open_connection(*gateway.address) for _ in range(count)]
        for reader, writer in streams:
            writer.write(request("GET", "/ws", fields=offer()))
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        gateway.signal(signal.SIGTERM)

        async def end(reader, writer):
            bytes_ = await asyncio.wait_for(reader.readexactly(4), PATIENCE)
            writer.write(close_frame(1001))
            await reader.read()
            writer.close()
            return bytes_

        return await asyncio.gather(*(end(*stream) for stream in streams))

    assert set(asyncio.run(hold())) == {b"\x88\x02\x03\xe9"}
    gateway.process.wait(PATIENCE)
    codes = [seen.fields["x-gatehouse-disconnect-code"] for seen in upstream.requests if seen.fields["x-gatehouse-event"] == "DISCONNECT"]
    assert codes == ["1001"] * count
