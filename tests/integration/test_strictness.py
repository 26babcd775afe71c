"""Requests that RFC 9112 forbids, or that two parsers could read in two ways: refused, the connection closed, and nothing
of them seen by the backend. What is merely unusual goes through. (SECURITY: HTTP/1.1 framing.)"""
import pytest
from raw_client import HOST, chunked, request

GET = "GET / HTTP/1.1\r\nHost: gateway.test\r\n"
POST = "POST / HTTP/1.1\r\nHost: gateway.test\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: gateway.test\r\n\r\n"


@pytest.fixture(scope="module")
def front(shared_rig):
    """A gateway with one worker, so that what was sent first would also arrive first, in front of an upstream that answers."""
    upstream = shared_rig.upstream()
    gateway = shared_rig.proxy(upstream)
    gateway.upstream = upstream
    return gateway


def expect_refusal(gateway, data, status, reason):
    """`data` is answered with `status`, the connection ends, and the upstream sees only what is sent later."""
    before = len(gateway.upstream.requests)
    logged = sum(line["reason"] == reason for line in gateway.access_log())
    client = gateway.client()
    client.send(data.encode("latin-1") + SMUGGLED if isinstance(data, str) else data)
    answer = client.read_response()
    assert answer.status == status
    assert answer.closes
    assert answer.fields["content-type"] == "application/json"
    assert answer.json()["message"]
    client.expect_closed()
    lines = gateway.wait_access(logged + 1, reason=reason)
    assert (lines if isinstance(lines, dict) else lines[-1])["status"] == status
    assert gateway.get("/later").status == 200
    assert gateway.upstream.targets()[before:] == ["/later"]


def cases(text):
    """(head, reason) pairs with readable names."""
    return [pytest.param(head, reason, id=f"{reason}-{number}") for number, (head, reason) in enumerate(text)]


FRAMING = [
    (POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "conflicting_framing"),
    (POST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "conflicting_framing"),
    (POST + "Transfer-Encoding: chunked\r\nX-Between: 1\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", "conflicting_framing"),
    (POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "repeated_content_length"),
    (POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "repeated_content_length"),
    (POST + "Content-Length: 5\r\nX-Between: 1\r\ncontent-length: 0\r\n\r\nhello", "repeated_content_length"),
    *[(POST + f"Content-Length: {value}\r\n\r\nhello", "invalid_content_length")
      for value in ("+5", "-1", "0x5", "", "5 5", "5, 5", "5,5", "5;", "5.0", "1e1", "five", "\xb5", "9223372036854775808",
                    "99999999999999999999")],
    *[(POST + f"Transfer-Encoding: {value}\r\n\r\n0\r\n\r\n", "invalid_transfer_encoding")
      for value in ("gzip", "identity", "xchunked", "chunkedx", "chunked, gzip", "gzip, chunked", "chunked, chunked", "chunked,",
                    ",chunked", "", "chunked;q=1", "\"chunked\"", "chunked chunked")],
    (POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "invalid_transfer_encoding"),
    (POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", "invalid_transfer_encoding"),
    (POST + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "invalid_transfer_encoding"),
    ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "transfer_encoding_in_http10"),
]


@pytest.mark.parametrize("head, reason", cases(FRAMING))
def test_refuses_ambiguous_framing(front, head, reason):
    expect_refusal(front, head, 400, reason)


LINES = [
    (GET + "X-A : b\r\n\r\n", "space_before_colon"),
    (GET + "X-A\t: b\r\n\r\n", "space_before_colon"),
    (GET + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "space_before_colon"),
    (GET + "X-A: b\r\n c\r\n\r\n", "obs_fold"),
    (GET + "X-A: b\r\n\tc: d\r\n\r\n", "obs_fold"),
    ("GET / HTTP/1.1\r\n Host: gateway.test\r\n\r\n", "obs_fold"),
    (GET + "X-A: b\0c\r\n\r\n", "invalid_field_value"),
    (GET + "X-A: b\x07c\r\n\r\n", "invalid_field_value"),
    (GET + "X-A: b\x7fc\r\n\r\n", "invalid_field_value"),
    (GET + "X-A: b\rc\r\n\r\n", "bare_cr"),
    (GET + "X-A: b\r\r\n\r\n", "bare_cr"),
    (GET + "X-A: b\nX-B: c\r\n\r\n", "bare_lf"),
    (GET + "X-A: b\r\n\n", "bare_lf"),
    (GET + "\r\rX", "bare_cr"),
    ("GET / HTTP/1.1\nHost: gateway.test\n\n", "bare_lf"),
    ("\nGET / HTTP/1.1\r\nHost: gateway.test\r\n\r\n", "bare_lf"),
    ("\rGET / HTTP/1.1\r\nHost: gateway.test\r\n\r\n", "bare_cr"),
    (GET + ": b\r\n\r\n", "invalid_field_name"),
    (GET + "X(A): b\r\n\r\n", "invalid_field_name"),
    (GET + "X\0A: b\r\n\r\n", "invalid_field_name"),
    (GET + "X\xe4: b\r\n\r\n", "invalid_field_name"),
    (GET + "X-A b\r\n\r\n", "space_before_colon"),
    (GET + "X-A\r\n\r\n", "invalid_field_name"),
    (GET + "Connection: \"close\"\r\n\r\n", "invalid_connection"),
    (GET + "Connection: " + ", ".join(f"x-{i}" for i in range(100)) + "\r\n\r\n", "too_many_connection_options"),
]


@pytest.mark.parametrize("head, reason", cases(LINES))
def test_refuses_malformed_lines(front, head, reason):
    expect_refusal(front, head, 400, reason)


HOSTS = [
    ("GET / HTTP/1.1\r\nX-Not: host\r\n\r\n", "missing_host"),
    (GET + "Host: gateway.test\r\n\r\n", "repeated_host"),
    (GET + "host: other.test\r\n\r\n", "repeated_host"),
    *[(f"GET / HTTP/1.1\r\nHost: {value}\r\n\r\n", "invalid_host")
      for value in ("", "user@gateway.test", "gateway.test/path", "gateway test", "gateway.test:", "gateway.test:8x",
                    "gateway.test:99999", "[::1", "[::g]", "[::1]x", "http://gateway.test", "gateway.test?a", "g\xe4teway.test",
                    "gateway.test#a", "gateway%zz.test")],
]


@pytest.mark.parametrize("head, reason", cases(HOSTS))
def test_refuses_doubtful_hosts(front, head, reason):
    expect_refusal(front, head, 400, reason)


START_LINES = [
    ("GET /", 400, "invalid_version"),
    ("GET / ", 400, "invalid_version"),
    ("GET / HTTP/1.1x", 400, "invalid_version"),
    ("GET / HTTP/1.", 400, "invalid_version"),
    ("GET / HTTP/1.10", 400, "invalid_version"),
    ("GET / HTTP/1,1", 400, "invalid_version"),
    ("GET / http/1.1", 400, "invalid_version"),
    ("GET / ICY/1.1", 400, "invalid_version"),
    ("GET /  HTTP/1.1", 400, "invalid_version"),
    ("GET /a b HTTP/1.1", 400, "invalid_version"),
    ("GET / HTTP/9.9", 505, "unsupported_version"),
    ("GET / HTTP/2.0", 505, "unsupported_version"),
    ("GET / HTTP/1.2", 505, "unsupported_version"),
    ("GET / HTTP/0.9", 505, "unsupported_version"),
    ("GET /\x80 HTTP/1.1", 400, "invalid_target"),
    ("GET /\xc3\xa4 HTTP/1.1", 400, "invalid_target"),
    ("GET /a\x01 HTTP/1.1", 400, "invalid_target"),
    ("GET /a\x7f HTTP/1.1", 400, "invalid_target"),
    ("GET /a\tb HTTP/1.1", 400, "invalid_target"),
    ("GET /a#b HTTP/1.1", 400, "invalid_target"),
    ("GET /a\\b HTTP/1.1", 400, "invalid_target"),
    ("GET /a?b#c HTTP/1.1", 400, "invalid_target"),
    ("GET /?\x80 HTTP/1.1", 400, "invalid_target"),
    ("GET a HTTP/1.1", 400, "invalid_target"),
    ("GET * HTTP/1.1", 400, "invalid_target"),
    ("GET ?a HTTP/1.1", 400, "invalid_target"),
    ("GET  / HTTP/1.1", 400, "invalid_target"),
    ("GET ftp://gateway.test/ HTTP/1.1", 400, "invalid_target"),
    ("GET http:///path HTTP/1.1", 400, "invalid_target"),
    ("GET http://user@gateway.test/ HTTP/1.1", 400, "invalid_target"),
    ("GET http:/gateway.test/ HTTP/1.1", 400, "invalid_target"),
    ("GET gateway.test:80 HTTP/1.1", 400, "invalid_target"),
    (" GET / HTTP/1.1", 400, "invalid_method"),
    ("GE(T / HTTP/1.1", 400, "invalid_method"),
    ("GET\t/ HTTP/1.1", 400, "invalid_method"),
    ("G\xcbT / HTTP/1.1", 400, "invalid_method"),
    ("\x16\x03\x01\x02 / HTTP/1.1", 400, "invalid_method"),  # a TLS client hello
    ("A" * 33 + " / HTTP/1.1", 501, "method_too_long"),
    ("CONNECT gateway.test:443 HTTP/1.1", 405, "connect_not_supported"),
]


@pytest.mark.parametrize("line, status, reason", [pytest.param(*case, id=f"{case[2]}-{n}") for n, case in enumerate(START_LINES)])
def test_refuses_malformed_start_lines(front, line, status, reason):
    expect_refusal(front, line + "\r\nHost: gateway.test\r\n\r\n", status, reason)


def test_refuses_other_expectations(front):
    expect_refusal(front, POST + "Expect: 200-ok\r\nContent-Length: 5\r\n\r\nhello", 417, "unsupported_expectation")


# ---- Bodies: the head was good, so part of it may be on its way; the upstream must never see a complete request.

BODIES = [
    *[(f"{size}\r\nhello\r\n0\r\n\r\n", "invalid_chunk_size")
      for size in ("-5", "+5", "0x5", " 5", "5 ", "", "g", "00000000000000005", "FFFFFFFFFFFFFFFF", "5,", "5\x00")],
    ("5\nhello\r\n0\r\n\r\n", "bare_lf"),
    ("5\rhello\r\n0\r\n\r\n", "bare_cr"),
    ("5\r\nhelloX\r\n0\r\n\r\n", "invalid_chunk_end"),
    ("5\r\nhello\n0\r\n\r\n", "bare_lf"),
    ("5\r\nhello\r0\r\n\r\n", "bare_cr"),
    ("5;a\x01\r\nhello\r\n0\r\n\r\n", "invalid_chunk_extension"),
    ("5;a=\x80\r\nhello\r\n0\r\n\r\n", "invalid_chunk_extension"),
    ("5;a=\"b\r\nhello\r\n0\r\n\r\n", "invalid_chunk_extension"),
    ("5;\r\nhello\r\n0\r\n\r\n", "invalid_chunk_extension"),
    ("5;a\nb\r\nhello\r\n0\r\n\r\n", "bare_lf"),
    ("5;a=" + "b" * 5000 + "\r\nhello\r\n0\r\n\r\n", "chunk_extension_too_large"),
    ("5\r\nhello\r\n0\r\nX-A : b\r\n\r\n", "space_before_colon"),
    ("5\r\nhello\r\n0\r\nX-A: b\0\r\n\r\n", "invalid_field_value"),
    ("5\r\nhello\r\n0\r\nX-A: b\n\r\n", "bare_lf"),
    ("5\r\nhello\r\n0\r\n\n", "bare_lf"),
]


@pytest.mark.parametrize("body, _why", [pytest.param(*case, id=f"{case[1]}-{n}") for n, case in enumerate(BODIES)])
def test_refuses_malformed_chunks(front, body, _why):
    before = len(front.upstream.requests)
    client = front.client()
    client.send((POST + "Transfer-Encoding: chunked\r\n\r\n" + body).encode("latin-1") + SMUGGLED)
    answer = client.read_response()
    assert answer.status == 400
    assert answer.closes
    assert answer.json() == {"message": "Bad Request"}
    client.expect_closed()
    assert front.wait_access(reason="body_malformed")["status"] == 400
    assert front.get("/later").status == 200
    assert front.upstream.targets()[before:] == ["/later"]


def test_body_that_ends_early_is_never_completed_upstream(front):
    before = len(front.upstream.requests)
    client = front.client()
    client.send((POST + "Content-Length: 10\r\n\r\nhello").encode())
    client.end()
    assert client.read_response().status == 400
    client.expect_closed()
    assert front.wait_access(reason="body_incomplete")
    assert front.get("/later").status == 200
    assert front.upstream.targets()[before:] == ["/later"]


def test_body_that_breaks_off_is_never_completed_upstream(front):
    before = len(front.upstream.requests)
    client = front.client()
    client.send((POST + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").encode())
    client.reset()
    assert front.wait_access(reason="client_gone")["status"] == 499
    assert front.get("/later").status == 200
    assert front.upstream.targets()[before:] == ["/later"]


# ---- What is unusual but right

def test_accepts_empty_lines_before_a_request(front):
    client = front.client()
    client.send(b"\r\n\r\n" + request("GET", "/first") + b"\r\n" + request("GET", "/second"))
    assert [client.read_response().status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("line, name, value", [
    ("x-a:b", "x-a", "b"),
    ("X-A:\t b \t", "X-A", "b"),
    ("X-A:", "X-A", ""),
    ("X-A: a\tb", "X-A", "a\tb"),
    ("X-A: gr\xc3\xbc\xdfe\xff", "X-A", "gr\xc3\xbc\xdfe\xff"),
    ("!#$%&'*+.^`|~09: x", "!#$%&'*+.^`|~09", "x"),
    ("X-A: " + "v" * 8000, "X-A", "v" * 8000),
])
def test_accepts_unusual_fields(front, line, name, value):
    client = front.client()
    client.send((GET + line + "\r\n\r\n").encode("latin-1"))
    assert client.read_response().status == 200
    assert front.upstream.last.fields[name] == value


@pytest.mark.parametrize("host", ["gateway.test:80", "GATEWAY.test", "127.0.0.1", "[::1]:8080", "a_b.test", "xn--bcher-kva.test",
                                  "a%41.test"])
def test_accepts_unusual_hosts(front, host):
    assert front.get("/", host=host).status == 200
    assert front.upstream.last.fields["x-forwarded-host"] == host


@pytest.mark.parametrize("body", [
    b"5\r\nhello\r\n0\r\n\r\n",
    b"0005\r\nhello\r\n000\r\n\r\n",
    b"5;a;b=c;d=\"e;\\\"f\"\r\nhello\r\n0;last\r\n\r\n",
    b"5;a = b ; c\r\nhello\r\n0\r\n\r\n",
    b"1\r\nh\r\n4\r\nello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX-Trailer: yes\r\n\r\n",
])
def test_accepts_every_form_of_chunks(front, body):
    client = front.client()
    client.send((POST + "transfer-encoding: Chunked\r\n\r\n").encode() + body + request("GET", "/next"))
    assert [client.read_response().status for _ in range(2)] == [200, 200]
    posted, got = front.upstream.requests[-2:]
    assert (posted.body, got.target) == (b"hello", "/next")
    assert b";" not in posted.raw.split(b"\r\n\r\n", 1)[1]  # extensions end here


def test_accepts_a_request_byte_by_byte(front):
    client = front.client()
    for byte in request("POST", "/drip", body=b"0123456789"):
        client.send(bytes([byte]))
    assert client.read_response().status == 200
    assert front.upstream.last.body == b"0123456789"


def test_ignores_what_follows_connection_close(front):
    before = len(front.upstream.requests)
    client = front.client()
    client.send(request("GET", "/last", fields=[("Connection", "close")]) + SMUGGLED)
    answer = client.read_response()
    assert (answer.status, answer.closes) == (200, True)
    client.expect_closed()
    assert front.get("/later").status == 200
    assert front.upstream.targets()[before:] == ["/last", "/later"]


@pytest.mark.parametrize("protocol, passed", [("websocket", True), ("h2c", False), ("websocket2", False)])
def test_only_websocket_is_offered_to_the_backend_and_early_data_never_forwarded(front, protocol, passed):
    before = len(front.upstream.requests)
    client = front.client()
    client.send(request("GET", "/up", fields=[("Connection", "Upgrade"), ("Upgrade", protocol)]) + b"\x81\x85early")
    assert client.read_response().status == 200  # the backend does not take the offer
    answer = client.read_response()  # the early data is no request
    assert (answer.status, answer.closes) == (400, True)
    client.expect_closed()
    seen = front.upstream.requests[before:]
    assert [one.target for one in seen] == ["/up"]
    assert ("upgrade" in seen[0].fields, "connection" in seen[0].fields) == (passed, passed)
    assert b"early" not in seen[0].raw


def test_body_is_framed_anew_towards_the_backend(front):
    client = front.client()
    client.send(request("POST", "/framed", fields=[("Transfer-Encoding", "chunked")], body=chunked(b"ab")))
    assert client.read_response().status == 200
    seen = front.upstream.last
    assert seen.body == b"ab"
    assert seen.fields.all("content-length") + seen.fields.all("transfer-encoding") == ["chunked"]
    assert seen.fields["x-forwarded-host"] == HOST
