"""Every limit and deadline of a listener, set small and tripped. (SECURITY: limits.)"""
import threading
import time

import pytest
from patience import PATIENCE, SLOW
from raw_client import chunked, request
from wire import Ended

HEAD, URI, HEADERS, BODY = 2000, 500, 10, 1000


@pytest.fixture(scope="module")
def limited(shared_rig):
    upstream = shared_rig.upstream()
    gateway = shared_rig.proxy(upstream, listeners=[{
        "address": "127.0.0.1:0", "limits": {"head": HEAD, "uri": URI, "headers": HEADERS, "body": BODY}}])
    gateway.upstream = upstream
    return gateway


def expect_refusal(gateway, data, status, reason):
    before = len(gateway.upstream.requests)
    client = gateway.client()
    client.send(data)
    answer = client.read_response()
    assert (answer.status, answer.closes) == (status, True)
    client.expect_closed()
    assert gateway.wait_access(reason=reason, status=status)
    assert gateway.get("/later").status == 200
    assert gateway.upstream.targets()[before:] == ["/later"]


def sized_request(size):
    """A GET whose head has exactly that many bytes."""
    bare = len(request("GET", "/", fields=[("X-Fill", "")]))
    return request("GET", "/", fields=[("X-Fill", "x" * (size - bare))])


def test_head_of_exactly_the_limit_passes(limited):
    client = limited.client()
    client.send(sized_request(HEAD))
    assert client.read_response().status == 200


def test_head_beyond_the_limit_is_431(limited):
    expect_refusal(limited, sized_request(HEAD + 1), 431, "head_too_large")


def test_head_without_an_end_is_431_as_soon_as_the_limit_is_reached(limited):
    expect_refusal(limited, b"GET / HTTP/1.1\r\nHost: a\r\nX-Fill: " + b"x" * HEAD, 431, "head_too_large")


def test_uri_of_exactly_the_limit_passes(limited):
    assert limited.get("/" + "u" * (URI - 1)).status == 200


def test_uri_beyond_the_limit_is_414(limited):
    expect_refusal(limited, request("GET", "/" + "u" * URI), 414, "uri_too_long")


def test_query_counts_for_the_uri(limited):
    expect_refusal(limited, request("GET", "/?" + "u" * URI), 414, "uri_too_long")


def test_as_many_headers_as_the_limit_pass(limited):
    assert limited.get("/", fields=[("X-A", "b")] * (HEADERS - 1)).status == 200  # and Host


def test_more_headers_than_the_limit_are_431(limited):
    expect_refusal(limited, request("GET", "/", fields=[("X-A", "b")] * HEADERS), 431, "too_many_headers")


def test_body_of_exactly_the_limit_passes_in_both_framings(limited):
    client = limited.client()
    assert client.exchange("POST", "/", body=b"x" * BODY).status == 200
    half = b"x" * (BODY // 2)
    assert client.exchange("POST", "/", fields=[("Transfer-Encoding", "chunked")], body=chunked(half, half)).status == 200
    assert [len(one.body) for one in limited.upstream.requests[-2:]] == [BODY, BODY]


def test_length_beyond_the_limit_is_413_before_the_body(limited):
    expect_refusal(limited, request("POST", "/", fields=[("Content-Length", str(BODY + 1))]), 413, "body_too_large")


def test_length_beyond_the_limit_is_413_instead_of_100(limited):
    client = limited.client()
    client.send(request("POST", "/", fields=[("Content-Length", str(BODY + 1)), ("Expect", "100-continue")]))
    answer = client.read_response()
    assert (answer.status, answer.informational) == (413, [])
    client.expect_closed()


def test_chunks_beyond_the_limit_are_413(limited):
    pieces = [b"x" * 200] * (BODY // 200 + 1)
    expect_refusal(limited, request("POST", "/", fields=[("Transfer-Encoding", "chunked")], body=chunked(*pieces)), 413,
                   "body_too_large")


def test_client_that_goes_on_sending_still_reads_its_413(limited):
    client = limited.client()
    sender = threading.Thread(target=send_until_broken, args=(client, request("POST", "/", fields=[("Content-Length", "50000000")])))
    sender.start()
    answer = client.read_response()
    assert (answer.status, answer.json()) == (413, {"message": "Payload Too Large"})
    client.close()
    sender.join()


def send_until_broken(client, head):
    try:
        client.send(head)
        for _ in range(700):
            client.send(b"x" * 65536)
    except OSError:
        pass


def test_trailers_beyond_the_limits_are_400(limited):
    for trailers in ([("X-T", "t")] * (HEADERS + 1), [("X-T", "t" * HEAD)]):
        before = len(limited.upstream.requests)
        client = limited.client()
        client.send(request("POST", "/", fields=[("Transfer-Encoding", "chunked")], body=chunked(b"x", trailers=trailers)))
        answer = client.read_response()
        assert (answer.status, answer.closes) == (400, True)
        client.expect_closed()
        assert limited.get("/later").status == 200
        assert limited.upstream.targets()[before:] == ["/later"]


def test_body_limit_of_a_route_wins(rig):
    upstream = rig.upstream()
    gateway = rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}},
        "limits": {"body": "4KB"},
        "apis": [{"name": "a", "limits": {"body": "2KB"}, "routes": [
            {"match": "POST /small", "backend": "fake", "limits": {"body": "1KB"}},
            {"match": "POST /middle", "backend": "fake"}]},
            {"name": "b", "base_path": "/b", "routes": [{"match": "POST /large", "backend": "fake"}]}]})
    for target, limit in (("/small", 1024), ("/middle", 2048), ("/b/large", 4096)):
        assert gateway.exchange("POST", target, body=b"x" * limit).status == 200
        assert gateway.exchange("POST", target, body=b"x" * (limit + 1)).status == 413


# ---- Deadlines. The lower bound shows that the deadline is what ended it; the upper one is the client's patience.

QUICK = 0.3 if SLOW else 0.15


def timed(rig, upstream=None, **timeouts):
    settings = {"address": "127.0.0.1:0", "timeouts": {name: f"{int(value * 1000)}ms" for name, value in timeouts.items()}}
    return rig.proxy(upstream or rig.upstream(), listeners=[settings])


def test_head_that_does_not_end_is_408(rig):
    gateway = timed(rig, head=QUICK)
    client = gateway.client()
    begin = time.monotonic()
    client.send(b"GET / HTTP/1.1\r\nHost: gate")
    answer = client.read_response()
    assert time.monotonic() - begin >= QUICK * 0.8
    assert (answer.status, answer.closes, answer.json()) == (408, True, {"message": "Request Timeout"})
    client.expect_closed()
    assert gateway.wait_access(reason="head_timeout")["status"] == 408


def test_dripping_a_head_does_not_extend_its_deadline(rig):
    gateway = timed(rig, head=QUICK)
    client = gateway.client()
    answered = threading.Event()
    thread = threading.Thread(target=drip, args=(client, answered, QUICK / 10))
    thread.start()
    try:
        assert client.read_response().status == 408
    finally:
        answered.set()
        thread.join()


def drip(client, answered, pause):
    try:
        client.send(b"GET / HTTP/1.1\r\nHost: gateway.test\r\n")
        while not answered.wait(pause):
            client.send(b"X: y\r\n")
    except OSError:
        pass


def test_connection_that_says_nothing_is_closed_without_a_word(rig):
    gateway = timed(rig, head=QUICK)
    client = gateway.client()
    client.expect_closed()
    assert gateway.get("/").status == 200
    assert gateway.wait_access(status=200)
    assert len(gateway.access_log()) == 1


def test_idle_connection_is_closed_without_a_word(rig):
    gateway = timed(rig, idle=QUICK)
    client = gateway.client()
    begin = time.monotonic()
    assert client.get("/").status == 200
    client.expect_closed()
    assert time.monotonic() - begin >= QUICK * 0.8


@pytest.mark.parametrize("head", [[("Content-Length", "10")], [("Transfer-Encoding", "chunked")]], ids=["length", "chunked"])
def test_body_that_does_not_come_is_408(rig, head):
    upstream = rig.upstream()
    gateway = timed(rig, upstream, body=QUICK)
    client = gateway.client()
    client.send(request("POST", "/", fields=head) + b"5\r\n")
    answer = client.read_response()
    assert (answer.status, answer.closes) == (408, True)
    client.expect_closed()
    assert gateway.wait_access(reason="body_timeout")["status"] == 408
    assert upstream.requests == []


def test_dripping_a_body_does_not_extend_its_deadline(rig):
    gateway = timed(rig, body=QUICK)
    client = gateway.client()
    client.send(request("POST", "/", fields=[("Content-Length", "1000")]))
    answered = threading.Event()
    thread = threading.Thread(target=drip_body, args=(client, answered, QUICK / 10))
    thread.start()
    try:
        assert client.read_response().status == 408
    finally:
        answered.set()
        thread.join()


def drip_body(client, answered, pause):
    try:
        while not answered.wait(pause):
            client.send(b"x")
    except OSError:
        pass


def test_client_that_takes_nothing_is_cut_off(rig):
    """Slow read: the send deadline ends it, and the backend's connection with it."""
    def endless(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    upstream = rig.upstream(endless)
    gateway = timed(rig, upstream, send=QUICK)
    client = gateway.client(receive_buffer=4096)
    client.send(request("GET", "/"))
    line = gateway.wait_access(reason="send_timeout")
    assert line["status"] == 200
    assert upstream.wait_connections()[0].ended.wait(PATIENCE)
    with pytest.raises(Ended):
        while True:
            client.wire.read_exactly(1)


# ---- Connections

def test_connections_beyond_the_cap_get_503(rig):
    gateway = rig.proxy(rig.upstream(), listeners=[{"address": "127.0.0.1:0", "limits": {"connections": 3}}])
    clients = [gateway.client() for _ in range(3)]
    assert [client.get("/").status for client in clients] == [200] * 3
    extra = gateway.client()
    answer = extra.read_response()
    assert (answer.status, answer.fields["retry-after"], answer.closes) == (503, "1", True)
    extra.expect_closed()
    assert gateway.wait_access(reason="connection_limit")["status"] == 503
    assert [client.get("/").status for client in clients] == [200] * 3  # the others are unaffected
    clients[0].close()
    gateway.wait_metric("gatehouse_connections", 2)
    assert gateway.get("/").status == 200


def test_connections_of_one_client_are_capped(rig):
    gateway = rig.proxy(rig.upstream(), listeners=[{"address": "127.0.0.1:0", "limits": {"connections_per_client": 2}}])
    clients = [gateway.client() for _ in range(2)]
    assert [client.get("/").status for client in clients] == [200] * 2
    extra = gateway.client()
    assert extra.read_response().status == 503
    extra.expect_closed()
    assert gateway.wait_access(reason="client_connection_limit")["client"] == "127.0.0.1"


def test_trusted_proxies_are_not_capped(rig):
    gateway = rig.proxy(rig.upstream(), trusted_proxies=["127.0.0.0/8"],
                        listeners=[{"address": "127.0.0.1:0", "limits": {"connections_per_client": 1}}])
    clients = [gateway.client() for _ in range(5)]
    assert [client.get("/").status for client in clients] == [200] * 5


def test_flood_of_refused_connections_leaves_no_trace(rig):
    gateway = rig.proxy(rig.upstream(), listeners=[{"address": "127.0.0.1:0", "limits": {"connections": 1}}])
    first = gateway.client()
    assert first.get("/").status == 200
    for _ in range(200):
        gateway.client().close()
    assert first.get("/").status == 200
    first.close()
    gateway.wait_metric("gatehouse_connections", 0)
    assert gateway.get("/").status == 200
