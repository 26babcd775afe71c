"""Clients of WebSocket APIs that others wrote: Node's `ws`, Python's `websockets`."""
import asyncio
import json
import pathlib

import pytest
import websockets
from patience import PATIENCE
from references import WEBSOCKET_PACKAGES, node_modules, required
from servers import run

CLIENTS = pathlib.Path(__file__).parent / "clients"
SECRET = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"  # SHA-256 of "secret"


@pytest.fixture(scope="module")
def modules():
    with required():
        return node_modules("websocket", WEBSOCKET_PACKAGES)


def serve(request, connection):
    """A service that greets at $connect, and gives messages back."""
    fields = []
    if request.fields["x-gatehouse-event"] == "CONNECT" and "sec-websocket-protocol" in request.fields:
        fields.append(("Sec-WebSocket-Protocol", "chat.v2"))
    connection.answer(request.body, fields=fields)


def chat(rig, **api):
    upstream = rig.upstream(serve)
    gateway = rig.gateway({
        "workers": 2, "backends": {"chat": {"targets": [upstream.url]}},
        "authorizers": {"keys": {"api_key": {"keys": [{"id": "ada", "sha256": SECRET}]}}},
        "apis": [{"name": "chat", "type": "websocket", "base_path": "/ws", **api, "routes": [
            {"match": "$connect", "auth": ["keys"], "backend": "chat"}, {"match": "echo", "backend": "chat", "reply": True},
            {"match": "say", "backend": "chat", "reply": True}, {"match": "ping", "mock": {"body": "pong"}},
            {"match": "$default", "mock": {"body": "who?"}}, {"match": "$disconnect", "backend": "chat"}]}]})
    gateway.upstream = upstream
    return gateway


def test_node_talks_to_an_api(rig, modules):
    gateway = chat(rig)
    done = run("env", f"NODE_PATH={modules}", "node", CLIENTS / "ws_chat.cjs", f"ws://{gateway.authority}/ws", "secret")
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    told = json.loads(done.stdout)
    assert (told["refused"], told["protocol"]) == (401, "chat.v2")
    first, *others, last = told["answers"]
    assert json.loads(first[0]) == {"action": "echo", "text": "hällo 😀"}
    assert others == [["pong", False], ["who?", False]]
    assert json.loads(last[0])["text"] == "x" * 20000
    assert told["close"][0] == 4000
    end = gateway.upstream.wait_requests(4)[-1].fields
    assert (end["x-gatehouse-disconnect-code"], end["x-gatehouse-disconnect-reason"]) == ("4000", "done")


def test_messages_name_items_by_their_fields(rig):
    key = {"room": "$body.room|lobby", "id": "$body.note.id"}
    gateway = rig.gateway({
        "stores": {"main": {"engine": "embedded", "path": "data"}}, "tables": {"notes": {"store": "main", "key": {"room": "S", "id": "N"}}},
        "apis": [
            {"name": "notes", "type": "websocket", "base_path": "/ws", "limits": {"message": "1KB"}, "routes": [
                {"match": "save", "table": {"name": "notes", "action": "put", "key": key}, "reply": True},
                {"match": "load", "table": {"name": "notes", "action": "get", "key": key, "hidden": ["action", "note"]}, "reply": True},
                {"match": "change", "table": {"name": "notes", "action": "patch", "key": key}},
                {"match": "drop", "table": {"name": "notes", "action": "delete", "key": key}},
                {"match": "$default", "table": {"name": "notes", "action": "get", "key": key}}]},
            {"name": "look", "routes": [{"match": "GET /notes", "table": {"name": "notes", "action": "scan", "hidden": ["action", "note"]}}]}]})

    def stored():
        return gateway.get("/notes").json()["items"]

    async def converse():
        async with websockets.connect(f"ws://{gateway.authority}/ws") as socket:
            async def ask(action, **fields):
                await socket.send(json.dumps({"action": action, **fields}))
                return json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))

            for number in (7, "7"):
                await ask("save", room="kitchen", note={"id": number}, text=f"as {type(number).__name__}")
            await ask("save", note={"id": 1.50}, text="of all")
            assert await ask("load", room="kitchen", note={"id": "7.0"}) == {"room": "kitchen", "id": 7, "text": "as str"}
            assert await ask("load", note={"id": 1.5}) == {"room": "lobby", "id": 1.5, "text": "of all"}
            assert await ask("load", room="kitchen", note={"id": 8}) == {"message": "there is no such item"}
            # As other parts of keys that are missing or wrong.
            assert await ask("load", room="kitchen") == {"message": "id has no value"}
            assert await ask("load", room="kitchen", note={"id": "x"}) == {"message": "id must be a number"}
            assert await ask("load", room=["kitchen"], note={"id": 7}) == {"message": "room must be text or a number"}
            for action, fields, reason in (("drop", {"note": {}}, "table_key_invalid"), ("change", {"note": {"id": 9}}, "item_not_found")):
                told = await ask(action, **fields)
                assert (told["message"], told["reason"]) == ({"table_key_invalid": "Bad Request", "item_not_found": "Not Found"}[reason], reason)
            await socket.send("no JSON")
            told = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
            assert (told["message"], told["reason"]) == ("Bad Request", "body_not_json")
            await socket.send(json.dumps({"action": "change", "room": "kitchen", "note": {"id": 7}, "text": "changed"}))
            await socket.send(json.dumps({"action": "drop", "note": {"id": 1.5}}))
            assert (await ask("load", room="kitchen", note={"id": 7}))["text"] == "changed"
            assert stored() == [{"room": "kitchen", "id": 7, "text": "changed"}]
            await socket.send(json.dumps({"action": "save", "note": {"id": 2}, "text": "x" * 1024}))
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), PATIENCE)
            assert closed.value.rcvd.code == 1009

    asyncio.run(converse())
    assert stored() == [{"room": "kitchen", "id": 7, "text": "changed"}]


def test_many_python_clients_hold_connections_at_once(rig):
    gateway = chat(rig)

    async def converse(number):
        async with websockets.connect(f"ws://{gateway.authority}/ws", extra_headers={"x-api-key": "secret"}) as socket:
            for turn in range(5):
                message = json.dumps({"action": "echo" if turn % 2 else "ping", "number": number, "turn": turn})
                await socket.send(message)
                assert await asyncio.wait_for(socket.recv(), PATIENCE) == (message if turn % 2 else "pong")
            await asyncio.wait_for(await socket.ping(), PATIENCE)

    async def everyone():
        await asyncio.gather(*(converse(number) for number in range(100)))

    asyncio.run(everyone())
    lines = gateway.wait_access(100, event="websocket_closed")
    assert {(line["reason"], line["code"], line["messages_in"], line["messages_out"]) for line in lines} == {("websocket_closed", 1000, 5, 5)}
    assert len({line["connection_id"] for line in lines}) == 100
    gateway.wait_metric("gatehouse_websocket_open", 0)
    gateway.wait_metric("gatehouse_websocket_api_messages_total", 100, route="$disconnect")
    assert gateway.metric("gatehouse_websocket_api_messages_total", route="ping") == 300
    assert gateway.metric("gatehouse_websocket_api_replies_total", route="echo") == 200
