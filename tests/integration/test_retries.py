"""When a request is sent again, and when a backend is not asked for a while (RFC 9110 section 9.2.2; SECURITY 49)."""
import threading
import time

import pytest
from fake_upstream import refusing_address
from patience import PATIENCE
from raw_client import request
from wire import Ended

BAD_GATEWAY = (502, {"message": "Bad Gateway"})
UNAVAILABLE = (503, {"message": "Service Unavailable"})
NO_EJECTION = {"ejection": {"failures": 0}}


def told(answer):
    return answer.status, answer.json()


@pytest.fixture
def refused():
    with refusing_address() as sock:
        yield "http://127.0.0.1:%d" % sock.getsockname()[1]


def metric(gateway, name):
    return gateway.metric(f"gatehouse_upstream_{name}", backend="fake")


def breaks_once(end, before=b""):
    """Breaks the first connection at its second request, when it had been kept alive."""
    seen = {}

    def serve(_request, connection):
        seen[connection.number] = seen.get(connection.number, 0) + 1
        if connection.number == 0 and seen[0] == 2:
            if before:
                connection.send(before)
            return getattr(connection, end)()
        return connection.answer()

    return serve


@pytest.mark.parametrize("end", ["close", "reset"])
def test_get_is_tried_again_when_a_kept_connection_breaks(rig, end):
    upstream = rig.upstream(breaks_once(end))
    gateway = rig.proxy(upstream)
    assert gateway.get("/warm").status == 200
    assert gateway.get("/again").status == 200
    assert upstream.targets() == ["/warm", "/again", "/again"]
    assert gateway.wait_access(path="/again")["tries"] == 2
    assert metric(gateway, "retries_total") == 1


@pytest.mark.parametrize("end", ["close", "reset"])
def test_post_once_sent_is_never_tried_again(rig, end):
    upstream = rig.upstream(breaks_once(end))
    gateway = rig.proxy(upstream)
    assert gateway.get("/warm").status == 200
    assert told(gateway.exchange("POST", "/pay", body=b"money")) == BAD_GATEWAY
    assert upstream.targets() == ["/warm", "/pay"]
    assert gateway.wait_access(path="/pay")["tries"] == 1


def test_post_that_was_not_sent_is_tried_elsewhere(rig, refused):
    upstream = rig.upstream()
    gateway = rig.proxy([refused, upstream.url], backend=NO_EJECTION)
    answers = [gateway.exchange("POST", f"/{i}", body=b"x").status for i in range(4)]
    assert answers == [200] * 4
    assert upstream.targets() == ["/0", "/1", "/2", "/3"]


def test_get_is_not_tried_again_once_an_answer_has_begun(rig):
    upstream = rig.upstream(breaks_once("close", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"))
    gateway = rig.proxy(upstream)
    assert gateway.get("/warm").status == 200
    client = gateway.client()
    client.send(request("GET", "/cut"))
    assert client.read_head().status == 200
    with pytest.raises(Ended):
        client.wire.read_exactly(10)
    assert gateway.get("/next").status == 200
    assert upstream.targets() == ["/warm", "/cut", "/next"]


def test_error_of_the_backend_is_an_answer_and_not_tried_again(rig):
    upstream = rig.upstream(lambda _, connection: connection.answer(b"broken", status=500))
    answer = rig.proxy(upstream, backend={"retries": {"attempts": 3}}).get("/")
    assert (answer.status, answer.body) == (500, b"broken")
    assert len(upstream.requests) == 1


def test_small_body_of_a_put_is_sent_again_whole(rig):
    upstream = rig.upstream(breaks_once("reset"))
    gateway = rig.proxy(upstream)
    assert gateway.get("/warm").status == 200
    assert gateway.exchange("PUT", "/item", body=b"x" * 5000).status == 200
    assert [len(one.body) for one in upstream.requests] == [0, 5000, 5000]


def test_no_more_tries_than_asked_for(rig):
    upstream = rig.upstream(lambda _, connection: connection.reset())
    gateway = rig.proxy(upstream, backend={"retries": {"attempts": 2}, **NO_EJECTION})
    assert told(gateway.get("/")) == BAD_GATEWAY
    assert len(upstream.requests) == 3
    assert gateway.wait_access(status=502)["tries"] == 3


def test_retry_budget_bounds_what_a_broken_backend_costs(rig):
    upstream = rig.upstream(lambda _, connection: connection.reset())
    gateway = rig.proxy(upstream, backend={"retries": {"attempts": 1, "budget": "10%"}, **NO_EJECTION})
    for _ in range(60):
        assert gateway.get("/").status == 502
    retries = metric(gateway, "retries_total")
    assert 3 <= retries <= 6
    assert len(upstream.requests) == 60 + retries
    assert metric(gateway, "retries_refused_total") == 60 - retries


# ---- Breaker

def test_breaker_opens_and_recovers(rig):
    healthy = threading.Event()
    upstream = rig.upstream(lambda _, connection: connection.answer(status=200 if healthy.is_set() else 500))
    gateway = rig.proxy(upstream, backend={"breaker": {"errors": "50%", "window": "60s", "open": "500ms"}, "retries": {"attempts": 0}})
    answers = [gateway.get("/").status for _ in range(30)]
    assert answers[:20] == [500] * 20
    refused = gateway.get("/")
    if refused.status == 503:  # unless the pause is over already
        assert told(refused) == UNAVAILABLE
        assert int(refused.fields["retry-after"]) >= 1
    assert gateway.wait_access(reason="upstream_breaker_open")["status"] == 503
    assert metric(gateway, "breaker_opened_total") >= 1
    healthy.set()
    wait_until_served(gateway)
    assert [gateway.get("/").status for _ in range(10)] == [200] * 10
    assert metric(gateway, "breaker_open") == 0


def wait_until_served(gateway):
    end = time.monotonic() + PATIENCE
    while gateway.get("/").status != 200:
        assert time.monotonic() < end
        time.sleep(0.02)
