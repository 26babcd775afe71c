"""Who is let through: CORS, API keys, throttles."""
import json

import pytest
from patience import poll

SHOP = "https://shop.test"
PREFLIGHT = [("Origin", SHOP), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "authorization")]


# ---- CORS

@pytest.fixture(scope="module")
def cors(shared_rig):
    upstream = shared_rig.upstream(lambda _, connection: connection.answer(
        fields=[("Access-Control-Allow-Origin", "https://backend.test"), ("Access-Control-Allow-Credentials", "no"), ("Vary", "Accept")]))
    gateway = shared_rig.proxy(upstream, route={
        "match": "PUT /items/{id}", "auth": ["partners"],
        "cors": {"origins": [SHOP, "https://*.shop.test"], "methods": ["GET", "PUT"], "headers": ["authorization"],
                 "expose": ["x-request-id"], "credentials": True, "max_age": "10m"}},
        authorizers={"partners": {"api_key": {"keys": [{"id": "one", "key": "${TEST_KEY:-right}"}]}}})
    gateway.upstream = upstream
    return gateway


def test_preflight_is_answered_before_authentication_and_by_the_gateway(cors):
    client = cors.client()
    answer = client.exchange("OPTIONS", "/items/7", fields=PREFLIGHT)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.fields["access-control-allow-origin"] == SHOP
    assert answer.fields["access-control-allow-methods"] == "GET, PUT"
    assert answer.fields["access-control-allow-headers"] == "authorization"
    assert answer.fields["access-control-allow-credentials"] == "true"
    assert answer.fields["access-control-max-age"] == "600"
    assert "Origin" in answer.fields["vary"]
    assert cors.upstream.requests == []
    assert client.exchange("OPTIONS", "/items/7", fields=PREFLIGHT).status == 204  # kept


def test_preflight_from_elsewhere_is_refused(cors):
    for origin in ("https://evil.test", "http://shop.test", "https://shop.test.evil.test", "null", "https://evilshop.test"):
        answer = cors.exchange("OPTIONS", "/items/7", fields=[("Origin", origin), *PREFLIGHT[1:]])
        assert answer.status == 403
        assert "access-control-allow-origin" not in answer.fields
    assert cors.wait_access(5, reason="cors_origin_refused")


def test_subdomains_match_the_wildcard(cors):
    answer = cors.exchange("OPTIONS", "/items/7", fields=[("Origin", "https://eu.shop.test"), *PREFLIGHT[1:]])
    assert answer.fields["access-control-allow-origin"] == "https://eu.shop.test"


def test_refusals_carry_cors_fields_too(cors):
    answer = cors.exchange("PUT", "/items/7", body=b"", fields=[("Origin", SHOP)])
    assert (answer.status, answer.fields["access-control-allow-origin"]) == (401, SHOP)
    assert answer.fields["access-control-expose-headers"] == "x-request-id"


def test_cors_fields_of_the_backend_are_replaced(cors):
    answer = cors.exchange("PUT", "/items/7", body=b"", fields=[("Origin", SHOP), ("X-Api-Key", "right")])
    assert answer.status == 200
    assert answer.fields.all("access-control-allow-origin") == [SHOP]
    assert answer.fields.all("access-control-allow-credentials") == ["true"]
    assert sorted(", ".join(answer.fields.all("vary")).split(", ")) == ["Accept", "Origin"]


def test_page_from_elsewhere_gets_no_cors_fields(cors):
    answer = cors.exchange("PUT", "/items/7", body=b"", fields=[("Origin", "https://evil.test"), ("X-Api-Key", "right")])
    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.fields


def test_cors_of_an_api_covers_its_not_found(rig):
    gateway = rig.gateway({"apis": [{"name": "a", "cors": {"origins": ["*"]}, "routes": [{"match": "GET /x", "mock": {"status": 200}}]}]})
    for target, status in (("/x", 200), ("/nowhere", 404)):
        answer = gateway.get(target, fields=[("Origin", "https://any.test")])
        assert (answer.status, answer.fields["access-control-allow-origin"]) == (status, "*")


# ---- API keys

KEYS = {"authorizers": {
    "partners": {"api_key": {"header": "x-api-key", "query": "key", "keys": [
        {"id": "one", "key": "${KEY_ONE}"},
        {"id": "two", "sha256": "c37ee9c4df69d2e96c5e9b94c75d7cabc583e7ef6dc65a6c01ca3a8d3f8b7705"}]}},
    "machines": {"api_key": {"header": "authorization", "keys": [{"id": "robot", "key": "Token abc"}]}}}}


@pytest.fixture(scope="module")
def keyed(shared_rig):
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({
        **KEYS, "backends": {"fake": {"targets": [upstream.url]}},
        "apis": [{"name": "a", "auth": ["partners"], "routes": [
            {"match": "GET /closed", "backend": "fake"},
            {"match": "GET /both", "backend": "fake", "auth": ["partners", "machines"]},
            {"match": "GET /open", "backend": "fake", "auth": "none"}]}]}, environment={"KEY_ONE": "first secret"})
    gateway.upstream = upstream
    return gateway


def test_missing_key_is_401(keyed):
    before = len(keyed.upstream.requests)
    answer = keyed.get("/closed")
    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})
    assert "x-api-key" in answer.fields["www-authenticate"]
    assert keyed.wait_access(reason="api_key_missing")["status"] == 401
    assert len(keyed.upstream.requests) == before


@pytest.mark.parametrize("key", ["", "wrong", "first secre", "first secret ", "FIRST SECRET", "x" * 5000, "two"])
def test_wrong_key_is_403(keyed, key):
    before = len(keyed.upstream.requests)
    answer = keyed.get("/closed?x", fields=[("X-Api-Key", key.strip() + "!" if key.endswith(" ") else key)])
    assert (answer.status, answer.json()) == (403, {"message": "Forbidden"})
    assert len(keyed.upstream.requests) == before


@pytest.mark.parametrize("key, identity", [("first secret", "one"), ("key two", "two")])
def test_right_key_passes_and_is_not_forwarded(keyed, key, identity):
    answer = keyed.get("/closed", fields=[("X-API-Key", key)])
    assert answer.status == 200
    assert "x-api-key" not in keyed.upstream.last.fields
    assert keyed.wait_access(request_id=answer.fields["x-request-id"])["key"] == identity


def test_key_in_the_query_passes_and_is_neither_logged_nor_forwarded(keyed):
    answer = keyed.get("/closed?key=first+secret&a=b")
    assert answer.status == 200
    line = keyed.wait_access(request_id=answer.fields["x-request-id"])
    assert (line["path"], line["key"]) == ("/closed", "one")
    assert "secret" not in keyed.output.text() and "secret" not in keyed.log.text()
    assert keyed.upstream.last.target == "/closed?a=b"
    assert keyed.get("/closed?key=first+secret").status == 200
    assert keyed.upstream.last.target == "/closed"


def test_any_of_several_authorizers_may_accept(keyed):
    assert keyed.get("/both", fields=[("Authorization", "Token abc")]).status == 200
    assert "authorization" not in keyed.upstream.last.fields
    assert keyed.get("/both", fields=[("X-Api-Key", "key two")]).status == 200
    assert keyed.get("/both", fields=[("Authorization", "Token abd")]).status == 403


def test_route_without_authentication_stays_open(keyed):
    assert keyed.get("/open").status == 200


def test_what_does_not_exist_needs_no_key(keyed):
    assert keyed.get("/nowhere").status == 404


# ---- Throttles

def throttled(rig, *rules, **more):
    return rig.gateway({"apis": [{"name": "a", "throttle": list(rules), "routes": [{"match": "GET /a", "mock": {"status": 200}},
                                                                                  {"match": "GET /b", "mock": {"status": 200}}]}], **more})


def test_burst_passes_and_the_next_is_429(rig):
    gateway = throttled(rig, {"per": "route", "rate": "1/min", "burst": 3})
    client = gateway.client()
    answers = [client.get("/a") for _ in range(5)]
    assert [answer.status for answer in answers] == [200] * 3 + [429] * 2
    assert [answer.fields["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]
    assert [answer.fields["ratelimit-limit"] for answer in answers] == ["3"] * 5
    assert answers[3].json() == {"message": "Too Many Requests"}
    assert 1 <= int(answers[3].fields["retry-after"]) <= 60
    assert not answers[3].closes
    assert client.get("/b").status == 200  # a bucket of its own
    assert gateway.wait_access(2, reason="throttled")
    assert gateway.metric("gatehouse_refusals_total", reason="throttled") == 2


def test_bucket_fills_again(rig):
    gateway = throttled(rig, {"per": "route", "rate": "10/s", "burst": 1})
    assert gateway.get("/a").status == 200
    poll(lambda: gateway.get("/a").status == 200, "another token")


def test_clients_behind_a_trusted_proxy_have_buckets_of_their_own(rig):
    gateway = throttled(rig, {"per": "client_ip", "rate": "1/min", "burst": 1}, trusted_proxies=["127.0.0.1"])

    def status(client):
        return gateway.get("/a", fields=[("X-Forwarded-For", client)]).status

    assert [status("1.1.1.1"), status("1.1.1.1"), status("2.2.2.2")] == [200, 429, 200]
    assert [status("2001:db8::1"), status("2001:db8::2")] == [200, 429]  # one network, one client


def test_spoofed_address_does_not_escape_the_throttle(rig):
    gateway = throttled(rig, {"per": "client_ip", "rate": "1/min", "burst": 1})
    statuses = [gateway.get("/a", fields=[("X-Forwarded-For", f"9.9.9.{i}")]).status for i in range(4)]
    assert statuses == [200, 429, 429, 429]


def test_rule_of_an_api_holds_for_all_its_routes_together(rig):
    gateway = rig.gateway({"apis": [
        {"name": "one", "throttle": [{"per": "client_ip", "rate": "1/min", "burst": 1}], "routes": [
            {"match": "GET /a", "mock": {"status": 200}}, {"match": "GET /b", "mock": {"status": 200}}]},
        {"name": "two", "base_path": "/two", "routes": [{"match": "GET /a", "mock": {"status": 200}}]}]})
    assert [gateway.get(target).status for target in ("/a", "/b", "/a", "/two/a")] == [200, 429, 429, 200]


def test_throttle_by_header_and_by_key(rig):
    gateway = rig.gateway({**KEYS, "apis": [{"name": "a", "routes": [
        {"match": "GET /tenant", "mock": {"status": 200}, "throttle": [{"per": "$header.x-tenant", "rate": "1/min", "burst": 1}]},
        {"match": "GET /key", "mock": {"status": 200}, "auth": ["partners"],
         "throttle": [{"per": "api_key", "rate": "1/min", "burst": 1}]}]}]},
        environment={"KEY_ONE": "first secret"})

    def status(target, name, value):
        return gateway.get(target, fields=[(name, value)]).status

    assert [status("/tenant", "X-Tenant", who) for who in "aabb"] == [200, 429, 200, 429]
    assert [status("/key", "X-Api-Key", who) for who in ("first secret", "first secret", "key two")] == [200, 429, 200]
    # Strangers are refused before they could drain anybody's bucket.
    assert [status("/key", "X-Api-Key", "wrong") for _ in range(3)] == [403] * 3


def test_tightest_rule_decides_and_takes_nothing_from_the_others(rig):
    gateway = throttled(rig, {"per": "api", "rate": "1/min", "burst": 4}, {"per": "route", "rate": "1/min", "burst": 1})
    assert [gateway.get("/a").status for _ in range(6)] == [200] + [429] * 5
    assert gateway.get("/b").status == 200


def test_throttle_holds_over_all_workers(rig):
    gateway = throttled(rig, {"per": "route", "rate": "1/hour", "burst": 20}, workers=4)
    statuses = [gateway.get("/a").status for _ in range(60)]
    assert statuses.count(200) == 20


def test_buckets_survive_a_reload(rig):
    rule = {"per": "route", "rate": "1/hour", "burst": 2}
    gateway = throttled(rig, rule)
    assert [gateway.get("/a").status for _ in range(3)] == [200, 200, 429]
    gateway.reload(json.loads(gateway.file.read_text()))
    assert gateway.get("/a").status == 429
