"""Quotas of a fleet: three gateways with stores of their own and a real Redis."""
import threading
import time

import pytest
from dynamo_client import ACCESS_KEY, SECRET_KEY
from patience import poll
from redis_server import RedisServer
from store_gateway import StoreGateway
from test_usage_plans import LIMIT_EXCEEDED, again, ask, config, far_from_midnight, forget, kill, statuses  # noqa: F401

GATEWAYS = 3
REPORTS = "gatehouse_quota_fleet_reports_total"
CONNECTED = "gatehouse_quota_fleet_connected"
UNAVAILABLE = {"message": "Service Unavailable", "reason": "throttle_unavailable",
               "detail": "what the key has used in the fleet is not known: Redis is away"}
pytestmark = pytest.mark.usefixtures("far_from_midnight")


@pytest.fixture
def redis(rig):
    return rig.keep(RedisServer(rig.folder / "redis"))


def shared(redis, quota, **more):
    return {**config(free={"quota": quota}), "shared": {"redis": f"redis://127.0.0.1:{redis.port}", "every": "5ms", "timeout": "5s", **more}}


def fleet(rig, redis, quota, **more):
    gateways = [rig.gateway(shared(redis, quota, **more)) for _ in range(GATEWAYS)]
    wait_connected(*gateways)
    return gateways


def wait_connected(*gateways, state=1):
    for gateway in gateways:
        gateway.wait_metric(CONNECTED, state)


def settled(gateway):
    """Asks; returns the status when the fleet was told."""
    before = gateway.metric(REPORTS)
    status = ask(gateway, "free").status
    if status == 200:
        poll(lambda: gateway.metric(REPORTS) > before, "a report", every=0.005)
    return status


def in_turn(gateways, requests):
    """How many pass when each is told before the next comes, every time to another gateway."""
    found = [settled(gateways[i % len(gateways)]) for i in range(requests)]
    assert set(found) <= {200, 429}
    return found.count(200)


def test_fleet_admits_the_quota_and_at_most_one_more_for_each_further_gateway(rig, redis):
    gateways = fleet(rig, redis, "12/day")
    assert 12 <= in_turn(gateways, 21) <= 12 + GATEWAYS - 1
    for gateway in gateways:
        refused = ask(gateway, "free")
        assert (refused.status, refused.json()) == (429, LIMIT_EXCEEDED)
        assert (refused.fields["ratelimit-limit"], refused.fields["ratelimit-remaining"]) == ("12", "0")
    names = redis.cli("keys", "*").split()
    assert len(names) == 1 and names[0].startswith("gatehouse:quota:free:day:20")
    assert 86_400_000 < int(redis.cli("pttl", names[0])) <= 2 * 86_400_000  # a day beyond the period
    numbers = redis.cli("hvals", names[0]).split()
    assert len(numbers) == GATEWAYS and 12 <= sum(map(int, numbers)) <= 12 + GATEWAYS - 1


def test_rush_ends_when_the_others_are_heard(rig, redis, record_property):
    """How long that takes is up to the machine here; tests/unit/plans/fleet_usage_test.cpp has the bound in simulated time."""
    limit = 600
    gateways = fleet(rig, redis, f"{limit}/day")
    start = threading.Barrier(GATEWAYS)
    passed = [[] for _ in gateways]

    def run(i):
        client = gateways[i].client()
        start.wait()
        for _ in range(800):
            if client.get("/x", fields=[("X-Api-Key", "key of free")]).status == 200:
                passed[i].append(time.monotonic())

    threads = [threading.Thread(target=run, args=(i,)) for i in range(GATEWAYS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    admitted = sum(map(len, passed))
    used_up = sorted(at for times in passed for at in times)[limit - 1]
    late = max(times[-1] for times in passed) - used_up
    record_property("beyond", admitted - limit)
    record_property("seconds", late)
    assert limit <= admitted < 2 * limit, (admitted, late)  # each alone: three times the limit
    assert [ask(gateway, "free").status for gateway in gateways] == [429] * GATEWAYS


def test_killed_gateway_knows_again_what_itself_and_the_others_used(rig, redis):
    gateways = fleet(rig, redis, "20/day")
    assert in_turn(gateways, 12) == 12
    kill(gateways[0])
    forget(rig, gateways[0])
    assert [settled(gateway) for gateway in gateways[1:]] == [200, 200]
    gateways[0] = again(rig, gateways[0])
    wait_connected(gateways[0])
    first = ask(gateways[0], "free")
    assert first.fields["ratelimit-remaining"] == "5"  # 14 were used, and this one; nothing twice, nothing forgotten
    assert 5 <= in_turn(gateways, 12) <= 5 + GATEWAYS - 1


def test_redis_that_comes_back_empty_is_told_again(rig, redis):
    gateways = fleet(rig, redis, "20/day")
    assert in_turn(gateways, 9) == 9
    redis.kill()
    wait_connected(*gateways, state=0)
    assert statuses(gateways[0], "free", 3) == [200] * 3  # alone, with what it knows
    redis.start()
    wait_connected(*gateways)
    assert 8 <= in_turn(gateways, 15) <= 8 + GATEWAYS - 1
    assert [ask(gateway, "free").status for gateway in gateways] == [429] * GATEWAYS


@pytest.mark.parametrize("on_failure", ["local", "open"])
def test_without_redis_each_gateway_counts_alone(rig, on_failure):
    redis = rig.keep(RedisServer(rig.folder / "redis", start=False))
    gateways = [rig.gateway(shared(redis, "3/day", on_failure=on_failure)) for _ in range(2)]
    assert [statuses(gateway, "free", 4) for gateway in gateways] == [[200, 200, 200, 429]] * 2
    assert gateways[0].wait_log(r" warn quota_fleet_unavailable redis=127.0.0.1 reason=redis_unreachable")
    redis.start()
    wait_connected(*gateways)
    assert [ask(gateway, "free").status for gateway in gateways] == [429] * 2


def test_closed_fleet_admits_nothing_that_has_a_quota_while_redis_is_away(rig, redis):
    gateways = fleet(rig, redis, "9/day", on_failure="closed")
    assert in_turn(gateways, 3) == 3
    redis.kill()
    wait_connected(*gateways, state=0)
    for gateway in gateways:
        refused = ask(gateway, "free")
        assert (refused.status, refused.json()) == (503, UNAVAILABLE)
        assert (refused.fields["retry-after"], refused.fields["content-type"]) == ("1", "application/json")
        assert ask(gateway, "none").status == 200  # nobody measures it
        assert gateway.wait_access(reason="throttle_unavailable")["key"] == "free"
    redis.start()
    wait_connected(*gateways)
    assert 6 <= in_turn(gateways, 12) <= 6 + GATEWAYS - 1  # what was refused was not counted


def test_store_that_gateways_have_in_common_is_the_only_one_that_adds_up(rig, redis, tmp_path):
    store = rig.keep(StoreGateway(tmp_path / "store", {"engine": "memory"}))
    common = {"engine": "remote", "endpoints": [store.url], "access_key": ACCESS_KEY, "secret_key": "${TEST_SECRET_KEY:-" + SECRET_KEY + "}"}
    gateways = [rig.gateway({**shared(redis, "10/day"), "stores": {"main": common}}) for _ in range(2)]
    for gateway in gateways:
        assert statuses(gateway, "free", 2) == [200] * 2
        assert gateway.ask_admin("/usage").status == 200  # writes what is unwritten
        assert CONNECTED not in {name for name, _, _ in gateway.metrics()}
    assert ask(gateways[1], "free").fields["ratelimit-remaining"] == "5"
    assert gateways[1].ask_admin("/usage").json()["usage"][0]["requests"] == 5
    assert redis.cli("keys", "gatehouse:quota:*") == ""


def test_reload_begins_and_ends_counting_together(rig, redis):
    alone = config(free={"quota": "9/day"})
    gateways = [rig.gateway(alone) for _ in range(2)]
    assert [statuses(gateway, "free", 3) for gateway in gateways] == [[200] * 3] * 2
    for gateway in gateways:
        gateway.reload(shared(redis, "9/day"))
        wait_connected(gateway)
    assert in_turn(gateways, 6) in (3, 4)
    gateways[0].reload(alone)
    poll(lambda: CONNECTED not in {name for name, _, _ in gateways[0].metrics()}, "the end of counting together")
    assert ask(gateways[0], "free").status == 429
