"""Bodies pass as they come, both ways: nothing is collected, nothing is held back, nothing is reordered."""
import random
import threading

import pytest
from patience import PATIENCE
from raw_client import chunked, request
from wire import Ended


def echo_target(request_, connection):
    connection.answer(request_.target.encode())


@pytest.fixture(scope="module")
def echoing(shared_rig):
    upstream = shared_rig.upstream(echo_target)
    gateway = shared_rig.proxy(upstream)
    gateway.upstream = upstream
    return gateway


# ---- Chunks and trailers

def test_chunked_request_passes_with_its_trailers(echoing):
    client = echoing.client()
    body = chunked(b"hello ", b"world", trailers=[("X-Checksum", "42"), ("Content-Length", "3"), ("Host", "evil"),
                                                 ("Authorization", "no"), ("Transfer-Encoding", "gzip"), ("X_Forwarded_For", "no")])
    answer = client.exchange("POST", "/chunked", fields=[("Transfer-Encoding", "chunked"), ("Trailer", "X-Checksum")], body=body)
    assert answer.status == 200
    seen = echoing.upstream.last
    assert seen.body == b"hello world"
    assert seen.trailers.pairs == [("X-Checksum", "42")]  # those that frame, route or authenticate do not come late
    assert client.get("/next").body == b"/next"


def test_chunked_answer_passes_with_its_trailers(rig):
    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checksum\r\n\r\n"
                        + chunked(b"hello ", b"world", trailers=[("X-Checksum", "42"), ("Content-Length", "3"), ("Set-Cookie", "a=b")]))

    client = rig.proxy(rig.upstream(serve)).client()
    for _ in range(2):
        answer = client.get("/")
        assert (answer.status, answer.body, answer.trailers.pairs) == (200, b"hello world", [("X-Checksum", "42")])
        assert answer.fields["transfer-encoding"] == "chunked"


def test_request_of_known_length_keeps_it(echoing):
    assert echoing.exchange("PUT", "/", body=b"x" * 100_000).status == 200
    seen = echoing.upstream.last
    assert (seen.fields["content-length"], seen.body) == ("100000", b"x" * 100_000)


def test_post_without_a_body_says_so(echoing):
    assert echoing.exchange("POST", "/", body=b"").status == 200
    assert echoing.upstream.last.fields["content-length"] == "0"


def test_get_without_a_body_says_nothing_about_it(echoing):
    assert echoing.get("/").status == 200
    assert "content-length" not in echoing.upstream.last.fields
    assert "transfer-encoding" not in echoing.upstream.last.fields


def test_get_with_a_body_keeps_it(echoing):
    assert echoing.exchange("GET", "/", body=b"asked").status == 200
    assert echoing.upstream.last.body == b"asked"


# ---- As it comes

def test_events_arrive_one_by_one(rig):
    seen = [threading.Event() for _ in range(5)]

    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number, event in enumerate(seen):
            data = b"data: %d\n\n" % number
            connection.send(b"%x\r\n%s\r\n" % (len(data), data))
            connection.upstream.pause(event)  # the next one only when the client has this one
        connection.send(b"0\r\n\r\n")

    client = rig.proxy(rig.upstream(serve)).client()
    client.send(request("GET", "/events"))
    assert client.read_head().fields["content-type"] == "text/event-stream"
    for number, event in enumerate(seen):
        assert client.wire.read_chunk()[0] == b"data: %d\n\n" % number
        event.set()
    assert client.wire.read_chunk()[0] == b""
    client.expect_open()


def test_head_arrives_before_the_body(rig):
    seen = threading.Event()

    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        connection.upstream.pause(seen)
        connection.send(b"later")

    client = rig.proxy(rig.upstream(serve)).client()
    client.send(request("GET", "/"))
    assert client.read_head().fields["content-length"] == "5"
    seen.set()
    assert client.wire.read_exactly(5) == b"later"


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_upload_arrives_before_it_is_complete(rig, coding):
    parts = [threading.Event() for _ in range(3)]
    read = (lambda wire: wire.read_exactly(5)) if coding == "length" else (lambda wire: wire.read_chunk()[0])

    def script(connection):
        connection.read_head()
        for part in parts:
            assert read(connection.wire) == b"part!"
            part.set()
        connection.answer()
        connection.stall()

    client = rig.proxy(rig.upstream(script=script)).client()
    client.send(request("POST", "/", fields=[("Content-Length", "15") if coding == "length" else ("Transfer-Encoding", "chunked")]))
    for part in parts:
        client.send(b"part!" if coding == "length" else b"5\r\npart!\r\n")
        assert part.wait(PATIENCE)
    if coding == "chunked":
        client.send(b"0\r\n\r\n")
    assert client.read_response().status == 200


def test_both_directions_at_once(rig):
    """A backend that answers while it still reads, piece by piece."""
    def script(connection):
        connection.read_head()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while data := connection.wire.read_chunk()[0]:
            connection.send(b"%x\r\n%s\r\n" % (len(data), data))
        connection.send(b"0\r\n\r\n")
        connection.stall()

    client = rig.proxy(rig.upstream(script=script)).client()
    client.send(request("POST", "/", fields=[("Transfer-Encoding", "chunked")]))
    assert client.read_head().status == 200
    for number in range(20):
        piece = b"ping %d" % number
        client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        assert client.wire.read_chunk()[0] == piece
    client.send(b"0\r\n\r\n")
    assert client.wire.read_chunk()[0] == b""


# ---- 1xx

def test_continue_is_sent_when_the_body_is_wanted(echoing):
    client = echoing.client()
    client.send(request("POST", "/", fields=[("Content-Length", "5"), ("Expect", "100-continue")]))
    assert client.read_head().status == 100
    client.send(b"hello")
    assert client.read_response().status == 200
    seen = echoing.upstream.last
    assert (seen.body, "expect" in seen.fields) == (b"hello", False)
    assert client.get("/next").status == 200


def test_continue_is_not_sent_to_who_went_ahead(echoing):
    client = echoing.client()
    client.send(request("POST", "/", fields=[("Expect", "100-Continue")], body=b"hello"))
    answer = client.read_response()
    assert (answer.status, answer.informational) == (200, [])


def test_continue_is_not_sent_with_a_refusal(rig):
    gateway = rig.gateway({"apis": [{"name": "a", "routes": [{"match": "GET /", "mock": {"status": 200}}]}]})
    client = gateway.client()
    client.send(request("POST", "/nowhere", fields=[("Content-Length", "5"), ("Expect", "100-continue")]))
    answer = client.read_response()
    assert (answer.status, answer.informational, answer.closes) == (404, [], True)
    client.expect_closed()


def test_expectation_of_http10_is_ignored(echoing):
    client = echoing.client()
    client.send(request("POST", "/", version="HTTP/1.0", fields=[("Content-Length", "5"), ("Expect", "100-continue")]))
    client.expect_open()
    client.send(b"hello")
    answer = client.read_response()
    assert (answer.status, answer.informational) == (200, [])


def test_early_hints_pass(rig):
    def serve(_request, connection):
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n")
        connection.answer(b"final")

    gateway = rig.proxy(rig.upstream(serve))
    client = gateway.client()
    for _ in range(2):
        answer = client.get("/")
        assert (answer.status, answer.body) == (200, b"final")
        hints = [one for one in answer.informational if one.status == 103]
        assert [one.fields.pairs for one in hints] == [[("Link", "</a.css>")]]
    old = gateway.client()
    answer = old.get("/", version="HTTP/1.0")
    assert (answer.status, answer.informational) == (200, [])


# ---- HTTP/1.0 and HEAD

def test_http10_closes_by_default(echoing):
    client = echoing.client()
    answer = client.get("/old", version="HTTP/1.0", host=None)
    assert (answer.status, answer.body, answer.closes) == (200, b"/old", True)
    client.expect_closed()
    assert echoing.upstream.last.version == "HTTP/1.1"


def test_http10_keeps_alive_on_request(echoing):
    client = echoing.client()
    for number in range(3):
        answer = client.get(f"/{number}", version="HTTP/1.0", fields=[("Connection", "keep-alive")])
        assert (answer.body, answer.fields["connection"]) == (b"/%d" % number, "keep-alive")


def test_http10_gets_chunks_as_a_body_until_close(rig):
    seen = threading.Event()

    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n")
        connection.upstream.pause(seen)
        connection.send(b"5\r\nworld\r\n0\r\n\r\n")

    client = rig.proxy(rig.upstream(serve)).client()
    client.send(request("GET", "/", version="HTTP/1.0", fields=[("Connection", "keep-alive")]))
    answer = client.read_head()
    assert (answer.closes, "transfer-encoding" in answer.fields, "content-length" in answer.fields) == (True, False, False)
    assert client.wire.read_exactly(6) == b"hello "
    seen.set()
    assert client.wire.read_to_end() == b"world"


def test_http10_never_gets_a_clean_end_of_a_cut_body(rig):
    seen = threading.Event()

    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        connection.upstream.pause(seen)
        connection.close()

    client = rig.proxy(rig.upstream(serve)).client()
    client.send(request("GET", "/", version="HTTP/1.0"))
    assert client.read_head().status == 200
    assert client.wire.read_exactly(5) == b"hello"
    seen.set()
    with pytest.raises(Ended) as ended:
        client.wire.read_to_end()
    assert ended.value.reset


def test_head_has_the_fields_of_get_and_no_body(echoing):
    client = echoing.client()
    for _ in range(2):
        answer = client.exchange("HEAD", "/head")
        assert (answer.status, answer.fields["content-length"]) == (200, str(len("/head")))
        assert echoing.upstream.last.method == "HEAD"
        # The fake upstream sends a body all the same; none of it may arrive.
        assert client.get("/get").body == b"/get"


# ---- Pipelining

@pytest.mark.parametrize("split", ["one segment", "random segments"])
def test_pipelined_requests_are_answered_in_order(echoing, split):
    client = echoing.client()
    wire = b"".join(request("POST", f"/{i}", body=b"b" * i) if i % 3 == 0 else request("GET", f"/{i}") for i in range(200))
    pieces = [wire]
    if split == "random segments":
        cuts = sorted(random.Random(7).sample(range(len(wire)), 300))
        pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)])]
    for piece in pieces:
        client.send(piece)
    assert [client.read_response().body for _ in range(200)] == [b"/%d" % i for i in range(200)]
    client.expect_open()


def test_pipelined_mocks_are_answered_in_order(rig):
    gateway = rig.gateway({"apis": [{"name": "a", "routes": [{"match": "GET /{n}", "mock": {"body": "$path.n"}}]}]})
    client = gateway.client()
    client.send(b"".join(request("GET", f"/{i}") for i in range(1000)))
    assert [client.read_response().body for _ in range(1000)] == [b"%d" % i for i in range(1000)]


def test_pipelined_behind_a_slow_one_waits(rig):
    release = threading.Event()

    def serve(request_, connection):
        if request_.target == "/slow":
            connection.upstream.pause(release)
        connection.answer(request_.target.encode())

    upstream = rig.upstream(serve)
    client = rig.proxy(upstream).client()
    client.send(request("GET", "/slow") + request("GET", "/quick"))
    upstream.wait_requests(1)
    client.expect_open()
    release.set()
    assert [client.read_response().body for _ in range(2)] == [b"/slow", b"/quick"]


# ---- Answers before the request is complete

def test_early_answer_reaches_a_client_that_still_uploads(rig):
    def script(connection):
        connection.read_head()
        connection.answer(b"no", status=401)
        connection.stall()

    gateway = rig.proxy(rig.upstream(script=script), listeners=[{"address": "127.0.0.1:0", "limits": {"body": "2GB"}}])
    client = gateway.client()
    client.send(request("POST", "/", fields=[("Content-Length", "1000000000")]) + b"x" * 100_000)
    answer = client.read_response()
    assert (answer.status, answer.body) == (401, b"no")


def test_early_answer_of_a_backend_that_closes_is_not_lost(rig):
    def script(connection):
        connection.read_head()
        connection.answer(b"no", status=413, fields=[("Connection", "close")])
        connection.socket.shutdown(1)
        connection.stall()

    client = rig.proxy(rig.upstream(script=script)).client()
    client.send(request("POST", "/", fields=[("Content-Length", "1000000")]) + b"x" * 1000)
    answer = client.read_response()
    assert (answer.status, answer.body) == (413, b"no")


@pytest.mark.parametrize("size", [1000, 5_000_000])
def test_answer_of_who_does_not_read_the_body_arrives_whole(rig, size):
    """A small rest of the body is read away and the connection kept; for a large one the connection closes, without a reset."""
    gateway = rig.gateway({"apis": [{"name": "a", "routes": [{"match": "POST /", "mock": {"body": "no need"}}]}]})
    client = gateway.client()
    client.send(request("POST", "/", fields=[("Content-Length", str(size))]))
    answer = client.read_response()
    assert (answer.status, answer.body, answer.closes) == (200, b"no need", size > 1000)
    client.send(b"x" * size)
    if answer.closes:
        client.expect_closed()
    else:
        assert client.exchange("POST", "/", body=b"").status == 200


def test_answer_after_the_client_has_ended_its_side(echoing):
    client = echoing.client()
    client.send(request("GET", "/half"))
    client.end()
    assert client.read_response().body == b"/half"
    client.expect_closed()
