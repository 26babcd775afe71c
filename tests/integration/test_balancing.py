"""Which of several targets gets a request, and which gets none for a while."""
import collections
import select
import threading

import pytest
from fake_upstream import FakeUpstream, refusing_address
from gateway import free_port
from patience import SLOW, poll
from raw_client import request

QUICK = "150ms" if SLOW else "50ms"


def named(rig, *names, **how):
    """An upstream for each name, which answers with it."""
    return [rig.upstream(lambda _, connection, name=name: connection.answer(name.encode()), **how) for name in names]


def urls(upstreams, *weights):
    return [{"url": one.url, "weight": weight} for one, weight in zip(upstreams, weights or [1] * len(upstreams))]


def ask(gateway, count, **how):
    """Who answered how often."""
    client = gateway.client()
    found = collections.Counter()
    for _ in range(count):
        answer = client.get("/", **how)
        assert answer.status == 200
        found[answer.body.decode()] += 1
    return found


def usable(gateway, upstream):
    return gateway.metric("gatehouse_upstream_target_usable", target=upstream.url)


# ---- Choosing

def test_round_robin_gives_everybody_the_same(rig):
    assert ask(rig.proxy(urls(named(rig, "a", "b", "c"))), 30) == {"a": 10, "b": 10, "c": 10}


def test_round_robin_follows_weights_without_bursts(rig):
    gateway = rig.proxy(urls(named(rig, "a", "b", "c"), 5, 1, 0))
    client = gateway.client()
    order = "".join(client.get("/").body.decode() for _ in range(60))
    assert collections.Counter(order) == {"a": 50, "b": 10}
    assert "bb" not in order


def test_least_requests_avoids_who_is_busy(rig):
    release = threading.Event()

    def slow(_request, connection):
        connection.upstream.pause(release)
        connection.answer(b"slow")

    busy = rig.upstream(slow)
    (quick,) = named(rig, "quick")
    gateway = rig.proxy(urls([busy, quick]), backend={"balance": "least_requests"})
    waiting = gateway.client()
    while not busy.requests:  # the first goes to either
        waiting.send(request("GET", "/"))
        poll(lambda: busy.requests or select.select([waiting.socket], [], [], 0)[0], "an answer or a wait")
        if not busy.requests:
            assert waiting.read_response().body == b"quick"
    assert ask(gateway, 20) == {"quick": 20}
    release.set()
    assert waiting.read_response().body == b"slow"


@pytest.mark.parametrize("by, sent", [("$header.x-user", lambda user: [("X-User", user)]),
                                      ("$cookie.session", lambda user: [("Cookie", f"a=b; session={user}; c=d")])])
def test_hash_keeps_a_user_on_its_target(rig, by, sent):
    upstreams = named(rig, "a", "b", "c", "d")
    gateway = rig.proxy(urls(upstreams), backend={"balance": {"hash": by}})
    homes = {}
    for user in map(str, range(60)):
        found = ask(gateway, 3, fields=sent(user))
        assert len(found) == 1, f"user {user} was sent to {found}"
        homes[user] = next(iter(found))
    assert len(set(homes.values())) == 4


def test_hash_moves_only_the_users_of_a_target_that_is_gone(rig):
    upstreams = named(rig, "a", "b", "c", "d")
    config = {"apis": [{"name": "all", "routes": [{"match": "$default", "backend": "fake"}]}]}

    def backends(chosen):
        return {**config, "backends": {"fake": {"targets": urls(chosen), "balance": {"hash": "$header.x-user"}}}}

    gateway = rig.gateway(backends(upstreams))

    def homes():
        return {user: next(iter(ask(gateway, 1, fields=[("X-User", str(user))]))) for user in range(80)}

    before = homes()
    gateway.reload(backends(upstreams[:3]))
    after = homes()
    assert all(after[user] == home for user, home in before.items() if home != "d")
    assert any(home == "d" for home in before.values())


def test_hash_by_client_address_is_stable(rig):
    gateway = rig.proxy(urls(named(rig, "a", "b", "c", "d")), backend={"balance": {"hash": "$client_ip"}})
    assert len(ask(gateway, 20)) == 1


def test_names_are_resolved(rig):
    upstream = rig.upstream(lambda _, connection: connection.answer(b"found"))
    gateway = rig.proxy([f"http://localhost:{upstream.port}"])
    assert ask(gateway, 3) == {"found": 3}
    assert upstream.last.fields["host"] == f"localhost:{upstream.port}"


def test_ipv6_targets_are_reached(rig):
    upstream = rig.upstream(lambda _, connection: connection.answer(b"six"), host="::1")
    assert ask(rig.proxy(upstream), 3) == {"six": 3}
    assert upstream.last.fields["host"] == f"[::1]:{upstream.port}"


# ---- Active checks

class Checked:
    """Answers its health checks as told."""

    def __init__(self, rig, name):
        self.healthy = True
        self.name = name
        self.upstream = rig.upstream(self.serve)

    def serve(self, request_, connection):
        if request_.target == "/health?full=1":
            return connection.answer(status=200 if self.healthy else 503)
        return connection.answer(self.name.encode())

    def requests(self):
        return [one for one in self.upstream.requests if one.target == "/"]


def test_unhealthy_target_is_left_out_and_comes_back(rig):
    targets = [Checked(rig, "a"), Checked(rig, "b")]
    gateway = rig.proxy(urls([one.upstream for one in targets]), backend={
        "health": {"path": "/health?full=1", "every": QUICK, "timeout": "5s", "unhealthy_after": 2, "healthy_after": 2}})
    assert ask(gateway, 10) == {"a": 5, "b": 5}
    targets[0].healthy = False
    poll(lambda: usable(gateway, targets[0].upstream) == 0, "target a is out")
    assert ask(gateway, 10) == {"b": 10}
    targets[0].healthy = True
    poll(lambda: usable(gateway, targets[0].upstream) == 1, "target a is back")
    assert ask(gateway, 10) == {"a": 5, "b": 5}
    assert gateway.metric("gatehouse_upstream_health_changes_total") == 2
    check = next(one for one in targets[0].upstream.requests if one.target != "/")
    assert (check.method, check.fields["host"]) == ("GET", targets[0].upstream.authority)


def test_no_healthy_target_is_503_and_says_when_to_come_back(rig):
    target = Checked(rig, "a")
    target.healthy = False
    gateway = rig.proxy(target.upstream, backend={
        "health": {"path": "/health?full=1", "every": QUICK, "timeout": "5s", "unhealthy_after": 1}})
    poll(lambda: usable(gateway, target.upstream) == 0, "the target is out")
    answer = gateway.get("/")
    assert (answer.status, answer.json()) == (503, {"message": "Service Unavailable"})
    assert int(answer.fields["retry-after"]) >= 1
    assert gateway.wait_access(reason="upstream_no_healthy_target")["status"] == 503
    assert target.requests() == []


def test_target_that_is_gone_fails_its_checks_and_comes_back(rig):
    first = FakeUpstream(lambda _, connection: connection.answer(b"first"), port=free_port())
    (other,) = named(rig, "other")
    gateway = rig.proxy(urls([first, other]), backend={
        "health": {"path": "/", "every": QUICK, "timeout": "5s", "unhealthy_after": 1, "healthy_after": 1}, "ejection": {"failures": 0}})
    first.stop()
    poll(lambda: usable(gateway, first) == 0, "the target is out")
    assert ask(gateway, 10) == {"other": 10}
    again = rig.upstream(lambda _, connection: connection.answer(b"again"), port=first.port)
    poll(lambda: usable(gateway, again) == 1, "the target is back")
    assert ask(gateway, 10) == {"other": 5, "again": 5}


def test_check_that_takes_too_long_has_failed(rig):
    upstream = rig.upstream(lambda _, connection: connection.stall())
    gateway = rig.proxy(upstream, backend={"health": {"path": "/", "every": QUICK, "timeout": QUICK, "unhealthy_after": 1}})
    poll(lambda: usable(gateway, upstream) == 0, "the target is out")


# ---- Passive ejection

def test_target_that_fails_is_ejected_and_given_another_chance(rig):
    with refusing_address() as sock:
        dead = "http://127.0.0.1:%d" % sock.getsockname()[1]
        (other,) = named(rig, "other")
        gateway = rig.proxy([dead, other.url], backend={
            "ejection": {"failures": 3, "open": "6s" if SLOW else "2s"}, "retries": {"attempts": 0}})
        answers = [gateway.get("/").status for _ in range(20)]
        assert answers.count(502) == 3
        assert answers[-10:] == [200] * 10
        assert gateway.wait_log(r" warn target_ejected .*failures=3")
        poll(lambda: gateway.metric("gatehouse_upstream_target_usable", target=dead) == 1, "the end of the ejection")
        answers = [gateway.get("/").status for _ in range(10)]
        assert answers.count(502) == 1  # one failure ejects again


def test_last_target_is_never_ejected(rig):
    answers = iter([None] * 6)

    def serve(_request, connection):
        connection.reset() if next(answers, "end") is None else connection.answer(b"alive")

    gateway = rig.proxy(rig.upstream(serve), backend={"ejection": {"failures": 2, "open": "60s"}, "retries": {"attempts": 0}})
    assert [gateway.get("/").status for _ in range(8)] == [502] * 6 + [200] * 2


def test_retry_goes_to_another_target(rig):
    broken = rig.upstream(lambda _, connection: connection.reset())
    (other,) = named(rig, "other")
    gateway = rig.proxy(urls([broken, other]), backend={"ejection": {"failures": 0}, "retries": {"attempts": 1, "budget": "100%"}})
    assert ask(gateway, 10) == {"other": 10}
    assert broken.wait_requests(1)
