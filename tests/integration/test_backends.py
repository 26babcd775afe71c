"""What the gateway makes of backends that cannot be reached, take too long or are full, and of the connections that it keeps."""
import threading
import time

import pytest
from fake_upstream import SilentListener, refusing_address
from patience import PATIENCE, SLOW
from raw_client import request
from wire import Ended

BAD_GATEWAY = (502, {"message": "Bad Gateway"})
UNAVAILABLE = (503, {"message": "Service Unavailable"})
TIMED_OUT = (504, {"message": "Endpoint request timed out"})
QUICK = "300ms" if SLOW else "150ms"
NO_EJECTION = {"ejection": {"failures": 0}}


def told(answer):
    return answer.status, answer.json()


@pytest.fixture
def refused():
    with refusing_address() as sock:
        yield "http://127.0.0.1:%d" % sock.getsockname()[1]


def metric(gateway, name):
    return gateway.metric(f"gatehouse_upstream_{name}", backend="fake")


# ---- One answer for each way to fail

def test_refused_connection_is_502(rig, refused):
    gateway = rig.proxy([refused])
    client = gateway.client()
    answer = client.exchange("POST", "/", body=b"x")
    assert told(answer) == BAD_GATEWAY
    assert not answer.closes
    line = gateway.wait_access(reason="upstream_connect_refused")
    assert (line["status"], line["backend"], line["target"], line["upstream_status"]) == (502, "fake", refused, 0)
    assert client.get("/").status == 502


def test_connection_that_takes_too_long_is_504(rig):
    silent = rig.keep(SilentListener())
    gateway = rig.proxy([silent.url], backend={"timeouts": {"connect": QUICK}, "retries": {"attempts": 0}})
    assert told(gateway.get("/")) == TIMED_OUT
    assert gateway.wait_access(reason="upstream_connect_timeout")["status"] == 504


def test_answer_that_takes_too_long_is_504(rig):
    upstream = rig.upstream(lambda _, connection: connection.stall())
    gateway = rig.proxy(upstream, backend={"timeouts": {"first_byte": QUICK}})
    client = gateway.client()
    answer = client.get("/")
    assert told(answer) == TIMED_OUT
    assert not answer.closes
    assert gateway.wait_access(reason="upstream_first_byte_timeout")["tries"] == 1
    assert upstream.connections[0].ended.wait(PATIENCE)  # given up, not kept
    assert len(upstream.requests) == 1  # it may have been acted on


def test_dripping_head_is_504_at_the_limit(rig):
    over = threading.Event()

    def drip(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.02):
            connection.send(b"X: y\r\n")

    gateway = rig.proxy(rig.upstream(drip), backend={"timeouts": {"first_byte": QUICK}})
    assert told(gateway.get("/")) == TIMED_OUT
    over.set()


@pytest.mark.parametrize("where", ["backend", "route"])
def test_exchange_that_takes_too_long_as_a_whole_is_504(rig, where):
    upstream = rig.upstream(lambda _, connection: connection.stall())
    timeouts = {"timeouts": {"total": QUICK}}
    gateway = rig.proxy(upstream, **{where: timeouts})
    assert told(gateway.get("/")) == TIMED_OUT
    assert gateway.wait_access(reason="upstream_total_timeout")["status"] == 504


def test_total_time_also_cuts_an_answer_in_progress(rig):
    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        connection.stall()

    gateway = rig.proxy(rig.upstream(serve), backend={"timeouts": {"total": QUICK}})
    client = gateway.client()
    client.send(request("GET", "/"))
    assert client.read_head().status == 200
    assert client.wire.read_chunk()[0] == b"hello"
    with pytest.raises(Ended):
        client.wire.read_chunk()
    assert gateway.wait_access(reason="upstream_total_timeout")["status"] == 200


def test_body_that_stops_coming_is_cut(rig):
    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        connection.stall()

    gateway = rig.proxy(rig.upstream(serve), backend={"timeouts": {"idle": QUICK}})
    client = gateway.client()
    client.send(request("GET", "/"))
    assert client.read_head().status == 200
    assert client.wire.read_exactly(5) == b"hello"
    with pytest.raises(Ended):
        client.wire.read_exactly(1)
    assert gateway.wait_access(reason="upstream_idle_timeout")


def test_long_stream_that_keeps_coming_is_not_cut(rig):
    idle = 3.0 if SLOW else 1.5

    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(6):
            time.sleep(idle / 5)  # the stream's own pace, as a whole longer than the deadline between two pieces
            connection.send(b"1\r\nx\r\n")
        connection.send(b"0\r\n\r\n")

    gateway = rig.proxy(rig.upstream(serve), backend={"timeouts": {"idle": f"{int(idle * 1000)}ms"}})
    assert gateway.get("/").body == b"x" * 6


def test_time_for_an_answer_begins_when_the_request_is_complete(rig):
    gateway = rig.proxy(rig.upstream(), backend={"timeouts": {"first_byte": "1500ms" if SLOW else "500ms"}})
    client = gateway.client()
    client.send(request("POST", "/", fields=[("Content-Length", "8")]))
    for _ in range(8):
        time.sleep(0.3 if SLOW else 0.1)  # the client's own pace, as a whole longer than the deadline for the answer
        client.send(b"x")
    assert client.read_response().status == 200


def test_backend_that_does_not_take_the_body_is_504(rig):
    def script(connection):
        connection.read_head()
        connection.upstream.pause(connection.upstream.stopping)

    upstream = rig.upstream(script=script, receive_buffer=4096)
    gateway = rig.proxy(upstream, backend={"timeouts": {"idle": QUICK}},
                        listeners=[{"address": "127.0.0.1:0", "limits": {"body": "2GB"}}])
    client = gateway.client()
    sender = threading.Thread(target=send_until_broken, args=(client,))
    sender.start()
    answer = client.read_response()
    assert (told(answer), answer.closes) == (TIMED_OUT, True)
    client.close()
    sender.join()
    assert gateway.wait_access(reason="upstream_idle_timeout")["status"] == 504


def send_until_broken(client):
    try:
        client.send(request("POST", "/", fields=[("Content-Length", "1000000000")]))
        while True:
            client.send(b"x" * 65536)
    except OSError:
        pass


def test_client_that_leaves_ends_the_wait_for_the_backend(rig):
    upstream = rig.upstream(lambda _, connection: connection.stall())
    gateway = rig.proxy(upstream)
    client = gateway.client()
    client.send(request("GET", "/"))
    upstream.wait_requests(1)
    client.reset()
    assert upstream.connections[0].ended.wait(PATIENCE)
    line = gateway.wait_access(reason="client_gone")
    assert line["status"] == 499
    gateway.wait_metric("gatehouse_connections", 0)


def test_client_that_ends_its_side_is_waited_for(rig):
    go_on = threading.Event()

    def serve(_request, connection):
        assert go_on.wait(PATIENCE)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")

    upstream = rig.upstream(serve)
    gateway = rig.proxy(upstream)
    client = gateway.client()
    client.send(request("GET", "/"))
    client.end()
    upstream.wait_requests(1)
    go_on.set()
    assert client.read_response().body == b"late"
    client.expect_closed()
    assert gateway.wait_access(status=200)["reason"] == "ok"


def test_client_that_ends_its_side_and_then_leaves_ends_the_wait(rig):
    upstream = rig.upstream(lambda _, connection: connection.stall())
    gateway = rig.proxy(upstream)
    client = gateway.client()
    client.send(request("GET", "/"))
    client.end()
    upstream.wait_requests(1)
    client.reset()
    assert upstream.connections[0].ended.wait(PATIENCE)
    assert gateway.wait_access(reason="client_gone")["status"] == 499


def test_unknown_name_is_502(rig):
    gateway = rig.proxy(["http://nowhere.invalid:80"], backend={"timeouts": {"connect": "5s"}})
    answer = gateway.get("/")
    assert answer.status in (502, 504)  # 504 where the machine has no name server at all
    assert gateway.wait_access(backend="fake")["reason"].startswith("dns_")


# ---- Full pools

def test_full_pool_is_503_and_says_when_to_come_back(rig):
    release = threading.Event()

    def serve(_request, connection):
        connection.upstream.pause(release)
        connection.answer()

    upstream = rig.upstream(serve)
    gateway = rig.proxy(upstream, backend={"pool": {"connections": 1, "queue": 0}})
    first = gateway.client()
    first.send(request("GET", "/first"))
    upstream.wait_requests(1)
    answer = gateway.get("/second")
    assert told(answer) == UNAVAILABLE
    assert int(answer.fields["retry-after"]) >= 1
    assert gateway.wait_access(reason="upstream_pool_full")["path"] == "/second"
    release.set()
    assert first.read_response().status == 200
    assert gateway.get("/third").status == 200
    assert metric(gateway, "queue_full_total") == 1


def test_queue_in_front_of_a_pool_is_served_in_order(rig):
    release = threading.Event()

    def serve(_request, connection):
        connection.upstream.pause(release)
        connection.answer()

    upstream = rig.upstream(serve)
    gateway = rig.proxy(upstream, backend={"pool": {"connections": 1, "queue": 10}})
    clients = []
    for number in range(4):
        clients.append(gateway.client())
        clients[-1].send(request("GET", f"/{number}"))
        gateway.wait_metric("gatehouse_requests_in_flight", number + 1)
    release.set()
    assert [client.read_response().status for client in clients] == [200] * 4
    assert upstream.targets() == ["/0", "/1", "/2", "/3"]
    assert len(upstream.connections) == 1


def test_waiting_in_the_queue_has_a_deadline(rig):
    upstream = rig.upstream(lambda _, connection: connection.stall())
    gateway = rig.proxy(upstream, backend={"pool": {"connections": 1, "queue": 10}, "timeouts": {"connect": QUICK}})
    gateway.client().send(request("GET", "/first"))
    upstream.wait_requests(1)
    assert gateway.get("/second").status in (503, 504)
    assert gateway.wait_access(path="/second")["reason"] == "upstream_queue_timeout"


# ---- Kept connections

def test_connections_are_kept_and_used_again(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream)
    for _ in range(5):
        assert gateway.get("/").status == 200
    assert len(upstream.connections) == 1
    assert (metric(gateway, "connections_opened_total"), metric(gateway, "connections_reused_total")) == (1, 4)


def test_connection_that_says_close_is_not_used_again(rig):
    upstream = rig.upstream(lambda _, connection: connection.answer(fields=[("Connection", "close")]))
    gateway = rig.proxy(upstream)
    client = gateway.client()
    for _ in range(3):
        answer = client.get("/")
        assert (answer.status, answer.closes) == (200, False)
    assert len(upstream.connections) == 3


def test_http10_backend_is_understood(rig):
    def serve(_request, connection):
        connection.send(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold but gold")
        connection.close()

    client = rig.proxy(rig.upstream(serve)).client()
    for _ in range(2):
        assert client.get("/").body == b"old but gold"


def test_connection_that_a_backend_closed_while_idle_is_replaced_without_an_error(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream, backend=NO_EJECTION)
    client = gateway.client()
    for round_ in range(5):
        assert client.exchange("POST", f"/{round_}", body=b"x").status == 200
        upstream.drop_connections()


def test_idle_connections_are_closed_in_time(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream, backend={"pool": {"idle_time": QUICK}})
    assert gateway.get("/").status == 200
    assert upstream.connections[0].ended.wait(PATIENCE)
    assert gateway.get("/").status == 200
