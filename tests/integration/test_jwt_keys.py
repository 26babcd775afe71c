"""Where the keys come from: discovery, rotation, and an issuer that is down, slow, broken or hostile."""
import concurrent.futures
import json
import time

import pytest
from fake_issuer import FakeIssuer, Gate, Key, encode, good_claims
from gateway import free_port
from patience import poll
from pki import Authority
from refusals import says

FETCH = {"refetch": "200ms", "timeout": "1s"}


def bearer(token):
    return [("Authorization", f"Bearer {token}")]


def shop(rig, jwt, **more):
    upstream = rig.upstream()
    audience = {} if "issuers" in jwt else {"audience": ["shop"]}
    config = {
        "backends": {"fake": {"targets": [upstream.url]}}, "authorizers": {"users": {"jwt": {**audience, **jwt}}},
        "apis": [{"name": "a", "auth": ["users"], "routes": [{"match": "$default", "backend": "fake"}]}], **more}
    gateway = rig.gateway(config)
    gateway.config, gateway.upstream = config, upstream
    return gateway


def ask(gateway, token):
    return gateway.get("/", fields=bearer(token))


def test_first_request_waits_for_the_keys(rig):
    issuer = rig.keep(FakeIssuer())
    issuer.behave = gate = Gate(issuer)
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": {"timeout": "30s"}})
    issuer.wait_requests(1)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, gateway, issuer.token()) for _ in range(4)]
        gateway.wait_metric("gatehouse_requests_in_flight", 4)
        gate.open.set()
        assert [one.result().status for one in asked] == [200] * 4
    assert issuer.targets() == ["/.well-known/openid-configuration", "/keys"]


def test_client_that_leaves_while_it_waits_is_nothing_special(rig):
    issuer = rig.keep(FakeIssuer())
    issuer.behave = gate = Gate(issuer)
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": {"timeout": "30s"}})
    client = gateway.client()
    client.send(f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n".encode())
    gateway.wait_metric("gatehouse_requests_in_flight", 1)
    client.reset()
    gateway.wait_metric("gatehouse_requests_in_flight", 0)
    gate.open.set()
    assert ask(gateway, issuer.token()).status == 200
    assert len(gateway.upstream.requests) == 1


def test_issuer_with_a_path_and_keys_of_a_fixed_address(rig):
    issuer = rig.keep(FakeIssuer(path="/realms/shop"))
    assert ask(shop(rig, {"issuer": issuer.issuer}), issuer.token()).status == 200
    assert ask(shop(rig, {"issuer": "somebody", "jwks": f"{issuer.url}/keys"}), issuer.token(iss="somebody")).status == 200


def test_keys_of_a_file_need_nobody(rig, tmp_path):
    key = Key("file")
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key.jwk()]}))
    issuer = rig.keep(FakeIssuer(key))
    gateway = shop(rig, {"issuer": issuer.issuer, "jwks": str(tmp_path / "keys.json")})
    assert ask(gateway, issuer.token()).status == 200
    assert issuer.requests == []


def test_new_key_is_fetched_when_a_token_names_it(rig):
    issuer = rig.keep(FakeIssuer(Key("one")))
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": FETCH})
    old = issuer.token()
    assert ask(gateway, old).status == 200
    issuer.keys.append(Key("two"))
    assert ask(gateway, issuer.token(issuer.keys[1])).status == 200
    assert issuer.keys_asked == 2
    issuer.keys = [Key("three"), issuer.keys[1]]
    assert ask(gateway, issuer.token()).status == 200
    answer = ask(gateway, old)  # remembered by the worker, but its key was taken back
    assert (answer.status, gateway.wait_access(request_id=answer.fields["x-request-id"])["reason"]) == (401, "jwt_key_unknown")


def test_unknown_keys_make_few_fetches(rig):
    issuer = rig.keep(FakeIssuer())
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": {"refetch": "2s"}})
    assert ask(gateway, issuer.token()).status == 200
    begin = time.monotonic()
    same = issuer.token(header={"kid": "nobody"})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: ask(gateway, same if n % 2 else issuer.token(header={"kid": f"no{n}"})), range(40)))
    assert {answer.status for answer in answers} == {401}
    assert answers[0].fields["www-authenticate"].endswith('error="invalid_token", error_description="no key has the token\'s kid"')
    assert issuer.keys_asked <= 2 + (time.monotonic() - begin) / 2 + 1
    assert ask(gateway, issuer.token()).status == 200
    assert len(gateway.upstream.requests) == 2


def test_tokens_of_others_make_no_fetch(rig):
    issuer = rig.keep(FakeIssuer())
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": FETCH})
    assert ask(gateway, issuer.token()).status == 200
    for number in range(5):
        assert ask(gateway, issuer.token(header={"kid": f"no{number}"}, iss="https://other.test")).status == 401
    assert issuer.keys_asked == 1


def test_keys_are_refreshed_before_anybody_asks(rig):
    issuer = rig.keep(FakeIssuer())
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": {**FETCH, "refresh": "1s"}})
    old = issuer.token()
    assert ask(gateway, old).status == 200
    issuer.keys = [Key("new")]
    poll(lambda: ask(gateway, old).status == 401, "the old key being forgotten")
    assert ask(gateway, issuer.token()).status == 200
    assert gateway.metric("gatehouse_jwt_key_fetches_total", outcome="ok") >= 2


# ---- What goes wrong

def broken(body, status=200, fields=()):
    return lambda request, connection: connection.answer(body, status, fields=fields)


FAULTS = {
    "down": None,
    "slow": lambda request, connection: connection.stall(),
    "huge": broken(b" " * (10 << 20)),
    "no JSON": broken(b"<html>"),
    "no keys": broken(b'{"keys": []}'),
    "no set": broken(b"[]"),
    "error": broken(b"{}", 500),
    "redirect": broken(b"", 302, [("Location", "http://127.0.0.1:1/")]),
    "cut": lambda request, connection: (connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), connection.close()),
    "garbage": lambda request, connection: (connection.send(b"\0\xff garbage\r\n\r\n"), connection.close()),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_keys_are_kept_while_the_issuer_is_broken(rig, fault):
    issuer = rig.keep(FakeIssuer())
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": FETCH})
    assert ask(gateway, issuer.token()).status == 200
    before = gateway.peak_memory()
    new = Key("new")
    if FAULTS[fault]:
        issuer.behave = FAULTS[fault]
    else:
        issuer.stop()
        issuer.requests.clear()
    answer = ask(gateway, issuer.token(new))  # perhaps good: we cannot tell
    says(answer, 503, "Service Unavailable", "jwt_keys_unavailable")
    assert int(answer.fields["retry-after"]) >= 1
    assert "www-authenticate" not in answer.fields
    assert gateway.wait_access(request_id=answer.fields["x-request-id"])["reason"] == "jwt_keys_unavailable"
    assert ask(gateway, issuer.token(sub="bob")).status == 200  # verified with the key that was kept
    assert len(gateway.upstream.requests) == 2
    gateway.wait_log("jwt_keys_fetch_failed|jwt_keys_unusable")
    gateway.expect_little_growth(before, 5 << 20)


def test_issuer_that_comes_back_is_found(rig):
    key, port = Key("one"), free_port()
    gateway = shop(rig, {"issuer": f"http://127.0.0.1:{port}", "fetch": FETCH})
    gateway.wait_log("jwt_keys_fetch_failed.*jwks_unreachable")
    token = encode({"alg": "RS256", "kid": "one"}, good_claims(f"http://127.0.0.1:{port}"), key.sign)
    answer = ask(gateway, token)
    assert (answer.status, gateway.wait_access(request_id=answer.fields["x-request-id"])["reason"]) == (503, "jwt_keys_unavailable")
    rig.keep(FakeIssuer(key, port=port))
    poll(lambda: ask(gateway, token).status == 200, "the token being accepted")


def test_document_of_another_issuer_is_refused(rig):
    issuer = rig.keep(FakeIssuer())
    issuer.issuer_said = "https://evil.test"
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": FETCH})
    gateway.wait_log("jwks_discovery_invalid")
    assert ask(gateway, issuer.token()).status == 503
    assert issuer.keys_asked == 0


def test_certificate_of_the_issuer_is_verified(rig, tmp_path):
    authority = Authority(tmp_path / "ca")
    issuer = rig.keep(FakeIssuer(tls=authority.server("id", "IP:127.0.0.1")))
    strict = shop(rig, {"issuer": issuer.issuer, "fetch": FETCH})
    strict.wait_log("jwt_keys_fetch_failed")
    assert ask(strict, issuer.token()).status == 503
    trusting = shop(rig, {"issuer": issuer.issuer, "fetch": {**FETCH, "ca": str(authority.certificate)}})
    assert ask(trusting, issuer.token()).status == 200


def test_several_issuers_have_their_own_keys_and_audiences(rig):
    one, two = rig.keep(FakeIssuer(Key("k"))), rig.keep(FakeIssuer(Key("k")))
    gateway = shop(rig, {"issuers": [{"issuer": one.issuer, "audience": ["a"]}, {"issuer": two.issuer, "audience": ["b"]}],
                         "fetch": FETCH})
    assert ask(gateway, one.token(aud="a")).status == 200
    assert ask(gateway, two.token(aud="b")).status == 200
    for token, reason in ((one.token(aud="b"), "jwt_audience_wrong"), (one.token(aud="a", iss=two.issuer), "jwt_signature_invalid"),
                          (one.token(aud="a", iss="https://third.test"), "jwt_issuer_wrong"), (one.token(aud="a", iss=None), "jwt_issuer_wrong")):
        answer = ask(gateway, token)
        assert (answer.status, gateway.wait_access(request_id=answer.fields["x-request-id"])["reason"]) == (401, reason)


def test_reload_keeps_keys_that_are_still_asked_for(rig):
    issuer = rig.keep(FakeIssuer())
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": FETCH})
    assert ask(gateway, issuer.token()).status == 200
    config = gateway.config
    config["apis"][0]["routes"].append({"match": "GET /more", "mock": {"body": "more"}})
    gateway.reload(config)
    assert gateway.get("/more", fields=bearer(issuer.token())).body == b"more"
    assert issuer.keys_asked == 1
    config["authorizers"]["users"]["jwt"]["audience"] = ["other"]
    gateway.reload(config)
    assert ask(gateway, issuer.token()).status == 401
    assert issuer.keys_asked == 1  # the set is the same


def test_waiting_requests_are_bounded_in_time(rig):
    issuer = rig.keep(FakeIssuer())
    issuer.behave = lambda request, connection: connection.stall()
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": {"timeout": "500ms", "refetch": "100ms"}})
    issuer.wait_requests(1)
    begin = time.monotonic()
    assert ask(gateway, issuer.token()).status == 503
    assert time.monotonic() - begin < 10


def test_waiting_requests_are_bounded_in_number(rig):
    issuer = rig.keep(FakeIssuer())
    issuer.behave = gate = Gate(issuer)
    gateway = shop(rig, {"issuer": issuer.issuer, "fetch": {"timeout": "60s"}},
                   listeners=[{"address": "127.0.0.1:0", "limits": {"connections_per_client": 0}}])
    token = issuer.token()
    clients = [gateway.client() for _ in range(1001)]
    for client in clients:
        client.send(f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    refused = gateway.wait_access(reason="jwt_keys_unavailable")
    assert refused["status"] == 503
    gateway.wait_metric("gatehouse_requests_in_flight", 1000)
    gate.open.set()
    statuses = [client.read_response().status for client in clients]
    assert (statuses.count(200), statuses.count(503)) == (1000, 1)
