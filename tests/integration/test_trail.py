"""The decision trail: told to those with a token of the admin listener, and to nobody else."""
import json

import pytest
from patience import poll


@pytest.fixture(scope="module")
def front(shared_rig):
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}},
        "authorizers": {"partners": {"api_key": {"keys": [{"id": "one", "key": "${TEST_KEY:-right}"}]}}},
        "apis": [{"name": "shop", "routes": [
            {"match": "GET /orders/{id}", "backend": "fake", "auth": ["partners"], "throttle": [{"rate": "1000/s"}]},
            {"match": "GET /ping", "mock": {"body": "pong"}}]}]})
    gateway.upstream = upstream
    issued = gateway.ask_admin("/trace-tokens?lifetime=3600", "POST")
    assert issued.status == 201
    gateway.token = issued.json()["token"]
    assert issued.json() == {"header": "X-Gatehouse-Trace", "token": gateway.token, "lifetime_seconds": 3600}
    return gateway


def trail_of(answer):
    return json.loads(answer.fields["x-gatehouse-trail"])


def test_a_proxied_request_tells_its_way(front):
    answer = front.get("/orders/7", fields=[("X-Gatehouse-Trace", front.token), ("x-api-key", "right")])
    assert trail_of(answer) == {
        "config": 1, "api": "shop", "stage": "$default", "route": "GET /orders/{id}",
        "steps": [["access_log", "pass"], ["metrics", "pass"], ["overload", "pass"], ["authenticate", "pass"], ["throttle", "pass"]],
        "reason": "ok", "auth": "api_key", "key": "one", "integration": "http_proxy", "backend": "fake", "target": front.upstream.url, "tries": 1,
        "status": 200}
    assert "x-gatehouse-trace" not in front.upstream.last.fields


def test_a_refusal_tells_who_decided(front):
    answer = front.get("/orders/7", fields=[("X-Gatehouse-Trace", front.token), ("x-api-key", "wrong"), ("X-Request-Id", "trail-1")])
    trail = trail_of(answer)
    assert (trail["decided_by"], trail["status"]) == ("authenticate", answer.status)
    assert trail["steps"][-1] == ["authenticate", trail["reason"]]
    assert trail["reason"] == front.wait_access(request_id="trail-1")["reason"]
    assert front.wait_log(r" info decision trail .*request_id=trail-1 .*detail=")
    assert front.token not in front.log.text()
    assert "wrong" not in front.log.text()


def test_what_no_route_matches_tells_too(front):
    answer = front.get("/nothing", fields=[("X-Gatehouse-Trace", front.token)])
    trail = trail_of(answer)
    assert (trail["reason"], trail["status"]) == ("route_not_found", 404)


@pytest.mark.parametrize("token", ["", "1", "true", "0.0", "ffffffffffffffff." + "0" * 64])
def test_without_a_good_token_nothing_is_told_and_the_header_is_gone(front, token):
    answer = front.get("/orders/7", fields=[("X-Gatehouse-Trace", token), ("x-api-key", "right")])
    assert answer.status == 200
    assert "x-gatehouse-trail" not in answer.fields
    assert "x-gatehouse-trace" not in front.upstream.last.fields


def test_another_gateways_token_is_worth_nothing(front, rig):
    other = rig.proxy(front.upstream)
    assert "x-gatehouse-trail" not in other.get("/x", fields=[("X-Gatehouse-Trace", front.token)]).fields


def test_tokens_are_for_operators(front):
    assert front.ask_admin("/trace-tokens").status == 405
    assert front.ask_admin("/trace-tokens", "POST", fields=[("Origin", "https://evil.test")]).status == 403
    assert front.ask_admin("/trace-tokens?lifetime=99999999", "POST").status == 400
    assert front.get("/trace-tokens").status == 404


def test_a_token_ends(front):
    token = front.ask_admin("/trace-tokens?lifetime=1", "POST").json()["token"]
    fields = [("X-Gatehouse-Trace", token)]
    poll(lambda: "x-gatehouse-trail" not in front.get("/ping", fields=fields).fields, "the end of a token", every=0.1)
