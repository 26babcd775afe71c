"""WebSocket APIs: $connect decides, each message is a call of its route's integration, $disconnect is told."""
import base64
import json
import re
import signal
import threading

import pytest
from gateway import complete, run
from patience import poll, wait_for
from raw_client import request
from socket_client import Socket, handshake
from websocket_frames import CLOSE, TEXT, close_frame, frame, offer, read_frame

SECRET = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"  # SHA-256 of "secret"
KEYS = {"keys": {"api_key": {"keys": [{"id": "ada", "sha256": SECRET}]}}}
SHOWN = [("X-Api-Key", "secret")]


def chat(rig, routes, *, serve=None, api=None, **config):
    """A gateway with one API at /ws, and the backend `chat` that does what `serve` says."""
    upstream = rig.upstream(*([serve] if serve else []))
    gateway = rig.gateway({"backends": {"chat": {"targets": [upstream.url]}},
                           "apis": [{"name": "chat", "type": "websocket", "base_path": "/ws", **(api or {}), "routes": routes}], **config})
    gateway.upstream = upstream
    return gateway


def events(upstream):
    """What the backend was told, in order: (event, route)."""
    return [(seen.fields["x-gatehouse-event"], seen.fields["x-gatehouse-route"]) for seen in upstream.requests]


def echo(request_, connection):
    connection.answer(request_.body)


def error(socket):
    frame_ = socket.receive_json()
    assert set(frame_) >= {"message", "connectionId", "requestId"}
    return frame_["message"]


MOCKS = [{"match": "ping", "mock": {"body": "pong"}}, {"match": "$default", "mock": {"body": "who?"}}]


# ---- Which route

@pytest.fixture(scope="module")
def mocks(shared_rig):
    return chat(shared_rig, MOCKS)


@pytest.mark.parametrize("message, answer", [
    ({"action": "ping"}, "pong"), ({"action": "other"}, "who?"), ({}, "who?"), ("no JSON", "who?"), ("", "who?"), ([1], "who?"),
    ({"action": "$connect"}, "who?"), ({"action": "$disconnect"}, "who?"), ({"action": "$default"}, "who?"),
    ('{"action":"ping","action":"ping"}', "who?"), ('{"action":"p\\u0069ng"}', "pong")])
def test_a_message_finds_its_route(mocks, message, answer):
    assert Socket(mocks).ask(message) == answer


def test_a_route_may_be_chosen_by_several_fields(rig):
    gateway = chat(rig, [{"match": "chat/join", "mock": {"body": "joined"}}, {"match": "/", "mock": {"body": "nothing said"}}],
                   api={"route_selection": "${request.body.service}/${request.body.action}"})
    socket = Socket(gateway)
    assert socket.ask({"service": "chat", "action": "join"}) == "joined"
    assert socket.ask({}) == "nothing said"


def test_without_a_route_the_client_gets_amazons_frame_and_stays(rig):
    gateway = chat(rig, [{"match": "ping", "mock": {"body": "pong"}}], errors="aws")
    socket = Socket(gateway)
    told = json.loads(socket.ask("what"))
    assert told["message"] == "Forbidden" and set(told) == {"message", "connectionId", "requestId"}
    assert socket.ask({"action": "ping"}) == "pong"
    line = gateway.wait_access(route="(no route)")
    assert (line["request_id"], line["connection_id"], line["reason"], line["status"]) == (told["requestId"], told["connectionId"], "route_not_found", 403)


def test_helpful_frames_say_why(rig):
    told = json.loads(Socket(chat(rig, [{"match": "ping", "mock": {"body": "pong"}}])).ask("what"))
    assert (told["message"], told["reason"]) == ("Forbidden", "route_not_found")


# ---- Backends

def test_a_backend_is_posted_the_message_with_fields_about_it(rig):
    gateway = chat(rig, [{"match": "$connect", "auth": ["keys"], "backend": "chat"}, {"match": "say", "backend": "chat", "path": "/say", "reply": True}],
                   serve=echo, authorizers=KEYS)
    socket = Socket(gateway, fields=[*SHOWN, ("X-Gatehouse-Identity", "root"), ("X-Gatehouse-Connection-Id", "forged")])
    message = '{"action":"say", "text":"hello"}'
    assert socket.ask(message) == message
    connect, said = gateway.upstream.wait_requests(2)
    assert (connect.method, connect.target, connect.body) == ("POST", "/ws", b"")
    assert (said.method, said.target, said.body) == ("POST", "/say", message.encode())
    assert events(gateway.upstream) == [("CONNECT", "$connect"), ("MESSAGE", "say")]
    assert said.fields["content-type"] == "application/json"
    assert said.fields["x-gatehouse-identity"] == "ada"
    assert said.fields["x-gatehouse-api"] == "chat"
    assert said.fields["x-forwarded-for"] == "127.0.0.1"
    assert connect.fields.all("x-gatehouse-connection-id") == [said.fields["x-gatehouse-connection-id"]]
    assert connect.fields.all("x-gatehouse-identity") == ["ada"]
    assert not any(name.lower().startswith("sec-websocket") for name, _ in connect.fields.pairs)


def test_without_reply_the_answer_goes_nowhere(rig):
    gateway = chat(rig, [{"match": "say", "backend": "chat"}, *MOCKS], serve=echo)
    socket = Socket(gateway)
    socket.send({"action": "say"})
    assert socket.ask({"action": "ping"}) == "pong"
    assert len(gateway.upstream.requests) == 1


def test_messages_of_a_connection_are_handled_in_their_order(rig):
    gate = threading.Event()

    def slow_first(request_, connection):
        if b'"1"' in request_.body:
            wait_for(gate)
        connection.answer(request_.body)

    gateway = chat(rig, [{"match": "$default", "backend": "chat", "reply": True}], serve=slow_first)
    socket = Socket(gateway)
    for number in range(1, 40):
        socket.send(f'"{number}"')
    assert len(gateway.upstream.wait_requests(1)) == 1
    gate.set()
    assert [socket.receive() for _ in range(1, 40)] == [f'"{number}"' for number in range(1, 40)]


@pytest.mark.parametrize("broken", ["refused", "status", "cut", "late"])
def test_a_failing_integration_is_told_and_the_connection_stays(rig, broken):
    def serve(_, connection):
        if broken == "status":
            connection.answer(b"secret stack trace", status=500)
        elif broken == "cut":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            connection.close()
        else:
            connection.stall()

    route = {"match": "say", "backend": "chat", "reply": True}
    if broken == "late":
        route["timeouts"] = {"total": "100ms"}
    gateway = chat(rig, [route, *MOCKS], serve=serve, errors="aws")
    if broken == "refused":
        gateway.upstream.stop()
    socket = Socket(gateway)
    socket.send({"action": "say"})
    assert error(socket) == "Internal server error"
    assert socket.ask({"action": "ping"}) == "pong"
    gateway.wait_metric("gatehouse_websocket_api_integration_errors_total", 1, api="chat", route="say")


def test_an_answer_beyond_the_bound_is_an_error(rig):
    gateway = chat(rig, [{"match": "say", "backend": "chat", "reply": True}, *MOCKS], serve=lambda _, connection: connection.answer(b"x" * 300_000),
                   api={"limits": {"message": "64KB"}})
    socket = Socket(gateway)
    socket.send({"action": "say"})
    assert error(socket) == "Internal server error"
    assert gateway.wait_access(route="say")["reason"] == "reply_too_large"
    assert socket.ask({"action": "ping"}) == "pong"


def test_binary_messages_pass_where_they_are_allowed(rig):
    gateway = chat(rig, [{"match": "$default", "backend": "chat", "reply": True}],
                   serve=lambda request_, connection: connection.answer(request_.body[::-1], fields=[("Content-Type", "application/octet-stream")]),
                   api={"limits": {"binary": True}})
    assert Socket(gateway).ask(b"\x00\xff\x10") == b"\x10\xff\x00"
    assert gateway.upstream.last.fields["content-type"] == "application/octet-stream"


def test_binary_is_refused_by_default(mocks):
    socket = Socket(mocks)
    socket.send(b"\x00")
    assert socket.receive_close() == 1003


# ---- Amazon's form

def event_of(request_):
    return json.loads(request_.body)


def test_amazons_events_reach_a_function_and_its_proxy_answer_comes_back(rig):
    def function(request_, connection):
        event = event_of(request_)
        answer = {"statusCode": 200}
        if event["requestContext"]["eventType"] == "CONNECT":
            answer["headers"] = {"Sec-WebSocket-Protocol": "chat.v2"}
        else:
            answer["body"] = json.dumps({"you": event["requestContext"]["identity"]["sourceIp"], "said": event.get("body")})
        connection.answer(json.dumps(answer).encode(), fields=[("Content-Type", "application/json")])

    path = "/2015-03-31/functions/function/invocations"
    routes = [{"match": match, "backend": "chat", "path": path, **more}
              for match, more in [("$connect", {"auth": ["keys"]}), ("say", {"reply": True}), ("$disconnect", {})]]
    gateway = chat(rig, routes, serve=function, api={"event": "aws"}, authorizers=KEYS)
    socket = Socket(gateway, "/ws?room=1", fields=[*SHOWN, ("Sec-WebSocket-Protocol", "chat.v1, chat.v2")])
    assert socket.head.fields["sec-websocket-protocol"] == "chat.v2"
    assert json.loads(socket.ask('{"action":"say"}')) == {"you": "127.0.0.1", "said": '{"action":"say"}'}
    socket.close(4000, b"done")
    connect, message, disconnect = (event_of(seen) for seen in gateway.upstream.wait_requests(3))
    assert all(seen.target == path and seen.method == "POST" for seen in gateway.upstream.requests)
    assert connect["queryStringParameters"] == {"room": "1"} and connect["headers"]["X-Api-Key"] == "secret"
    assert connect["multiValueHeaders"]["Sec-WebSocket-Protocol"] == ["chat.v1, chat.v2"]
    ids = {event["requestContext"]["connectionId"] for event in (connect, message, disconnect)}
    assert len(ids) == 1
    assert [event["requestContext"]["routeKey"] for event in (connect, message, disconnect)] == ["$connect", "say", "$disconnect"]
    context = message["requestContext"]
    assert set(context) == {"routeKey", "eventType", "messageId", "extendedRequestId", "requestTime", "messageDirection", "stage", "connectedAt",
                            "requestTimeEpoch", "identity", "requestId", "domainName", "connectionId", "apiId", "authorizer"}
    assert (context["messageDirection"], context["domainName"], context["authorizer"]["principalId"]) == ("IN", "gateway.test", "ada")
    assert message["isBase64Encoded"] is False
    end = disconnect["requestContext"]
    assert (end["eventType"], end["disconnectStatusCode"], end["disconnectReason"]) == ("DISCONNECT", 4000, "done")


def test_binary_is_base64_both_ways_in_amazons_form(rig):
    def function(request_, connection):
        event = event_of(request_)
        assert event["isBase64Encoded"]
        body = base64.b64encode(base64.b64decode(event["body"])[::-1]).decode()
        connection.answer(json.dumps({"statusCode": 200, "body": body, "isBase64Encoded": True}).encode())

    gateway = chat(rig, [{"match": "$default", "backend": "chat", "reply": True}], serve=function, api={"event": "aws", "limits": {"binary": True}})
    assert Socket(gateway).ask(b"\x01\xff") == b"\xff\x01"


@pytest.mark.parametrize("answer, fields", [
    (b'{"errorMessage":"boom"}', [("X-Amz-Function-Error", "Unhandled")]), (b'{"statusCode":500,"body":"x"}', []), (b'{"statusCode":"x"}', [])])
def test_a_function_that_fails_is_told_as_amazon_tells_it(rig, answer, fields):
    gateway = chat(rig, [{"match": "$default", "backend": "chat", "reply": True}], serve=lambda _, connection: connection.answer(answer, fields=fields),
                   api={"event": "aws", "errors": "aws"})
    socket = Socket(gateway)
    socket.send("x")
    assert error(socket) == "Internal server error"


# ---- $connect

def test_a_request_without_an_upgrade_is_told_which_protocol_to_speak(mocks):
    answer = mocks.get("/ws")
    assert (answer.status, answer.fields["upgrade"], answer.fields["connection"].lower()) == (426, "websocket", "upgrade")


def test_another_version_is_refused_with_the_one_that_is_spoken(mocks):
    fields = [(name, "8" if name == "Sec-WebSocket-Version" else value) for name, value in offer()]
    answer = mocks.exchange("GET", "/ws", fields=fields)
    assert (answer.status, answer.fields["sec-websocket-version"]) == (426, "13")


def test_a_handshake_with_a_bad_key_is_400(mocks):
    assert mocks.exchange("GET", "/ws", fields=offer(key="short")).status == 400


@pytest.mark.parametrize("status, expected", [(401, 401), (403, 403), (500, 500), (302, 502)])
def test_connect_refuses_with_the_status_of_its_integration(rig, status, expected):
    gateway = chat(rig, [{"match": "$connect", "backend": "chat"}, {"match": "$disconnect", "backend": "chat"}, *MOCKS],
                   serve=lambda _, connection: connection.answer(b"no", status=status))
    _, answer = handshake(gateway)
    assert answer.status == expected
    assert gateway.wait_access(route="$connect")["status"] == expected
    assert gateway.metric("gatehouse_websocket_opened_total") == 0
    assert events(gateway.upstream) == [("CONNECT", "$connect")]


def test_connect_asks_who_it_is_before_the_integration_hears_of_it(rig):
    gateway = chat(rig, [{"match": "$connect", "auth": ["keys"], "backend": "chat"}, *MOCKS], authorizers=KEYS)
    assert handshake(gateway)[1].status == 401
    assert gateway.upstream.requests == []
    assert handshake(gateway, fields=SHOWN)[1].status == 101


def test_pages_of_other_origins_cannot_connect(rig):
    gateway = chat(rig, MOCKS, api={"cors": {"origins": ["https://chat.example.com"]}})
    assert handshake(gateway, fields=[("Origin", "https://evil.example.com")])[1].status == 403
    assert handshake(gateway, fields=[("Origin", "https://chat.example.com")])[1].status == 101
    assert handshake(gateway)[1].status == 101


def test_a_subprotocol_that_nobody_offers_is_the_integrations_mistake(rig):
    gateway = chat(rig, [{"match": "$connect", "backend": "chat"}, *MOCKS],
                   serve=lambda _, connection: connection.answer(fields=[("Sec-WebSocket-Protocol", "chat.v9")]))
    _, answer = handshake(gateway, fields=[("Sec-WebSocket-Protocol", "chat.v1")])
    assert answer.status == 502
    assert gateway.wait_access(status=502)["reason"] == "websocket_subprotocol_not_offered"


def test_a_message_right_behind_the_handshake_is_not_lost(mocks):
    client = mocks.client()
    client.send(request("GET", "/ws", fields=offer()) + frame(TEXT, b'{"action":"ping"}'))
    assert client.read_head().status == 101
    assert read_frame(client.wire) == (TEXT, b"pong", True)


# ---- $disconnect

@pytest.mark.parametrize("how, code", [("close", 4001), ("empty", 1005), ("gone", 1006)])
def test_the_end_is_told_once_with_its_cause(rig, how, code):
    gateway = chat(rig, [{"match": "$disconnect", "backend": "chat"}, *MOCKS])
    socket = Socket(gateway)
    assert socket.ask({"action": "ping"}) == "pong"
    if how == "close":
        socket.close(4001, b"bye")
    elif how == "empty":
        socket.client.send(frame(CLOSE))
        read_frame(socket.client.wire)
    else:
        socket.client.close()
    told = gateway.upstream.wait_requests(1)[0]
    assert told.fields["x-gatehouse-event"] == "DISCONNECT"
    assert told.fields["x-gatehouse-disconnect-code"] == str(code)
    assert told.fields["x-gatehouse-disconnect-reason"] == {"close": "bye", "empty": "Client-side close frame status not set"}.get(
        how, told.fields["x-gatehouse-disconnect-reason"])
    line = gateway.wait_access(event="websocket_closed")
    assert (line["api"], line["code"], line["messages_in"], line["messages_out"]) == ("chat", code, 1, 1)
    assert line["connection_id"] == told.fields["x-gatehouse-connection-id"]
    opened = gateway.wait_access(event="CONNECT")
    assert (opened["status"], opened["connection_id"], opened["request_id"]) == (101, line["connection_id"], line["request_id"])
    gateway.wait_metric("gatehouse_websocket_open", 0)
    assert len(gateway.upstream.requests) == 1


@pytest.mark.parametrize("answer, told", [(200, ["CONNECT", "DISCONNECT"]), (403, ["CONNECT"])])
def test_who_leaves_during_connect_is_told_as_an_end_where_connect_said_yes(rig, answer, told):
    gate = threading.Event()

    def serve(request_, connection):
        if request_.fields["x-gatehouse-event"] == "CONNECT":
            wait_for(gate)
        connection.answer(status=answer)

    gateway = chat(rig, [{"match": "$connect", "backend": "chat"}, {"match": "$disconnect", "backend": "chat"}, *MOCKS], serve=serve)
    client = gateway.client()
    client.send(request("GET", "/ws", fields=offer()))
    gateway.upstream.wait_requests(1)
    client.reset()
    gate.set()
    gateway.wait_access(event="CONNECT")
    gateway.upstream.wait_requests(len(told))
    assert [event for event, _ in events(gateway.upstream)] == told
    gateway.wait_metric("gatehouse_websocket_open", 0)


# ---- Steps

def test_a_connection_has_a_bucket_of_its_own(rig):
    gateway = chat(rig, MOCKS, api={"throttle": [{"per": "connection", "rate": "1/hour", "burst": 2}]}, errors="aws")
    first, second = Socket(gateway), Socket(gateway)
    for socket in (first, second):
        assert [socket.ask({"action": "ping"}) for _ in range(2)] == ["pong", "pong"]
        socket.send({"action": "ping"})
        assert error(socket) == "Too Many Requests"
    assert gateway.wait_access(status=429)["reason"] == "throttled"


def test_a_route_may_have_a_bound_of_its_own(rig):
    gateway = chat(rig, [{"match": "ping", "mock": {"body": "pong"}, "throttle": [{"per": "route", "rate": "1/hour"}]}, MOCKS[1]])
    socket = Socket(gateway)
    assert socket.ask({"action": "ping"}) == "pong"
    socket.send({"action": "ping"})
    assert error(socket) == "Too Many Requests"
    assert socket.ask("other") == "who?"


def test_a_message_must_match_its_model(rig):
    model = {"type": "object", "required": ["action", "text"], "properties": {"text": {"type": "string", "maxLength": 5}}}
    gateway = chat(rig, [{"match": "say", "backend": "chat", "reply": True, "model": model}], serve=echo)
    socket = Socket(gateway)
    assert socket.ask('{"action":"say","text":"hi"}') == '{"action":"say","text":"hi"}'
    socket.send('{"action":"say","text":"too long"}')
    told = socket.receive_json()
    assert (told["message"], told["reason"]) == ("Bad request body", "schema_violation")
    assert "/text" in told["detail"]
    assert len(gateway.upstream.requests) == 1


def test_claims_of_the_handshake_are_there_for_every_message(rig):
    def authorizer(request_, connection):
        connection.answer(json.dumps({"isAuthorized": True, "context": {"sub": "alice", "room": "lobby"}}).encode())

    service = rig.upstream(authorizer)
    gateway = rig.gateway({
        "backends": {"auth": {"targets": [service.url]}},
        "authorizers": {"users": {"http": {"backend": "auth", "path": "/", "form": "lambda", "identity": ["$header.authorization"]}}},
        "apis": [{"name": "chat", "type": "websocket", "base_path": "/ws", "routes": [
            {"match": "$connect", "auth": ["users"], "mock": {}},
            {"match": "who", "mock": {"body": "$claims.sub in $claims.room on $context.connectionId"}},
            {"match": "admin", "claims": {"room": "office"}, "mock": {"body": "never"}}]}]})
    socket = Socket(gateway, fields=[("Authorization", "t")])
    name, _, room, _, connection = socket.ask({"action": "who"}).split()
    assert (name, room, len(connection)) == ("alice", "lobby", 28)
    socket.send({"action": "admin"})
    assert error(socket) == "Forbidden"
    assert len(service.requests) == 1


# ---- Tables

def test_tables_keep_connections_and_messages(rig):
    gateway = rig.gateway({
        "stores": {"main": {"engine": "embedded", "path": "data"}},
        "tables": {"connections": {"store": "main", "key": {"id": "S"}}, "drafts": {"store": "main", "key": {"user": "S"}}},
        "authorizers": KEYS,
        "apis": [
            {"name": "chat", "type": "websocket", "base_path": "/ws", "routes": [
                {"match": "$connect", "auth": ["keys"], "table": {"name": "connections", "action": "put", "key": {"id": "$context.connectionId"},
                                                                  "set": {"user": "$context.identity"}}},
                {"match": "saveDraft", "table": {"name": "drafts", "action": "put", "key": {"user": "$context.identity"}}, "reply": True},
                {"match": "update", "dynamodb": {"action": "UpdateItem", "request": {
                    "TableName": "drafts", "Key": {"user": {"S": "$context.identity"}}, "UpdateExpression": "SET title = :t",
                    "ExpressionAttributeValues": {":t": {"S": "$body.title"}}, "ReturnValues": "ALL_NEW"},
                    "response": {"body": {"title": "$result.Attributes.title"}}}, "reply": True},
                {"match": "$disconnect", "table": {"name": "connections", "action": "delete", "key": {"id": "$context.connectionId"}}}]},
            {"name": "look", "routes": [{"match": "GET /connections", "table": {"name": "connections", "action": "scan"}},
                                        {"match": "GET /drafts/{user}", "table": {"name": "drafts", "key": {"user": "$path.user"}}}]}]})
    socket = Socket(gateway, fields=SHOWN)
    items = json.loads(gateway.get("/connections").body)["items"]
    assert [item["user"] for item in items] == ["ada"] and len(items[0]["id"]) == 28
    assert json.loads(socket.ask({"action": "saveDraft", "text": "hello"}))["text"] == "hello"
    assert json.loads(gateway.get("/drafts/ada").body) == {"user": "ada", "action": "saveDraft", "text": "hello"}
    assert json.loads(socket.ask({"action": "update", "title": "T"})) == {"title": "T"}
    socket.send("no route")
    assert error(socket) == "Forbidden"
    socket.close()
    poll(lambda: json.loads(gateway.get("/connections").body)["items"] == [], "an empty table")


def test_a_table_that_refuses_says_so_without_reply(rig):
    gateway = rig.gateway({
        "stores": {"main": {"engine": "embedded", "path": "data"}}, "tables": {"notes": {"store": "main", "key": {"id": "S"}}},
        "apis": [{"name": "chat", "type": "websocket", "base_path": "/ws", "routes": [
            {"match": "$default", "table": {"name": "notes", "action": "put", "key": {"id": "$uuid"}}}]}]})
    socket = Socket(gateway)
    socket.send("no JSON")
    assert error(socket) == "Bad Request"


@pytest.mark.parametrize("trusted, said, proto, host", [
    (True, "https", "https", "shop.test"), (True, "wss", "https", "shop.test"), (True, "ws", "http", "shop.test"),
    (True, "gopher", "http", "shop.test"), (False, "https", "http", None)])
def test_every_call_says_over_what_the_client_came(rig, trusted, said, proto, host):
    routes = [{"match": "$connect", "backend": "chat"}, {"match": "$default", "backend": "chat", "reply": True}, {"match": "$disconnect", "backend": "chat"}]
    routes.append({"match": "mine", "mock": {"body": "$context.scheme"}})
    gateway = chat(rig, routes, serve=echo, trusted_proxies=["127.0.0.1"] if trusted else [])
    socket = Socket(gateway, fields=[("X-Forwarded-Proto", said), ("X-Forwarded-Host", "shop.test")])
    assert socket.ask("hello") == "hello"
    assert socket.ask({"action": "mine"}) == proto
    socket.close()
    calls = gateway.upstream.wait_requests(3)
    assert [call.fields["x-gatehouse-event"] for call in calls] == ["CONNECT", "MESSAGE", "DISCONNECT"]
    assert [call.fields["x-forwarded-proto"] for call in calls] == [proto] * 3
    assert [call.fields["x-forwarded-host"] for call in calls] == [host or "gateway.test"] * 3


# ---- Groups

def test_a_mocks_headers_join_and_response_may_not(rig):
    """`response` changes what the client hears, which is made after the answer was read."""
    def config(**connect):
        return [{"match": "$connect", **connect}, {"match": "$default", "mock": {}}]

    gateway = chat(rig, config(mock={"headers": {"x-gatehouse-join": "lobby"}}, response={"set_header": {"x-heard": "yes"}}),
                   api={"management": {"auth": "none"}})
    assert Socket(gateway).head.fields["x-heard"] == "yes"
    assert len(json.loads(gateway.get("/ws/@groups/lobby").body)["connections"]) == 1
    file = rig.folder / "refused.yaml"
    file.write_text(json.dumps(complete({"apis": [{
        "name": "chat", "type": "websocket", "base_path": "/ws",
        "routes": config(mock={}, response={"set_header": {"x-gatehouse-join": "lobby"}})}]})))
    checked = run("check", file)
    assert checked.returncode != 0 and "'x-gatehouse-join' is written by the gateway and cannot be changed" in checked.stdout + checked.stderr


def test_answers_join_and_leave_groups(rig):
    def serve(request_, connection):
        kind = request_.fields["x-gatehouse-route"]
        fields = {"$connect": [("X-Gatehouse-Join", "lobby, room-1")], "leave": [("X-Gatehouse-Leave", "lobby")]}.get(kind, [])
        connection.answer(b"ok", fields=fields)

    gateway = chat(rig, [{"match": "$connect", "backend": "chat"}, {"match": "leave", "backend": "chat", "reply": True}], serve=serve,
                   api={"management": {"auth": "none"}})
    socket = Socket(gateway)

    def members(group):
        return len(json.loads(gateway.get(f"/ws/@groups/{group}").body)["connections"])

    assert (members("lobby"), members("room-1"), members("other")) == (1, 1, 0)
    assert gateway.exchange("POST", "/ws/@groups/lobby", body=b"hello all").status in (200, 202)
    assert socket.receive() == "hello all"
    assert socket.ask({"action": "leave"}) == "ok"
    assert (members("lobby"), members("room-1")) == (0, 1)


GROUP_NAME = "a name of a group is 1 to 128 visible ASCII characters without '/'"


@pytest.mark.parametrize("event", ["plain", "aws"])
@pytest.mark.parametrize("route", ["$connect", "say"])
def test_what_cannot_be_joined_is_left_out_and_told(rig, route, event):
    names = f"lobby, no/name, {'x' * 129}, sp ace, room-1, a, b"

    def serve(request_, connection):
        seen = json.loads(request_.body)["requestContext"]["routeKey"] if event == "aws" else request_.fields["x-gatehouse-route"]
        joins = seen == route
        if event == "plain":
            connection.answer(b"ok", fields=[("X-Gatehouse-Join", names)] if joins else [])
        else:
            connection.answer(json.dumps({"statusCode": 200, "body": "ok", "multiValueHeaders": {"X-Gatehouse-Join": names.split(", ")} if joins else {}}).encode())

    gateway = chat(rig, [{"match": "$connect", "backend": "chat"}, {"match": "say", "backend": "chat", "reply": True}], serve=serve,
                   api={"management": {"auth": "none"}, "event": event, "limits": {"groups": 2}})
    socket = Socket(gateway)
    assert socket.ask({"action": "say"}) == "ok"
    groups = [group for group in ("lobby", "room-1", "a", "b") if json.loads(gateway.get(f"/ws/@groups/{group}").body)["connections"]]
    assert groups == ["lobby", "room-1"]
    [told] = json.loads(gateway.get("/ws/@connections").body)["connections"]
    of = rf"api=chat route={re.escape(route)} connection_id={told['connectionId']} request_id=\w+"
    gateway.wait_log(rf' warn group_not_joined {of} group=no/name further=2 cause="{GROUP_NAME}"')
    gateway.wait_log(rf' warn group_not_joined {of} group=a further=1 cause=".*limits.groups is 2"')


def test_a_list_of_groups_that_is_no_text_is_told(rig):
    def serve(request_, connection):
        connection.answer(b'{"statusCode": 200, "headers": {"x-gatehouse-join": {"lobby": true}}}')

    gateway = chat(rig, [{"match": "$connect", "backend": "chat"}, *MOCKS], serve=serve, api={"event": "aws"})
    assert Socket(gateway).ask({"action": "ping"}) == "pong"
    gateway.wait_log(r' warn group_not_joined .*route=\$connect .*cause="a list of groups is text, or a list of texts"')


def test_operators_reach_connections_by_the_admin_listener(rig):
    gateway = chat(rig, [{"match": "id", "mock": {"body": "$context.connection_id"}}])
    socket = Socket(gateway)
    path = f"/apis/chat/@connections/{socket.ask({'action': 'id'})}"
    assert gateway.ask_admin(path, method="POST", body=b"from the operator").status == 200
    assert socket.receive() == "from the operator"
    assert json.loads(gateway.ask_admin(path).body)["identity"]["sourceIp"] == "127.0.0.1"
    assert gateway.ask_admin(path, method="POST", body=b"x", fields=[("Origin", "https://evil.example.com")]).status == 403
    assert gateway.ask_admin("/apis/other/@connections").status == 404
    assert gateway.ask_admin(path, method="DELETE").status == 204
    socket.receive_close()
    gone = gateway.ask_admin(path)
    assert (gone.status, gone.fields["x-amzn-errortype"]) == (410, "GoneException")


def test_management_calls_ask_who_it_is(rig):
    gateway = chat(rig, MOCKS, api={"management": {"auth": ["keys"]}}, authorizers=KEYS)
    Socket(gateway)
    assert gateway.get("/ws/@connections").status == 401
    assert len(json.loads(gateway.get("/ws/@connections", fields=SHOWN).body)["connections"]) == 1


@pytest.mark.parametrize("errors", ["helpful", "aws"])
@pytest.mark.parametrize("bounds", [{"limits": {"body": "1KB"}}, {"listeners": [{"address": "127.0.0.1:0", "limits": {"body": "1KB"}}]}],
                         ids=["gateway", "listener"])
def test_a_management_call_may_send_what_a_message_may_be(rig, bounds, errors):
    """`limits.body` is about other requests."""
    gateway = chat(rig, [{"match": "$default", "mock": {"body": "$context.connection_id"}}], errors=errors, **bounds,
                   api={"management": {"auth": "none"}, "limits": {"message": "20KB"}})
    socket = Socket(gateway)
    target = f"/ws/@connections/{socket.ask('who am I?')}"
    largest = b"x" * 20 * 1024
    assert gateway.exchange("POST", target, body=largest).status == 200
    assert socket.receive() == largest.decode()
    for how in ({"body": largest + b"x"}, {"body": b"5001\r\n" + largest + b"x\r\n0\r\n\r\n", "fields": [("Transfer-Encoding", "chunked")]}):
        refused = gateway.exchange("POST", target, **how)
        assert (refused.status, refused.fields.all("x-amzn-errortype")) == (413, ["PayloadTooLargeException"])
        assert refused.json()["message"]
    assert gateway.exchange("POST", "/nowhere", body=largest).status == (404 if "listeners" in bounds else 413)


def test_operators_may_send_what_a_message_may_be(rig):
    routes = [{"match": "$default", "mock": {"body": "$context.connection_id"}}]
    gateway = chat(rig, routes, api={"limits": {"message": "3MB"}})
    socket = Socket(gateway)
    target = f"/apis/chat/@connections/{socket.ask('who am I?')}"
    largest = b"x" * 3 * 1024 * 1024
    assert gateway.ask_admin(target, "POST", body=largest).status == 200
    assert socket.receive() == largest.decode()
    for admin, size in ((gateway, len(largest)), (chat(rig, routes), 1024 * 1024)):
        refused = admin.ask_admin(target, "POST", body=b"x" * (size + 1))
        assert (refused.status, refused.fields["x-amzn-errortype"]) == (413, "PayloadTooLargeException")
        assert refused.json()["message"] == f"The body is larger than {size} bytes"


def test_without_management_nobody_manages_on_the_apis_listener(mocks):
    assert mocks.get("/ws/@connections").status == 404


# ---- Reload

def test_messages_take_the_routes_of_the_newest_configuration(rig):
    def config(answer):
        return {"apis": [{"name": "chat", "type": "websocket", "base_path": "/ws", "routes": [{"match": "$default", "mock": {"body": answer}}]}]}

    gateway = rig.gateway(config("old"))
    socket = Socket(gateway)
    assert socket.ask("x") == "old"
    gateway.reload(config("new"))
    assert socket.ask("x") == "new"
    gateway.reload({"apis": []})
    assert socket.ask("x") == "new"
    assert handshake(gateway)[1].status == 404
    gateway.reload(config("again"))
    assert socket.ask("x") == "again"


def test_at_the_end_of_the_process_connections_are_told_and_disconnect_is_called(rig):
    gateway = chat(rig, [{"match": "$disconnect", "backend": "chat"}, *MOCKS], drain="2s")
    socket = Socket(gateway)
    gateway.signal(signal.SIGTERM)
    assert socket.receive_close() == 1001
    socket.client.send(close_frame(1001))
    assert gateway.upstream.wait_requests(1)[0].fields["x-gatehouse-disconnect-code"] == "1001"


# ---- Commands

def written(tmp_path, routes, **api):
    file = tmp_path / "chat.yaml"
    file.write_text(json.dumps(complete({"backends": {"chat": {"targets": ["http://127.0.0.1:1"]}},
                                         "apis": [{"name": "chat", "type": "websocket", "base_path": "/ws", **api, "routes": routes}]})))
    return str(file)


def test_routes_and_explain_know_messages(tmp_path):
    file = written(tmp_path, [{"match": "$connect", "backend": "chat"}, {"match": "say", "backend": "chat", "reply": True}, *MOCKS])
    assert run("check", file).returncode == 0
    rows = {row["path"]: row for row in json.loads(run("routes", file, "--json").stdout)}
    assert rows["/ws $connect"]["method"] == "CONNECT"
    assert rows["/ws say"]["method"] == "MESSAGE"
    told = json.loads(run("explain", "-c", file, "--json", "GET", "http://h/ws").stdout)
    assert (told["matched"], told["route"]) == (True, "$connect")
    told = json.loads(run("explain", "-c", file, "--json", "MESSAGE", "ws://h/ws", "--message", '{"action":"say"}').stdout)
    assert (told["matched"], told["route"]) == (True, "say")
    assert "backend chat" in told["integration"]
    assert "authentication" not in [step["name"] for step in told["steps"]]
    told = json.loads(run("explain", "-c", file, "--json", "MESSAGE", "ws://h/ws", "--message", "no JSON").stdout)
    assert told["route"] == "$default"
