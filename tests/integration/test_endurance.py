"""Many small misfortunes at once, and resources that run out: the gateway goes on, and nothing is left behind."""
import random
import threading

import pytest
from patience import PATIENCE, SLOW, poll
from raw_client import RawClient, chunked, request
from wire import Ended, Malformed

ROUNDS = 160 if SLOW else 800
CLIENTS = 8


class Fickle:
    """A backend that does one of many things, most of them wrong."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lock = threading.Lock()

    def choose(self, options):
        with self.lock:
            return self.random.choice(options)

    def serve(self, request_, connection):
        if request_.target == "/sound":
            return connection.answer(b"sound")
        kinds = (self.plain, self.chunks, self.large, self.cut, self.reset, self.garbage, self.surplus, self.hint, self.close,
                 self.nothing)
        return self.choose(kinds)(connection)

    def plain(self, c):
        c.answer(b"plain")

    def chunks(self, c):
        body = chunked(b"x", b"x" * 100, b"x" * 5000, trailers=[("X-T", "1")])
        c.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)

    def large(self, c):
        c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n" + b"x" * 400_000)

    def cut(self, c):
        c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * self.choose((0, 1, 50_000, 99_999)))
        c.close()

    def reset(self, c):
        c.send(self.choose((b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\n\r\nabc")))
        c.reset()

    def garbage(self, c):
        c.send(bytes(self.random.randrange(256) for _ in range(200)))

    def surplus(self, c):
        c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned")

    def hint(self, c):
        c.send(b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n")
        c.answer(b"hinted")

    def close(self, c):
        c.answer(b"bye", fields=[("Connection", "close")])
        c.close()

    def nothing(self, c):
        c.close()


def behave_badly(address, dice, rounds):
    """A client that does one of many things on each connection; what it gets is never somebody else's answer."""
    for _ in range(rounds):
        with RawClient(address) as client:
            try:
                misbehave(client, dice)
            except (Ended, ConnectionError):
                pass


def misbehave(client, dice):
    kind = dice.randrange(8)
    body = b"b" * dice.choice((0, 1, 5000, 100_000))
    if kind == 0:  # leaves after a part of a head
        wire = request("POST", "/x", body=body)
        client.send(wire[:dice.randrange(len(wire))])
        return client.reset() if dice.random() < 0.5 else client.close()
    if kind == 1:  # leaves while it waits
        client.send(request("PUT", "/x", body=body))
        return client.reset()
    if kind == 2:  # leaves within the answer
        client.send(request("GET", "/x"))
        client.wire.fill()
        return client.reset()
    if kind == 3:  # pipelines, some of it broken
        client.send(request("GET", "/sound") * 5 + dice.choice((b"", b"broken\r\n\r\n")) + request("GET", "/x"))
        for _ in range(5):
            answer = client.read_response()
            assert (answer.status, answer.body) in ((200, b"sound"), (502, b'{"message":"Bad Gateway"}'))
        return None
    if kind == 4:  # a chunked upload that breaks
        client.send(request("POST", "/x", fields=[("Transfer-Encoding", "chunked")]) + chunked(body)[:dice.randrange(1, len(body) + 10)])
        return client.reset()
    for _ in range(dice.randrange(1, 6)):
        answer = client.exchange(dice.choice(("GET", "PUT", "POST", "DELETE")), "/x", body=body)
        assert b"poisoned" not in answer.body
        assert answer.status in (200, 400, 502, 503, 504), answer
    return None


@pytest.mark.parametrize("seed", [1, 2])
def test_misbehaviour_on_both_sides_leaves_nothing_behind(rig, seed):
    upstream = rig.upstream(Fickle(seed).serve)
    gateway = rig.proxy(upstream, workers=2, backend={"timeouts": {"first_byte": "20s"}, "ejection": {"failures": 0}})
    before = gateway.descriptors()
    failures = []

    def work(number):
        try:
            behave_badly(gateway.address, random.Random(seed * 100 + number), ROUNDS // CLIENTS)
        except (Exception, AssertionError) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a client waits for ever"
    assert failures == []
    gateway.wait_metric("gatehouse_requests_in_flight", 0)
    gateway.wait_metric("gatehouse_connections", 0)
    gateway.wait_metric("gatehouse_upstream_requests_in_flight", 0)
    answer = gateway.get("/sound")
    assert (answer.status, answer.body) == (200, b"sound")
    upstream.drop_connections()
    poll(lambda: gateway.descriptors() <= before + 2, "the end of all connections")
    upstream.errors[:] = [error for error in upstream.errors if not isinstance(error, Malformed)]


def test_reloads_in_the_midst_of_it_all(rig):
    upstream = rig.upstream(Fickle(3).serve)

    def config(version):
        return {"backends": {f"b{version % 2}": {"targets": [upstream.url], "ejection": {"failures": 0}}}, "workers": 2,
                "apis": [{"name": "a", "routes": [{"match": "$default", "backend": f"b{version % 2}"}]}]}

    gateway = rig.gateway(config(0))
    failures = []

    def work(number):
        try:
            behave_badly(gateway.address, random.Random(number), ROUNDS // CLIENTS)
        except (Exception, AssertionError) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    version = 0
    while any(thread.is_alive() for thread in threads) and version < 200:
        version += 1
        gateway.reload(config(version))
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert failures == []
    assert version > 2
    gateway.wait_metric("gatehouse_requests_in_flight", 0)
    assert gateway.get("/sound").body == b"sound"


def test_running_out_of_descriptors_is_survived(rig):
    upstream = rig.upstream()
    gateway = rig.gateway({"backends": {"fake": {"targets": [upstream.url]}},
                           "apis": [{"name": "a", "routes": [{"match": "$default", "backend": "fake"}]}]},
                          wrapper=["prlimit", "--nofile=96:96"])
    first = gateway.client()
    assert first.get("/").status == 200
    crowd = [RawClient(gateway.address) for _ in range(150)]
    gateway.wait_log(r" warn accept_backs_off ")
    assert first.get("/").status == 200  # its connections are there already
    for client in crowd:
        client.close()
    poll(lambda: gateway.metric("gatehouse_connections") == 1, "the end of the crowd")
    assert [gateway.get("/").status for _ in range(5)] == [200] * 5


def test_pipeliner_that_never_reads_is_stopped(rig):
    """Its answers wait for it; its requests wait for its answers."""
    gateway = rig.gateway({"apis": [{"name": "a", "routes": [{"match": "$default", "mock": {"body": "y" * 4000}}]}]})
    before = gateway.peak_memory()
    client = gateway.client(receive_buffer=4096)
    batch = request("GET", "/") * 1000
    sent = 0
    with pytest.raises(TimeoutError):
        while sent < 512 * 1024 * 1024:
            client.wire.send(batch, 1.0)
            sent += len(batch)
    assert sent < 64 * 1024 * 1024
    gateway.expect_little_growth(before, 32 * 1024 * 1024)
    assert gateway.get("/").status == 200


def test_many_connections_come_and_go(rig):
    gateway = rig.proxy(rig.upstream(), workers=2)
    for _ in range(5 if SLOW else 20):
        clients = [RawClient(gateway.address) for _ in range(100)]
        for client in clients:
            client.send(request("GET", "/"))
        for client in clients:
            assert client.read_response().status == 200
            client.close()
    gateway.wait_metric("gatehouse_connections", 0)
    assert gateway.metric("gatehouse_access_log_dropped_total") == 0
