"""WebSocket connections to a backend: the handshake goes through the whole pipeline, the bytes go through unchanged."""
import signal
import threading

import pytest
from patience import wait_for
from raw_client import request
from wire import Ended
from websocket_frames import BINARY, CLOSE, PING, PONG, TEXT, accept, close_frame, frame, offer, read_frame


def echo(request_, connection):
    """Accepts, and gives every frame back as it was, a Close included."""
    connection.send(accept(request_))
    while True:
        opcode, payload, final = read_frame(connection.wire)
        connection.send(frame(opcode, payload, final=final, masked=False))
        if opcode == CLOSE:
            return connection.close()


def handshake(gateway, target="/", fields=()):
    client = gateway.client()
    client.send(request("GET", target, fields=[*offer(), *fields]))
    return client, client.read_head()


def opened(gateway, *arguments):
    client, answer = handshake(gateway, *arguments)
    assert answer.status == 101
    return client


def ended(gateway, **where):
    return gateway.wait_access(event="websocket_closed", **where)


def test_frames_pass_unchanged_both_ways(rig):
    gateway = rig.proxy(rig.upstream(echo))
    client, answer = handshake(gateway)
    assert (answer.status, answer.fields["upgrade"].lower(), answer.fields["connection"].lower()) == (101, "websocket", "upgrade")
    assert "sec-websocket-accept" in answer.fields
    sent = [(TEXT, b"hello", True), (BINARY, b"\x00" * 70_000, True), (TEXT, b"first ", False), (PING, b"between", True), (0, b"last", True),
            (TEXT, b"", True), (TEXT, b"\xff not UTF-8", True)]
    for opcode, payload, final in sent:
        client.send(frame(opcode, payload, final=final))
        assert read_frame(client.wire) == (opcode, payload, final)
    client.send(close_frame(4001, b"bye"))
    assert read_frame(client.wire) == (CLOSE, b"\x0f\xa1bye", True)
    client.expect_closed()
    line = ended(gateway)
    assert (line["reason"], line["code"], line["messages_in"], line["messages_out"]) == ("websocket_closed", 4001, 5, 5)
    assert gateway.wait_access(status=101)["request_id"] == line["request_id"]
    gateway.wait_metric("gatehouse_websocket_open", 0)
    assert gateway.metric("gatehouse_websocket_closed_total", reason="websocket_closed") == 1
    assert gateway.metric("gatehouse_websocket_messages_total", direction="in") == 5


def test_handshake_reaches_the_backend_as_it_was_offered(rig):
    upstream = rig.upstream(lambda request_, connection: connection.send(accept(request_, ("Sec-WebSocket-Protocol", "chat.v2"))))
    fields = [("Sec-WebSocket-Protocol", "chat.v1, chat.v2"), ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")]
    _, answer = handshake(rig.proxy(upstream), "/chat?room=1", fields)
    assert (answer.status, answer.fields["sec-websocket-protocol"]) == (101, "chat.v2")
    seen = upstream.last
    assert (seen.target, seen.fields["upgrade"], seen.fields["connection"].lower()) == ("/chat?room=1", "websocket", "upgrade")
    assert seen.fields["sec-websocket-protocol"] == "chat.v1, chat.v2"
    assert seen.fields["sec-websocket-extensions"] == "permessage-deflate; client_max_window_bits"
    assert seen.fields["x-forwarded-for"] == "127.0.0.1"


def test_nothing_is_sent_to_the_backend_before_its_101(rig):
    go_on, seen = threading.Event(), []

    def serve(request_, connection):
        wait_for(go_on)
        seen.append(bytes(connection.wire.buffer))
        connection.send(accept(request_))
        seen.append(read_frame(connection.wire))
        connection.send(frame(TEXT, b"early, too", masked=False))

    gateway = rig.proxy(rig.upstream(serve))
    client = gateway.client()
    client.send(request("GET", "/", fields=offer()) + frame(TEXT, b"early"))
    go_on.set()
    assert client.read_head().status == 101
    assert read_frame(client.wire) == (TEXT, b"early, too", True)
    assert seen == [b"", (TEXT, b"early", True)]


def test_what_the_backend_says_behind_its_101_is_not_lost(rig):
    upstream = rig.upstream(lambda request_, connection: connection.send(accept(request_) + frame(TEXT, b"welcome", masked=False)))
    client = opened(rig.proxy(upstream))
    assert read_frame(client.wire) == (TEXT, b"welcome", True)


def test_a_backend_that_refuses_is_passed_on(rig):
    gateway = rig.proxy(rig.upstream(lambda _, connection: connection.answer(b"no", status=403)))
    client = gateway.client()
    client.send(request("GET", "/", fields=offer()))
    answer = client.read_response()
    assert (answer.status, answer.body) == (403, b"no")
    assert client.exchange("GET", "/").status == 403


def test_the_pipeline_decides_before_the_backend_hears_of_it(rig):
    upstream = rig.upstream(echo)
    digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"  # of "secret"
    gateway = rig.proxy(upstream, route={"auth": ["k"]}, authorizers={"k": {"api_key": {"keys": [{"id": "a", "sha256": digest}]}}})
    _, answer = handshake(gateway)
    assert answer.status == 401
    assert upstream.requests == []
    client = opened(gateway, "/", [("X-Api-Key", "secret")])
    client.send(frame(TEXT, b"in"))
    assert read_frame(client.wire) == (TEXT, b"in", True)
    assert "x-api-key" not in upstream.last.fields


def test_a_route_may_keep_websocket_out(rig):
    upstream = rig.upstream(lambda _, connection: connection.answer(b"plain"))
    gateway = rig.proxy(upstream, route={"websocket": False})
    client = gateway.client()
    client.send(request("GET", "/", fields=offer()))
    assert client.read_response().body == b"plain"
    assert "upgrade" not in upstream.last.fields


@pytest.mark.parametrize("settings, sent, code, reason", [
    ({"frame": 100}, [frame(TEXT, b"x" * 101)], 1009, "websocket_frame_too_big"),
    ({"message": 100}, [frame(TEXT, b"x" * 60, final=False), frame(0, b"x" * 60)], 1009, "websocket_message_too_big"),
    ({"messages_per_second": 3}, [frame(TEXT, b"x")] * 4, 1008, "websocket_too_many_messages"),
    ({"idle": "100ms"}, [], 1001, "websocket_idle_timeout"),
    ({"lifetime": "100ms"}, [], 1001, "websocket_lifetime"),
])
def test_what_a_route_allows_is_kept(rig, settings, sent, code, reason):
    closes = []

    def serve(request_, connection):
        connection.send(accept(request_))
        while True:
            opcode, payload, _ = read_frame(connection.wire)
            if opcode == CLOSE:
                closes.append(payload)
                return connection.close()

    gateway = rig.proxy(rig.upstream(serve), route={"websocket": settings})
    client = opened(gateway)
    client.send(b"".join(sent))
    assert read_frame(client.wire) == (CLOSE, code.to_bytes(2, "big"), True)
    client.expect_closed()
    client.close()
    assert ended(gateway)["reason"] == reason
    if code != 1009:  # of a frame that was too big the backend may have begun to hear
        assert closes == [code.to_bytes(2, "big")]


def test_limits_let_pass_what_keeps_them(rig):
    gateway = rig.proxy(rig.upstream(echo), route={"websocket": {"frame": 100, "message": 150}})
    client = opened(gateway)
    for _ in range(3):
        client.send(frame(TEXT, b"x" * 100, final=False) + frame(0, b"x" * 50))
        assert read_frame(client.wire)[1] == b"x" * 100
        assert read_frame(client.wire)[1] == b"x" * 50


def test_a_client_that_answers_pings_stays_and_one_that_does_not_is_closed(rig):
    gateway = rig.proxy(rig.upstream(echo), route={"websocket": {"ping": "50ms"}})
    client = opened(gateway)
    for _ in range(4):
        while (found := read_frame(client.wire))[0] != PING:
            assert found[0] == PONG  # the backend gives back what it hears
        client.send(frame(PONG, found[1]))
    while (found := read_frame(client.wire))[0] != CLOSE:
        assert found[0] in (PING, PONG)
    assert found[1] == (1011).to_bytes(2, "big")
    client.close()
    assert ended(gateway)["reason"] == "websocket_ping_timeout"


def test_a_backend_that_is_gone_is_1011(rig):
    def serve(request_, connection):
        connection.send(accept(request_) + frame(TEXT, b"one", masked=False))
        connection.close()

    gateway = rig.proxy(rig.upstream(serve))
    client = opened(gateway)
    assert read_frame(client.wire) == (TEXT, b"one", True)
    assert read_frame(client.wire) == (CLOSE, (1011).to_bytes(2, "big"), True)
    client.expect_closed()
    client.close()
    line = ended(gateway)
    assert (line["reason"], line["code"]) == ("websocket_backend_gone", 1011)


def test_a_client_that_is_gone_ends_the_backends_connection(rig):
    over = threading.Event()

    def serve(request_, connection):
        connection.send(accept(request_))
        assert connection.read_to_end() == b""
        over.set()

    gateway = rig.proxy(rig.upstream(serve))
    opened(gateway).close()
    wait_for(over)
    line = ended(gateway)
    assert (line["reason"], line["code"]) == ("websocket_client_gone", 1006)


def test_what_came_together_goes_on_in_its_order(rig):
    """Short pieces of many connections are read in one turn and sent at its end; long ones and ends must not overtake them."""
    def give_back(request_, connection):
        connection.send(accept(request_))
        try:
            while True:
                opcode, payload, final = read_frame(connection.wire)
                connection.send(frame(opcode, payload, final=final, masked=False))
        except Ended:
            connection.close()

    gateway = rig.proxy(rig.upstream(give_back))
    clients = [opened(gateway) for _ in range(40)]
    long = b"y" * 100_000
    gateway.signal(signal.SIGSTOP)
    try:
        for number, client in enumerate(clients):
            client.send(frame(TEXT, b"%d" % number) + (frame(TEXT, long) if number % 3 == 1 else b""))
            if number % 3 != 2:
                client.end()
    finally:
        gateway.signal(signal.SIGCONT)
    for number, client in enumerate(clients):
        assert read_frame(client.wire) == (TEXT, b"%d" % number, True)
        if number % 3 == 1:
            assert read_frame(client.wire) == (TEXT, long, True)
        if number % 3 != 2:
            client.expect_closed()
            client.close()
    gateway.wait_metric("gatehouse_websocket_open", len(clients) // 3)


def test_a_reload_leaves_open_connections_alone(rig):
    upstream = rig.upstream(echo)
    gateway = rig.proxy(upstream)
    client = opened(gateway)
    gateway.reload({"apis": [{"name": "other", "routes": [{"match": "$default", "mock": {"status": 204}}]}]})
    client.send(frame(TEXT, b"still here"))
    assert read_frame(client.wire) == (TEXT, b"still here", True)
    assert gateway.get("/").status == 204


def test_a_drain_says_1001_and_ends(rig):
    gateway = rig.proxy(rig.upstream(echo), drain="1s")
    client = opened(gateway)
    gateway.signal(signal.SIGTERM)
    opcode, payload, _ = read_frame(client.wire)
    assert (opcode, payload) == (CLOSE, (1001).to_bytes(2, "big"))
    client.expect_closed()
    client.close()
    assert gateway.wait_exit() == 0


def test_a_client_that_does_not_read_holds_the_backend_back(rig):
    sent = []
    blocked, go_on = threading.Event(), threading.Event()

    def serve(request_, connection):
        connection.send(accept(request_))
        connection.socket.setblocking(False)
        piece = frame(BINARY, b"x" * 60_000, masked=False)
        try:
            while len(sent) < 20_000:
                connection.socket.sendall(piece)
                sent.append(len(piece))
        except BlockingIOError:
            pass
        blocked.set()
        wait_for(go_on)

    gateway = rig.proxy(rig.upstream(serve))
    client = gateway.client(receive_buffer=4096)
    before = gateway.peak_memory()
    client.send(request("GET", "/", fields=offer()))
    assert client.read_head().status == 101
    wait_for(blocked)
    assert sum(sent) < 100_000_000
    gateway.expect_little_growth(before, 4_000_000)
    assert read_frame(client.wire)[1] == b"x" * 60_000
    go_on.set()
