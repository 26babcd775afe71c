"""How much is taken on at once: concurrency limits of routes, APIs and backends, and the memory budget."""
import threading

import pytest
from patience import PRESET, SANITIZED, poll, wait_for
from raw_client import request

MB = 1 << 20


class Holding:
    """A backend's way to answer: not before the test says so. Knows how many requests it has at once."""

    def __init__(self):
        self.go = threading.Event()
        self.changed = threading.Condition()
        self.now = self.most = 0

    def __call__(self, request, connection):
        with self.changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self.changed.notify_all()
        wait_for(self.go, "the end of the hold")
        with self.changed:
            self.now -= 1
        connection.answer()

    def wait_for(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: self.now == count, 20), f"{self.now} instead of {count}"


@pytest.fixture
def hold():
    holding = Holding()
    yield holding
    holding.go.set()


def ask(gateway, target="/x"):
    client = gateway.client()
    client.send(request("GET", target))
    return client


def expect_too_many(gateway, target="/x", reason="too_many_in_flight"):
    answer = gateway.get(target)
    assert (answer.status, answer.json()) == (503, {"message": "Service Unavailable"})
    assert answer.fields["retry-after"] == "1"
    assert gateway.wait_access(reason=reason)["status"] == 503


def test_requests_beyond_the_bound_of_a_route_are_503(rig, hold):
    upstream = rig.upstream(hold)
    gateway = rig.proxy(upstream, route={"concurrency": 2}, workers=2)
    held = [ask(gateway), ask(gateway)]
    hold.wait_for(2)
    expect_too_many(gateway)
    assert gateway.metric("gatehouse_concurrency_in_flight", scope="everything $default") == 2
    hold.go.set()
    assert [client.read_response().status for client in held] == [200, 200]
    gateway.wait_metric("gatehouse_concurrency_in_flight", 0, scope="everything $default")
    assert gateway.get("/x").status == 200
    assert hold.most == 2


def test_bound_of_an_api_holds_for_its_routes_together(rig, hold):
    upstream = rig.upstream(hold)
    gateway = rig.gateway({"backends": {"fake": {"targets": [upstream.url]}}, "apis": [{"name": "a", "concurrency": 1, "routes": [
        {"match": "GET /x", "backend": "fake"}, {"match": "GET /y", "backend": "fake"},
        {"match": "GET /free", "concurrency": 0, "mock": {"status": 200}}]}]})
    held = ask(gateway)
    hold.wait_for(1)
    expect_too_many(gateway, "/y")
    assert gateway.get("/free").status == 200
    hold.go.set()
    assert held.read_response().status == 200


def test_client_that_leaves_gives_its_permit_back(rig, hold):
    upstream = rig.upstream(hold)
    gateway = rig.proxy(upstream, route={"concurrency": 1})
    held = ask(gateway)
    hold.wait_for(1)
    held.reset()
    gateway.wait_metric("gatehouse_concurrency_in_flight", 0)
    hold.go.set()
    assert gateway.get("/x").status == 200


def test_request_waits_in_line_and_is_served(rig, hold):
    upstream = rig.upstream(hold)
    gateway = rig.proxy(upstream, route={"concurrency": {"max": 1, "queue": 1, "wait": "1h"}}, workers=2)
    first = ask(gateway)
    hold.wait_for(1)
    second = ask(gateway)
    gateway.wait_metric("gatehouse_concurrency_waiting", 1)
    expect_too_many(gateway)
    hold.go.set()
    assert [first.read_response().status, second.read_response().status] == [200, 200]
    assert hold.most == 1


def test_wait_in_line_has_a_deadline(rig, hold):
    upstream = rig.upstream(hold)
    gateway = rig.proxy(upstream, route={"concurrency": {"max": 1, "queue": 1, "wait": "50ms"}})
    ask(gateway)
    hold.wait_for(1)
    expect_too_many(gateway)
    gateway.wait_metric("gatehouse_concurrency_waiting", 0)


def test_bound_of_a_backend_holds_over_workers_and_routes(rig, hold):
    upstream = rig.upstream(hold)
    gateway = rig.gateway({"workers": 4, "backends": {"fake": {"targets": [upstream.url], "concurrency": 3}},
                           "apis": [{"name": "a", "routes": [{"match": "GET /x", "backend": "fake"}, {"match": "GET /y", "backend": "fake"}]}]})
    held = [ask(gateway, "/x" if i % 2 else "/y") for i in range(3)]
    hold.wait_for(3)
    for _ in range(12):  # connections of all workers
        assert gateway.get("/y").status == 503
    expect_too_many(gateway, reason="upstream_too_many_in_flight")
    assert gateway.access_log()[-1]["backend"] == "fake"
    hold.go.set()
    assert [client.read_response().status for client in held] == [200] * 3
    assert (hold.most, len(upstream.requests)) == (3, 3)


def test_bound_is_exact_over_workers_in_a_rush(rig, hold):
    """Nobody beyond the bound, and the bound is used up."""
    upstream = rig.upstream(hold)
    gateway = rig.proxy(upstream, route={"concurrency": 7}, workers=4)
    clients = [gateway.client() for _ in range(60)]
    for client in clients:
        client.send(request("GET", "/x"))
    hold.wait_for(7)
    assert gateway.wait_access(53, reason="too_many_in_flight")
    hold.go.set()
    statuses = [client.read_response().status for client in clients]
    assert (statuses.count(200), statuses.count(503), hold.most) == (7, 53, 7)


# ---- Memory

ROUTES = [{"match": "POST /tables", "dynamodb": {"store": "main"}, "auth": "none"}, {"match": "GET /ping", "mock": {"status": 200}}]
BODY = 16_000_000  # of one request to the store's protocol, which holds it whole


class Upload:
    def __init__(self, gateway):
        self.client = gateway.client()
        self.client.send(request("POST", "/tables", fields=[
            ("Content-Length", str(BODY)), ("X-Amz-Target", "DynamoDB_20120810.ListTables"), ("Content-Type", "application/x-amz-json-1.0")]))

    def send_most(self):
        self.client.send(b" " * (BODY - 1))

    def finish(self):
        self.client.send(b"!")
        return self.client.read_response()


def budget(config, gateway, requests, connections):
    """The configuration with bounds that many bytes above what is in use now."""
    base = int(gateway.metric("gatehouse_memory_used_bytes"))
    limit = base + connections
    return {**config, "memory": {"limit": limit, "refuse_requests": f"{100 * (base + requests) // limit}%", "refuse_connections": "100%"}}


def test_work_is_turned_away_before_memory_runs_out_and_taken_again_after(rig):
    config = {"apis": [{"name": "a", "cors": {"origins": ["*"]}, "limits": {"body": "32MB"}, "routes": ROUTES}], "memory": {"limit": "100GB"}}
    gateway = rig.gateway(config)
    poll(lambda: gateway.metric("gatehouse_memory_used_bytes") > 0, "a first look")
    uploads = [Upload(gateway) for _ in range(10)]
    kept = gateway.client()
    assert kept.exchange("GET", "/ping").status == 200
    gateway.wait_metric("gatehouse_requests_in_flight", len(uploads))
    # AddressSanitizer keeps what a growing body leaves behind.
    gateway.reload(budget(config, gateway, 60 * MB, 190 * MB) if PRESET == "asan" else budget(config, gateway, 40 * MB, 90 * MB))
    assert gateway.metric("gatehouse_overload") == 0

    for upload in uploads[:4]:
        upload.send_most()
    gateway.wait_metric("gatehouse_overload", 1)
    answer = kept.exchange("GET", "/ping", fields=[("Origin", "https://any.test")])
    assert (answer.status, answer.json()) == (503, {"message": "Service Unavailable"})
    assert (answer.fields["retry-after"], answer.fields["access-control-allow-origin"]) == ("1", "*")
    assert gateway.wait_access(reason="overloaded")["route"] == "GET /ping"
    assert gateway.wait_log(r" warn overloaded refused=requests used_bytes=\d+ limit_bytes=\d+")
    assert uploads[0].finish().status == 400  # was in progress: goes on to its end, which is no JSON
    uploads.pop(0)
    assert gateway.ask_admin("/healthz").status == 200

    for upload in uploads[3:]:
        upload.send_most()
    gateway.wait_metric("gatehouse_overload", 2)
    client = gateway.client()
    refused = client.read_response()
    assert (refused.status, refused.fields["retry-after"], refused.closes) == (503, "1", True)
    client.expect_closed()
    assert gateway.wait_log(r" warn overloaded refused=connections")
    assert gateway.ask_admin("/healthz").status == 200

    if SANITIZED:
        return  # their allocators keep what is freed
    for upload in uploads:
        upload.client.close()
    gateway.wait_metric("gatehouse_overload", 0)
    assert gateway.get("/ping").status == 200
    assert gateway.wait_log(r" info overload_over refused=nothing")


def test_what_large_bodies_took_is_given_back(rig):
    """Also what lies at the end of a worker's arena: else one that had large bodies once would refuse requests for ever."""
    gateway = rig.gateway({"workers": 1, "apis": [{"name": "a", "limits": {"body": "32MB"}, "routes": ROUTES}], "memory": {"limit": "100GB"}})
    poll(lambda: gateway.metric("gatehouse_memory_used_bytes") > 0, "a first look")
    before = gateway.metric("gatehouse_memory_used_bytes")
    kept = 128 * MB if SANITIZED else 8 * MB
    for _ in range(5):
        upload = Upload(gateway)
        upload.send_most()
        poll(lambda: gateway.metric("gatehouse_memory_used_bytes") > before + 14 * MB, "a body in memory")
        assert upload.finish().status == 400
        upload.client.close()
        poll(lambda: gateway.metric("gatehouse_memory_used_bytes") < before + kept, "less memory")


def test_memory_none_watches_nothing(rig):
    gateway = rig.gateway({"apis": [{"name": "a", "routes": [ROUTES[1]]}], "memory": {"limit": "none"}})
    assert gateway.get("/ping").status == 200
    assert gateway.metric("gatehouse_memory_limit_bytes") == 0
