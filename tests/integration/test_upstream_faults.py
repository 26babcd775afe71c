"""What a backend does wrong is judged like what a client does wrong: 502 while nothing was sent, an incomplete message when
something was, never a clean end; and no byte of it reaches the next client. (SECURITY: upstream faults.)"""
import threading

import pytest
from raw_client import request
from wire import Ended

OK = b"HTTP/1.1 200 OK\r\n"


class Scripted:
    """Answers /fault with the bytes that a test has chosen, everything else as it should be."""

    def __init__(self):
        self.bytes = b""
        self.after = None  # called with the connection when the bytes are out

    def serve(self, request, connection):
        if not request.target.startswith("/fault"):
            return connection.answer()
        connection.send(self.bytes)
        if self.after:
            self.after(connection)


@pytest.fixture(scope="module")
def front(shared_rig):
    scripted = Scripted()
    upstream = shared_rig.upstream(scripted.serve)
    gateway = shared_rig.proxy(upstream, backend={"ejection": {"failures": 0}})
    gateway.upstream, gateway.scripted = upstream, scripted
    return gateway


@pytest.fixture
def fault(front):
    """fault(bytes, then): what the upstream answers to /fault in this test."""
    def choose(data, then=None):
        front.scripted.bytes, front.scripted.after = data, then
    return choose


BAD_HEADS = {
    "garbage": b"this is no HTTP\r\n\r\n",
    "tls-alert": b"\x15\x03\x01\x00\x02\x02\x50",
    "two-lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
    "length-twice": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
    "length-and-chunked": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "signed-length": OK + b"Content-Length: +2\r\n\r\nhi",
    "list-of-lengths": OK + b"Content-Length: 2, 2\r\n\r\nhi",
    "gzip-coding": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "unknown-coding": OK + b"Transfer-Encoding: identity\r\n\r\nhi",
    "coding-in-http10": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare-lf": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
    "bare-cr": OK + b"X-A: b\rc\r\nContent-Length: 2\r\n\r\nhi",
    "obs-fold": OK + b"X-A: b\r\n c\r\nContent-Length: 2\r\n\r\nhi",
    "space-before-colon": OK + b"X-A : b\r\nContent-Length: 2\r\n\r\nhi",
    "nul-in-value": OK + b"X-A: b\0c\r\nContent-Length: 2\r\n\r\nhi",
    "empty-name": OK + b": b\r\nContent-Length: 2\r\n\r\nhi",
    "status-99": b"HTTP/1.1 099 Low\r\nContent-Length: 2\r\n\r\nhi",
    "status-600": b"HTTP/1.1 600 High\r\nContent-Length: 2\r\n\r\nhi",
    "status-20": b"HTTP/1.1 20 Short\r\nContent-Length: 2\r\n\r\nhi",
    "status-2000": b"HTTP/1.1 2000 Long\r\nContent-Length: 2\r\n\r\nhi",
    "http2": b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "no-status": b"HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi",
    "huge-field": OK + b"X-A: " + b"b" * 70_000 + b"\r\nContent-Length: 2\r\n\r\nhi",
    "many-fields": OK + b"X-A: b\r\n" * 300 + b"Content-Length: 2\r\n\r\nhi",
    "bad-first-chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n-2\r\nhi\r\n0\r\n\r\n",
    "endless-1xx": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50,
}


@pytest.mark.parametrize("head", BAD_HEADS.values(), ids=BAD_HEADS.keys())
def test_malformed_answer_is_a_502_and_the_client_stays(front, fault, head):
    fault(head)
    client = front.client()
    answer = client.get("/fault")
    assert answer.status == 502
    assert answer.json() == {"message": "Bad Gateway"}
    assert not answer.closes
    line = front.wait_access(reason="upstream_malformed_response")
    assert (line["status"] if isinstance(line, dict) else line[-1]["status"]) == 502
    assert client.get("/next").body == b"upstream\n"
    # The connection that misbehaved carries nothing more.
    assert front.upstream.requests[-2].connection != front.upstream.last.connection


@pytest.mark.parametrize("end, reason", [("close", "upstream_closed"), ("reset", "upstream_reset")])
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"], ids=["nothing", "half-a-head"])
def test_no_answer_is_a_502_and_the_client_stays(front, fault, end, reason, said):
    # POST: what was sent is not sent again.
    fault(said, lambda connection: getattr(connection, end)())
    client = front.client()
    before = len(front.upstream.requests)
    answer = client.exchange("POST", "/fault", body=b"x")
    assert (answer.status, answer.json(), answer.closes) == (502, {"message": "Bad Gateway"}, False)
    assert front.wait_access(reason=reason)
    assert client.get("/next").status == 200
    assert front.upstream.targets()[before:] == ["/fault", "/next"]


def test_unsolicited_101_is_a_502(front, fault):
    fault(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nraw bytes")
    client = front.client()
    assert client.get("/fault").status == 502
    assert front.wait_access(reason="upstream_unsolicited_upgrade")
    assert client.get("/next").status == 200


CUTS = {
    "length": (OK + b"Content-Length: 10\r\n\r\n", b"hello"),
    "chunked-between-chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n"),
    "chunked-within-a-chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"a\r\nhello"),
}


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("head, part", CUTS.values(), ids=CUTS.keys())
def test_cut_body_is_seen_as_cut(front, fault, head, part, end):
    seen = threading.Event()

    def cut(connection):
        front.upstream.pause(seen)
        getattr(connection, end)()

    fault(head + part, cut)
    client = front.client()
    client.send(request("GET", "/fault"))
    answer = client.read_head()
    assert answer.status == 200
    if head.endswith(b"10\r\n\r\n"):
        assert client.wire.read_exactly(5) == b"hello"
    else:
        assert client.wire.read_chunk()[0] == b"hello"
    seen.set()
    with pytest.raises(Ended):
        client.wire.read_chunk() if "chunked" in answer.fields.all("transfer-encoding") else client.wire.read_exactly(5)
    assert front.wait_access(reason="upstream_body_cut")


def test_bad_chunk_later_is_seen_as_cut(front, fault):
    seen = threading.Event()

    def misbehave(connection):
        front.upstream.pause(seen)
        connection.send(b"zz\r\nhello\r\n0\r\n\r\n")

    fault(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", misbehave)
    client = front.client()
    client.send(request("GET", "/fault"))
    client.read_head()
    assert client.wire.read_chunk()[0] == b"hello"
    seen.set()
    with pytest.raises(Ended):
        client.wire.read_chunk()


def test_body_until_close_goes_on_as_chunks(front, fault):
    fault(b"HTTP/1.1 200 OK\r\n\r\nhello", lambda connection: connection.close())
    client = front.client()
    answer = client.get("/fault")
    assert (answer.status, answer.body, answer.trailers.pairs) == (200, b"hello", [])
    assert client.get("/next").status == 200


def test_reset_instead_of_close_is_seen_as_cut(front, fault):
    seen = threading.Event()

    def cut(connection):
        front.upstream.pause(seen)
        connection.reset()

    fault(b"HTTP/1.1 200 OK\r\n\r\nhello", cut)
    client = front.client()
    client.send(request("GET", "/fault"))
    client.read_head()
    assert client.wire.read_chunk()[0] == b"hello"
    seen.set()
    with pytest.raises(Ended):
        client.wire.read_chunk()


SURPLUS = {
    "behind-a-length": (OK + b"Content-Length: 2\r\n\r\nhi", b"hi"),
    "behind-no-body": (OK + b"Content-Length: 0\r\n\r\n", b""),
    "behind-chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", b"hi"),
    "behind-a-204": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "behind-a-304": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 90\r\n\r\n", b""),
}


@pytest.mark.parametrize("head, body", SURPLUS.values(), ids=SURPLUS.keys())
def test_surplus_bytes_never_become_the_next_answer(front, fault, head, body):
    fault(head + OK + b"Content-Length: 8\r\n\r\npoisoned")
    client = front.client()
    answer = client.get("/fault")
    assert (answer.body, answer.closes) == (body, False)
    assert client.get("/next").body == b"upstream\n"
    assert front.upstream.requests[-2].connection != front.upstream.last.connection


def test_body_of_an_answer_to_head_is_dropped(front, fault):
    fault(OK + b"Content-Length: 5\r\n\r\nhello")
    client = front.client()
    answer = client.exchange("HEAD", "/fault")
    assert (answer.status, answer.fields["content-length"]) == (200, "5")
    assert client.get("/next").body == b"upstream\n"
    assert front.upstream.requests[-2].connection != front.upstream.last.connection


def test_answer_nobody_asked_for_is_thrown_away(front, fault):
    """What a backend says on an idle connection ends it, and does not answer the next request."""
    ended = threading.Event()

    def speak_later(connection):
        connection.send(OK + b"Content-Length: 8\r\n\r\npoisoned")
        connection.stall()
        ended.set()

    fault(OK + b"Content-Length: 2\r\n\r\nhi", speak_later)
    client = front.client()
    assert client.get("/fault").body == b"hi"
    assert ended.wait(30)
    assert client.get("/next").body == b"upstream\n"


def test_dripped_head_is_read(front, fault):
    def drip(connection):
        for byte in b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi":
            connection.send(bytes([byte]))

    fault(b"", drip)
    answer = front.get("/fault")
    assert (answer.status, answer.fields["x-a"], answer.body) == (200, "b", b"hi")


def test_hop_by_hop_fields_of_the_backend_end_here(front, fault):
    fault(OK + b"Connection: keep-alive, X-Hop\r\nKeep-Alive: timeout=9\r\nX-Hop: 1\r\nProxy-Authenticate: a\r\n"
               b"Upgrade: h2c\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n")
    answer = front.get("/fault")
    for name in ("connection", "keep-alive", "x-hop", "proxy-authenticate", "upgrade"):
        assert name not in answer.fields
    assert answer.fields["x-end"] == "2"
