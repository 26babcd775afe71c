"""Usage plans: rates and quotas of API keys, over restarts, crashes and many connections."""
import datetime
import json
import threading
import time

import pytest
from gateway import Gateway
from patience import poll
from wire import Ended

LIMIT_EXCEEDED = {"message": "Limit Exceeded", "reason": "quota_exceeded", "detail": "the quota of the plan free is used up"}


def config(**plans):
    """One key for each plan, named after it, whose value is its name; `none` has no plan."""
    keys = [{"id": name, "key": f"key of {name}", "plan": name} for name in plans]
    return {
        "stores": {"main": {"engine": "embedded", "path": "./data"}},
        "usage_plans": plans,
        "authorizers": {"partners": {"api_key": {"keys": [*keys, {"id": "none", "key": "key of none"}]}}},
        "apis": [{"name": "a", "auth": ["partners"], "routes": [
            {"match": "GET /x", "mock": {"status": 200}},
            {"match": "GET /open", "mock": {"status": 200}, "auth": "none"},
            {"match": "GET /default", "mock": {"status": 200}, "throttle": [{"per": "api_key", "plan": next(iter(plans))}]}]}]}


def ask(gateway, key, target="/x"):
    return gateway.get(target, fields=[("X-Api-Key", f"key of {key}")])


def statuses(gateway, key, count, target="/x"):
    return [ask(gateway, key, target).status for _ in range(count)]


def seconds_to_midnight():
    now = datetime.datetime.now(datetime.timezone.utc)
    return 86400 - (now.hour * 3600 + now.minute * 60 + now.second)


@pytest.fixture
def far_from_midnight():
    """Days are counted in UTC: a test that spans midnight would see two."""
    if seconds_to_midnight() < 120:
        poll(lambda: seconds_to_midnight() > 120, "the next day", patience=180, every=1)


def kill(gateway):
    gateway.process.kill()
    gateway.wait_exit()
    for client in gateway.clients:
        client.close()


def again(rig, gateway, **how):
    """Another gateway in the same folder, after the first one has ended."""
    next_one = Gateway(gateway.folder, json.loads(gateway.file.read_text()), **how)
    rig.gateways.append(next_one)
    return next_one


def forget(rig, gateway):
    rig.gateways.remove(gateway)


def test_quota_is_exact_and_says_when_it_ends(rig, far_from_midnight):
    gateway = rig.gateway(config(free={"quota": "3/day"}))
    answers = [ask(gateway, "free") for _ in range(5)]
    assert [answer.status for answer in answers] == [200] * 3 + [429] * 2
    assert [answer.fields["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]
    refused = answers[-1]
    assert refused.json() == LIMIT_EXCEEDED
    assert refused.fields["content-type"] == "application/json"
    assert refused.fields["ratelimit-limit"] == "3"
    assert abs(int(refused.fields["retry-after"]) - seconds_to_midnight()) < 60
    assert refused.fields["ratelimit-reset"] == refused.fields["retry-after"]
    line = gateway.wait_access(2, reason="quota_exceeded")[0]
    assert (line["status"], line["key"]) == (429, "free")
    assert gateway.metric("gatehouse_quota_requests_total", plan="free") == 3
    assert gateway.metric("gatehouse_quota_exceeded_total", plan="free") == 2
    assert "key of" not in gateway.log.text() + gateway.output.text()


def test_rate_of_a_plan_is_429_throttled_and_costs_no_quota(rig, far_from_midnight):
    gateway = rig.gateway(config(slow={"rate": "1/hour", "burst": 2, "quota": "3/month"}))
    assert statuses(gateway, "slow", 2) == [200, 200]
    refused = ask(gateway, "slow")
    assert (refused.status, refused.json()) == (429, {"message": "Too Many Requests"})
    assert 0 < int(refused.fields["retry-after"]) <= 3600
    assert gateway.wait_access(reason="throttled")
    assert gateway.metric("gatehouse_quota_requests_total", plan="slow") == 2


def test_own_plan_wins_over_that_of_the_route(rig, far_from_midnight):
    gateway = rig.gateway(config(free={"quota": "2/day"}, more={"quota": "4/week"}))
    assert statuses(gateway, "more", 6, "/default") == [200] * 4 + [429] * 2
    assert statuses(gateway, "none", 3, "/default") == [200, 200, 429]
    assert statuses(gateway, "none", 5) == [200] * 5  # nobody says that it needs one here
    assert gateway.get("/open").status == 200


def test_quota_survives_an_orderly_restart(rig, far_from_midnight):
    gateway = rig.gateway(config(free={"quota": "10/day"}, monthly={"quota": {"limit": 4, "per": "month", "offset": 14}}))
    assert statuses(gateway, "free", 7) == [200] * 7
    assert statuses(gateway, "monthly", 3) == [200] * 3
    gateway.stop()
    second = again(rig, gateway)
    assert statuses(second, "free", 5) == [200] * 3 + [429] * 2
    assert statuses(second, "monthly", 3) == [200, 429, 429]


def test_kill_loses_nothing_that_was_written(rig, far_from_midnight):
    gateway = rig.gateway(config(free={"quota": "10/day"}))
    assert statuses(gateway, "free", 6) == [200] * 6
    gateway.wait_metric("gatehouse_quota_writes_total", 1)
    kill(gateway)
    forget(rig, gateway)
    assert statuses(again(rig, gateway), "free", 6) == [200] * 4 + [429] * 2


def test_kill_under_load_loses_at_most_a_second(rig, far_from_midnight):
    """A thread asks without a pause and notes when each answer came; what came more than a second before the end must be there again."""
    gateway = rig.gateway(config(free={"quota": "1000000/day"}))
    times = []

    def run():
        client = gateway.client()
        try:
            while True:
                assert client.get("/x", fields=[("X-Api-Key", "key of free")]).status == 200
                times.append(time.monotonic())
        except (OSError, Ended):
            pass

    thread = threading.Thread(target=run)
    thread.start()
    poll(lambda: gateway.metric("gatehouse_quota_writes_total") >= 2, "two writes")
    killed = time.monotonic()
    kill(gateway)
    thread.join()
    forget(rig, gateway)
    answered = len(times)
    older = sum(at < killed - 1.0 for at in times)
    left = 1000000 - int(ask(again(rig, gateway), "free").fields["ratelimit-remaining"]) - 1
    assert older <= left <= answered + 1, (older, left, answered)


def test_connections_at_once_never_get_more_than_the_quota(rig, far_from_midnight):
    gateway = rig.gateway({**config(free={"quota": "500/day"}), "workers": 4})
    passed = []

    def run():
        client = gateway.client()
        passed.append(sum(client.get("/x", fields=[("X-Api-Key", "key of free")]).status == 200 for _ in range(120)))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 8
    assert sum(passed) == 500


def test_reload_goes_on_counting_and_takes_new_bounds(rig, far_from_midnight):
    gateway = rig.gateway(config(free={"quota": "10/day"}))
    assert statuses(gateway, "free", 4) == [200] * 4
    gateway.reload(config(free={"quota": "5/day"}))
    assert statuses(gateway, "free", 3) == [200, 429, 429]
    gateway.reload(config(free={"quota": "6/month"}))  # today's count in the month, too
    assert statuses(gateway, "free", 3) == [200, 429, 429]


def test_preflights_and_strangers_cost_nothing(rig, far_from_midnight):
    whole = config(free={"quota": "1/day"})
    whole["apis"][0]["cors"] = {"origins": ["https://shop.test"]}
    gateway = rig.gateway(whole)
    preflight = [("Origin", "https://shop.test"), ("Access-Control-Request-Method", "GET")]
    assert gateway.exchange("OPTIONS", "/x", fields=preflight).status == 204
    assert ask(gateway, "stranger").status == 403
    assert ask(gateway, "free").status == 200
    assert gateway.metric("gatehouse_quota_requests_total", plan="free") == 1


def test_quotas_over_a_memory_store_hold_within_a_process(rig, far_from_midnight):
    gateway = rig.gateway({**config(free={"quota": "2/day"}), "stores": {"main": {"engine": "memory"}}})
    assert statuses(gateway, "free", 3) == [200, 200, 429]
