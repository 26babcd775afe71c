"""Start, drain and end of the process. Whatever is in progress when the end comes is finished."""
import os
import signal
import socket
import threading
import time

import pytest
from gateway import endpoint, run
from patience import PATIENCE, poll
from raw_client import RawClient, request
from wire import Ended


class Held:
    """Requests to /held wait at the upstream until they are released."""

    def __init__(self, rig, **config):
        self.release = threading.Event()
        self.upstream = rig.upstream(self.serve)
        self.gateway = rig.proxy(self.upstream, **config)

    def serve(self, request_, connection):
        if request_.target == "/held":
            connection.upstream.pause(self.release)
        connection.answer()

    def begin(self):
        """A client whose request is at the upstream."""
        client = self.gateway.client()
        client.send(request("GET", "/held"))
        self.upstream.wait_until(lambda: "/held" in self.upstream.targets(), "the request")
        return client


def refuses(address):
    with socket.socket() as sock:
        return sock.connect_ex(address) != 0


# ---- Drain

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_finishes_what_runs_and_takes_nothing_new(rig, number):
    held = Held(rig)
    gateway = held.gateway
    idle = gateway.client()
    assert idle.get("/").status == 200
    busy = held.begin()
    gateway.signal(number)
    idle.expect_closed()
    poll(lambda: refuses(gateway.address), "the listener's end")
    ready = gateway.ask_admin("/readyz")
    assert (ready.status, ready.body) == (503, b"draining\n")
    assert gateway.status()["draining"] is True
    assert gateway.ask_admin("/healthz").status == 200
    assert gateway.process.poll() is None
    held.release.set()
    answer = busy.read_response()
    assert (answer.status, answer.body, answer.closes) == (200, b"upstream\n", True)
    busy.expect_closed()
    assert gateway.wait_exit() == 0
    assert gateway.find_log(r" info stopped")


def test_drain_lets_an_answer_in_progress_end(rig):
    rest = threading.Event()

    def serve(_request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        connection.upstream.pause(rest)
        connection.send(b"world")

    gateway = rig.proxy(rig.upstream(serve))
    client = gateway.client()
    client.send(request("GET", "/"))
    assert client.read_head().status == 200
    assert client.wire.read_exactly(5) == b"hello"
    gateway.signal(signal.SIGTERM)
    gateway.wait_log(r" info draining")
    rest.set()
    assert client.wire.read_exactly(5) == b"world"
    client.expect_closed()
    assert gateway.wait_exit() == 0


def test_drain_lets_an_upload_end(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream)
    client = gateway.client()
    client.send(request("POST", "/", fields=[("Content-Length", "10")]) + b"hello")
    upstream.wait_connections(1)
    gateway.signal(signal.SIGTERM)
    gateway.wait_log(r" info draining")
    client.send(b"world")
    answer = client.read_response()
    assert (answer.status, answer.closes) == (200, True)
    assert upstream.last.body == b"helloworld"
    assert gateway.wait_exit() == 0


def test_request_behind_the_last_one_is_not_looked_at(rig):
    held = Held(rig)
    client = held.begin()
    client.send(request("GET", "/behind"))
    held.gateway.signal(signal.SIGTERM)
    held.gateway.wait_log(r" info draining")
    held.release.set()
    first = client.read_response()
    assert (first.status, first.closes) == (200, True)  # so the client knows that nobody looked at the second one
    client.expect_broken()
    client.close()
    assert held.gateway.wait_exit() == 0
    assert held.upstream.targets() == ["/held"]


def test_grace_time_is_a_bound(rig):
    held = Held(rig, drain="300ms")
    client = held.begin()
    begin = time.monotonic()
    held.gateway.signal(signal.SIGTERM)
    with pytest.raises(Ended):
        client.read_response()
    assert held.gateway.wait_exit() == 0
    assert time.monotonic() - begin >= 0.25
    assert held.gateway.find_log(r" warn grace time is over.* connections=1")


def test_second_signal_ends_at_once(rig):
    held = Held(rig)
    client = held.begin()
    held.gateway.signal(signal.SIGTERM)
    held.gateway.wait_log(r" info draining")
    held.gateway.signal(signal.SIGTERM)
    with pytest.raises(Ended):
        client.read_response()
    assert held.gateway.wait_exit() == 0


def test_connections_that_never_spoke_do_not_hold_the_end_up(rig):
    gateway = rig.proxy(rig.upstream())
    silent = [gateway.client() for _ in range(5)]
    gateway.wait_metric("gatehouse_connections", 5)
    begin = time.monotonic()
    gateway.signal(signal.SIGTERM)
    assert gateway.wait_exit() == 0
    assert time.monotonic() - begin < PATIENCE
    for client in silent:
        client.expect_broken()


def test_drain_under_load_loses_no_request(rig):
    """Every request that got through the door is answered in full; afterwards the door is closed."""
    upstream = rig.upstream()
    gateway = rig.proxy(upstream, workers=2)
    failures, answered = [], [0] * 8
    running = threading.Barrier(9)

    def work(number):
        try:
            with RawClient(gateway.address) as client:
                assert client.get("/first").status == 200
                running.wait(PATIENCE)
                answer = None
                while answer is None or not answer.closes:
                    answer = client.get("/")
                    assert (answer.status, answer.body) == (200, b"upstream\n")
                    answered[number] += 1
        except (Ended, OSError):
            return  # closed while idle: the request was not looked at
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    running.wait(PATIENCE)
    poll(lambda: sum(answered) > 200, "some load")
    gateway.signal(signal.SIGTERM)
    for thread in threads:
        thread.join(PATIENCE)
    assert failures == []
    assert gateway.wait_exit() == 0
    assert len(upstream.requests) == sum(answered) + 8
    assert {line["status"] for line in gateway.access_log()} == {200}


def test_who_is_in_the_queue_of_the_listener_is_still_served(rig):
    """The system has accepted these connections before the end was asked for."""
    gateway = rig.proxy(rig.upstream(), workers=2)
    gateway.signal(signal.SIGSTOP)
    clients = [gateway.client() for _ in range(20)]
    for client in clients:
        client.send(request("GET", "/"))
    gateway.signal(signal.SIGTERM)
    gateway.signal(signal.SIGCONT)
    assert [client.read_response().status for client in clients] == [200] * 20
    assert gateway.wait_exit() == 0


# ---- Start

def test_port_of_another_gateway_is_refused_with_a_message(rig, tmp_path):
    first = rig.proxy(rig.upstream())
    (tmp_path / "second.yaml").write_text(
        f"listeners: [{{address: {first.authority}}}]\nadmin: {{address: 127.0.0.1:0}}\n"
        "apis: [{name: a, routes: [{match: $default, mock: {status: 200}}]}]\n")
    done = run("run", str(tmp_path / "second.yaml"))
    assert done.returncode == 1
    assert f"cannot listen on {first.authority}" in done.stderr
    assert "ddress already in use" in done.stderr
    assert first.get("/").status == 200


def test_admin_port_that_is_taken_is_refused_with_a_message(rig, tmp_path):
    first = rig.proxy(rig.upstream())
    (tmp_path / "second.yaml").write_text(
        "listeners: [{address: 127.0.0.1:0}]\nadmin: {address: %s:%d}\n" % first.admin
        + "apis: [{name: a, routes: [{match: $default, mock: {status: 200}}]}]\n")
    done = run("run", str(tmp_path / "second.yaml"))
    assert done.returncode == 1
    assert "cannot listen on admin address %s:%d" % first.admin in done.stderr


def test_several_listeners_serve_the_same_routes(rig):
    gateway = rig.proxy(rig.upstream(), listeners=[{"address": "127.0.0.1:0"}, {"address": "127.0.0.2:0"}, {"address": "[::1]:0"}])
    assert [host for host, _ in gateway.addresses] == ["127.0.0.1", "127.0.0.2", "::1"]
    for index in range(3):
        assert gateway.client(index).get("/").status == 200
    assert gateway.status()["listeners"] == [f"[{h}]:{p}" if ":" in h else f"{h}:{p}" for h, p in gateway.addresses]


def test_several_workers_share_the_connections(rig):
    gateway = rig.proxy(rig.upstream(), workers=4)
    assert gateway.status()["workers"] == 4
    clients = [gateway.client() for _ in range(64)]
    assert [client.get("/").status for client in clients] == [200] * 64
    assert gateway.metric("gatehouse_connections") == 64
    # Each worker has connections of its own to the backend: with 64 clients no worker is without work.
    assert gateway.metric("gatehouse_upstream_connections_opened_total", backend="fake") == 4


def test_workers_default_to_the_cores(rig):
    gateway = rig.gateway({"workers": "auto", "apis": [{"name": "a", "routes": [{"match": "$default", "mock": {"status": 200}}]}]})
    assert gateway.status()["workers"] == os.cpu_count()


def test_endpoints_are_as_announced(rig):
    gateway = rig.proxy(rig.upstream())
    assert [endpoint(text) for text in gateway.status()["listeners"]] == gateway.addresses
