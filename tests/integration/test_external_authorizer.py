"""Another service says who calls: what it is asked, what comes of its answers, and what of its failures."""
import collections
import hashlib
import json
import threading

import pytest
from gateway import complete, run
from patience import poll, wait_for
from refusals import says as refusal_says

MESSAGES = {401: "Unauthorized", 403: "Forbidden", 500: "Internal Server Error", 503: "Service Unavailable"}


def refused(gateway, answer, status, reason):
    refusal_says(answer, status, MESSAGES[status], reason)
    line = gateway.wait_access(request_id=answer.fields["x-request-id"])
    assert (line["reason"], line["status"]) == (reason, status)
    return answer


def bearer(token):
    return [("Authorization", token)]


def guarded(rig, authorizer, serve, routes=None, **config):
    """A gateway whose every route asks `serve` of a service of its own."""
    service = rig.upstream(serve)
    upstream = rig.upstream()
    gateway = rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}, "auth": {"targets": [service.url], **config.pop("backend", {})}},
        "authorizers": {"legacy": {"http": {"backend": "auth", "path": "/check", **authorizer}}},
        "apis": [{"name": "shop", "auth": ["legacy"], "routes": routes or [{"match": "$default", "backend": "fake"}]}], **config})
    gateway.service, gateway.upstream = service, upstream
    return gateway


# ---- The simple form

def by_token(request, connection):
    token = request.fields.get("authorization", "")
    if token == "good":
        connection.answer(fields=[("X-User", "ada"), ("X-Other", "kept to itself")])
    elif token == "nobody":
        connection.answer(b"a body", status=401, fields=[("WWW-Authenticate", 'Bearer realm="legacy"')])
    else:
        connection.answer(b"a body", status=int(token))


@pytest.fixture(scope="module")
def simple(shared_rig):
    return guarded(shared_rig, {"response_headers": ["x-user", "x-role"], "subject": "x-user", "headers": ["authorization", "x-extra"]}, by_token,
                   trusted_proxies=["127.0.0.1"])


def test_the_service_is_shown_where_the_request_goes_and_the_chosen_fields(simple):
    forwarded = [("X-Forwarded-For", "192.0.2.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "shop.test")]
    answer = simple.exchange("POST", "/a/../orders?x=1", body=b"body",
                             fields=[*bearer("good"), ("X-Extra", "1"), ("X-Extra", "2"), ("Cookie", "secret"), *forwarded])
    assert answer.status == 200
    asked = simple.service.last
    assert (asked.method, asked.target, asked.body) == ("GET", "/check", b"")
    assert asked.fields["x-forwarded-method"] == "POST"
    assert asked.fields["x-forwarded-uri"] == "/orders?x=1"
    assert asked.fields["x-forwarded-host"] == "shop.test"
    assert asked.fields["x-forwarded-proto"] == "https"
    assert asked.fields["x-forwarded-for"] == "192.0.2.9"
    assert asked.fields["x-request-id"] == answer.fields["x-request-id"]
    assert asked.fields["host"] == simple.service.authority
    assert asked.fields.all("x-extra") == ["1", "2"]
    assert "cookie" not in asked.fields
    assert simple.upstream.last.body == b"body"


def test_what_it_says_goes_to_the_backend_and_a_clients_copies_do_not(simple):
    spoofed = [("X-User", "root"), ("x_user", "root"), ("X-Role", "admin")]
    answer = simple.get("/", fields=[*bearer("good"), *spoofed])
    assert answer.status == 200
    seen = simple.upstream.last.fields
    assert seen.all("x-user") == ["ada"]
    assert "x-role" not in seen and "x_user" not in seen and "x-other" not in seen
    assert simple.wait_access(request_id=answer.fields["x-request-id"])["key"] == "ada"


@pytest.mark.parametrize("token, status, reason", [
    ("403", 403, "authorizer_denied"), ("nobody", 401, "authorizer_unauthorized"), ("400", 500, "authorizer_bad_answer"),
    ("302", 500, "authorizer_bad_answer"), ("500", 503, "authorizer_unavailable"), ("503", 503, "authorizer_unavailable")])
def test_its_refusals_and_failures(simple, token, status, reason):
    before = len(simple.upstream.requests)
    answer = refused(simple, simple.get("/", fields=bearer(token)), status, reason)
    assert answer.fields.get("www-authenticate") == ('Bearer realm="legacy"' if token == "nobody" else None)
    assert len(simple.upstream.requests) == before


def test_claims_hold_what_it_said(rig):
    gateway = guarded(rig, {"response_headers": ["x-user"]}, by_token,
                      routes=[{"match": "GET /", "mock": {"status": 200, "body": "$claims.x-user"}}])
    assert gateway.get("/", fields=bearer("good")).body == b"ada"


# ---- Failures: slow, down, garbage, too large

def late(_request, connection):
    connection.stall()


def garbage(_request, connection):
    connection.send(b"nonsense\r\n\r\n")
    connection.close()


def oversized(_request, connection):
    connection.answer(b"x" * 9000)


def endless(_request, connection):
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"x" * 0xffff + b"\r\n")
    connection.stall()


def cut(_request, connection):
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")
    connection.close()


def dripping(_request, connection):
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")
    connection.stall()


@pytest.mark.parametrize("serve, status, reason", [
    (late, 503, "authorizer_timeout"), (dripping, 503, "authorizer_timeout"), (garbage, 500, "authorizer_bad_answer"),
    (oversized, 500, "authorizer_bad_answer"), (endless, 500, "authorizer_bad_answer"), (cut, 500, "authorizer_bad_answer")])
@pytest.mark.parametrize("form", ["simple", "lambda"])
def test_it_fails_closed(rig, form, serve, status, reason):
    gateway = guarded(rig, {"form": form, "timeout": "300ms", "identity": ["$header.authorization"], "cache": "1m"}, serve)
    gateway.allowed_errors.append("upstream")
    refused(gateway, gateway.get("/", fields=bearer("good")), status, reason)
    refused(gateway, gateway.get("/", fields=bearer("good")), status, reason)
    assert len(gateway.service.requests) == 2  # a failure is not kept
    assert gateway.upstream.requests == []


def test_a_service_that_is_down_is_503(rig):
    gateway = guarded(rig, {}, by_token)
    gateway.service.stop()
    refused(gateway, gateway.get("/", fields=bearer("good")), 503, "authorizer_unavailable")
    assert gateway.upstream.requests == []


def test_it_fails_open_only_where_that_is_said_and_refusals_stay_refusals(rig):
    gateway = guarded(rig, {"on_failure": "allow", "timeout": "300ms", "response_headers": ["x-user"]}, by_token)
    assert gateway.get("/", fields=[*bearer("500"), ("X-User", "root")]).status == 200
    assert "x-user" not in gateway.upstream.last.fields
    refused(gateway, gateway.get("/", fields=bearer("403")), 403, "authorizer_denied")
    gateway.service.stop()
    assert gateway.get("/", fields=bearer("good")).status == 200


def test_another_target_is_asked_when_one_is_down(rig):
    gone = rig.upstream()
    gone.stop()
    service, upstream = rig.upstream(by_token), rig.upstream()
    gateway = rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}, "auth": {"targets": [gone.url, service.url]}},
        "authorizers": {"legacy": {"http": {"backend": "auth"}}},
        "apis": [{"name": "shop", "auth": ["legacy"], "routes": [{"match": "$default", "backend": "fake"}]}]})
    for _ in range(4):
        assert gateway.get("/", fields=bearer("good")).status == 200


# ---- What is kept, and for whom

TWO_ROUTES = [{"match": "ANY /public", "backend": "fake"}, {"match": "ANY /admin", "backend": "fake"}]


def test_an_answer_of_the_simple_form_holds_for_its_route_and_method_alone(rig):
    def only_public(request, connection):
        open_to_all = request.fields["x-forwarded-uri"].startswith("/public") and request.fields["x-forwarded-method"] == "GET"
        connection.answer(status=200 if open_to_all else 403)

    gateway = guarded(rig, {"identity": ["$header.authorization"], "cache": "1m"}, only_public, routes=TWO_ROUTES)
    for _ in range(3):
        assert gateway.get("/public", fields=bearer("a")).status == 200
        refused(gateway, gateway.get("/admin", fields=bearer("a")), 403, "authorizer_denied")
        refused(gateway, gateway.exchange("DELETE", "/public", fields=bearer("a")), 403, "authorizer_denied")
    assert len(gateway.service.requests) == 3
    assert gateway.get("/public", fields=bearer("b")).status == 200
    assert len(gateway.service.requests) == 4


def policy(effect, resource, **more):
    return {"principalId": "ada", "policyDocument": {"Version": "2012-10-17", "Statement": [
        {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}]}, **more}


def says(answer, status=200):
    return lambda _, connection: connection.answer(json.dumps(answer).encode(), status=status, fields=[("Content-Type", "application/json")])


ARN = "arn:aws:execute-api:us-east-1:000000000000:shop/$default/"
TOKEN = {"form": "lambda", "payload": "TOKEN"}


def test_a_kept_policy_is_evaluated_for_every_route_again(rig):
    gateway = guarded(rig, {**TOKEN, "cache": "5m"}, says(policy("Allow", ARN + "GET/public")), routes=TWO_ROUTES)
    for _ in range(3):
        assert gateway.get("/public", fields=bearer("a")).status == 200
        refused(gateway, gateway.get("/admin", fields=bearer("a")), 403, "authorizer_denied")
        refused(gateway, gateway.exchange("POST", "/public", fields=bearer("a")), 403, "authorizer_denied")
    assert len(gateway.service.requests) == 1
    assert [request.target for request in gateway.upstream.requests] == ["/public"] * 3
    gateway.get("/public", fields=bearer("b"))
    assert len(gateway.service.requests) == 2


def test_a_kept_simple_response_opens_no_other_route(rig):
    def only_public(request, connection):
        says({"isAuthorized": json.loads(request.body)["rawPath"] == "/public"})(request, connection)

    gateway = guarded(rig, {"form": "lambda", "identity": ["$header.authorization"]}, only_public, routes=TWO_ROUTES)
    for _ in range(3):
        assert gateway.get("/public", fields=bearer("a")).status == 200
        refused(gateway, gateway.get("/admin", fields=bearer("a")), 403, "authorizer_denied")
    assert len(gateway.service.requests) == 2  # kept for 300 s by default


def test_nothing_is_kept_with_a_cache_of_zero(rig):
    gateway = guarded(rig, {**TOKEN, "cache": "0s"}, says(policy("Allow", "*")))
    for _ in range(3):
        assert gateway.get("/", fields=bearer("a")).status == 200
    assert len(gateway.service.requests) == 3


def test_many_who_ask_the_same_at_once_are_one_call(rig):
    go = threading.Event()

    def wait(request, connection):
        go.wait(20)
        says(policy("Allow", "*"))(request, connection)

    gateway = guarded(rig, {**TOKEN, "timeout": "20s"}, wait)
    clients = [gateway.client() for _ in range(30)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: same\r\n\r\n")
    gateway.service.wait_requests(1)
    poll_in_flight(gateway, 30)
    clients[0].close()  # the first to ask leaves
    go.set()
    assert [client.read_response().status for client in clients[1:]] == [200] * 29
    assert len(gateway.service.requests) <= 2


@pytest.mark.parametrize("cache", ["0s", "5m"])
def test_a_client_that_leaves_is_not_asked_about_any_longer(rig, cache):
    gateway = guarded(rig, {"identity": ["$header.authorization"], "cache": cache, "timeout": "60s"}, late)
    client = gateway.client()
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\n\r\n")
    gateway.service.wait_requests(1)
    client.reset()
    wait_for(gateway.service.connections[0].ended, "the end of the call")
    assert gateway.wait_access(reason="client_gone")["status"] == 499
    gateway.wait_metric("gatehouse_requests_in_flight", 0)


def test_when_the_first_to_ask_leaves_the_next_one_asks(rig):
    def serve(request, connection):
        if len(gateway.service.requests) == 1:
            connection.stall()
        else:
            connection.answer()

    gateway = guarded(rig, {"identity": ["$header.authorization"], "cache": "5m", "timeout": "60s"}, serve)
    first, second = gateway.client(), gateway.client()
    ask = b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: same\r\n\r\n"
    first.send(ask)
    gateway.service.wait_requests(1)
    second.send(ask)
    poll_in_flight(gateway, 2)
    first.reset()
    assert second.read_response().status == 200
    assert len(gateway.service.requests) == 2


def poll_in_flight(gateway, count):
    poll(lambda: sum(value for name, _, value in gateway.metrics() if name == "gatehouse_requests_in_flight") >= count, "requests in flight", every=0.02)


# ---- The form of Lambda authorizers

@pytest.mark.parametrize("answer, status, reason", [
    (policy("Allow", "*"), 200, None), (policy("Allow", ARN + "GET/*"), 200, None),
    (policy("Deny", "*"), 403, "authorizer_explicit_deny"), (policy("Allow", ARN + "POST/*"), 403, "authorizer_denied"),
    ({"errorMessage": "Unauthorized", "errorType": "Error"}, 401, "authorizer_unauthorized"),
    ({"errorMessage": "boom"}, 500, "authorizer_bad_answer"), ({}, 500, "authorizer_bad_answer"), (None, 500, "authorizer_bad_answer"),
    ({"isAuthorized": True}, 500, "authorizer_bad_answer"), (policy("Allow", "*", context={"a": {}}), 500, "authorizer_bad_answer")],
    ids=range(10))
def test_answers_to_a_token(rig, answer, status, reason):
    gateway = guarded(rig, TOKEN, says(answer))
    got = gateway.get("/orders", fields=bearer("t1"))
    asked = gateway.service.last
    assert (asked.method, asked.target, asked.fields["content-type"]) == ("POST", "/check", "application/json")
    assert json.loads(asked.body) == {"type": "TOKEN", "authorizationToken": "t1", "methodArn": ARN + "GET/orders"}
    if reason:
        answer = refused(gateway, got, status, reason)
        assert answer.fields.get("www-authenticate") == ("Bearer" if status == 401 else None)
        assert gateway.upstream.requests == []
    else:
        assert got.status == 200


def test_the_service_is_not_asked_without_identity_or_with_a_token_of_another_form(rig):
    gateway = guarded(rig, {**TOKEN, "token": "Bearer [a-z]+"}, says(policy("Allow", "*")))
    assert refused(gateway, gateway.get("/"), 401, "authorizer_identity_missing").fields["www-authenticate"] == "Bearer"
    for token in ("Bearer A", "bearer a", "Bearer a b", "x Bearer a"):
        refused(gateway, gateway.get("/", fields=bearer(token)), 401, "authorizer_token_mismatch")
    assert gateway.service.requests == []
    assert gateway.get("/", fields=bearer("Bearer abc")).status == 200


@pytest.mark.parametrize("payload", ["1.0", "2.0"])
def test_every_identity_source_must_be_there(rig, payload):
    gateway = guarded(rig, {"form": "lambda", "payload": payload, "identity": ["$header.x-tenant", "$query.key", "$context.client_ip"]},
                      says(policy("Allow", "*")))
    for target, fields in (("/", []), ("/?key=1", []), ("/", [("X-Tenant", "t")]), ("/?key=", [("X-Tenant", "t")])):
        refused(gateway, gateway.get(target, fields=fields), 401, "authorizer_identity_missing")
    assert gateway.service.requests == []
    assert gateway.get("/?key=1", fields=[("X-Tenant", "t")]).status == 200
    event = json.loads(gateway.service.last.body)
    assert event["identitySource"] == (["t", "1", "127.0.0.1"] if payload == "2.0" else "t,1,127.0.0.1")
    assert (event["version"], event["type"]) == (payload, "REQUEST")


def test_its_context_becomes_claims(rig):
    gateway = guarded(rig, {"form": "lambda", "payload": "1.0", "identity": ["$header.authorization"]},
                      says(policy("Allow", "*", context={"tenant": "t1", "level": 7, "admin": False})),
                      routes=[{"match": "GET /", "mock": {"status": 200, "body": "$claims.tenant $claims.level $claims.admin $claims.principalId"}}])
    for _ in range(2):  # asked, then kept
        assert gateway.get("/", fields=bearer("a")).body == b"t1 7 false ada"


def test_the_key_that_it_names_is_counted_by_its_plan(rig):
    named = {}
    gateway = guarded(rig, {**TOKEN, "cache": "0s"},
                      lambda request, connection: says(policy("Allow", "*", usageIdentifierKey=named["key"]))(request, connection),
                      usage_plans={"small": {"rate": "1/day", "burst": 1}})
    configuration = json.loads(gateway.file.read_text())
    configuration["authorizers"]["partners"] = {"api_key": {"keys": [
        {"id": "partner-a", "sha256": hashlib.sha256(b"the partner's key").hexdigest(), "plan": "small"}]}}
    gateway.reload(configuration)
    named["key"] = "the partner's key"
    assert gateway.get("/", fields=bearer("a")).status == 200
    assert gateway.get("/", fields=bearer("a")).status == 429
    named["key"] = "nobody's key"
    refused(gateway, gateway.get("/", fields=bearer("a")), 403, "api_key_invalid")


def test_its_policy_and_the_resources_decide_together(rig):
    resource = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "execute-api:/*/GET/open"},
                              {"Effect": "Deny", "Action": "*", "Resource": "execute-api:/*/*/shut"}]}
    gateway = guarded(rig, TOKEN, says(policy("Allow", ARN + "GET/mine")), policy=resource)
    assert gateway.get("/open", fields=bearer("a")).status == 200
    assert gateway.get("/mine", fields=bearer("a")).status == 200
    refused(gateway, gateway.get("/other", fields=bearer("a")), 403, "authorizer_denied")
    calls = len(gateway.service.requests)
    refused(gateway, gateway.get("/shut", fields=bearer("b")), 403, "policy_explicit_deny")
    assert len(gateway.service.requests) == calls  # denied before it was asked


def test_load_on_a_slow_service_holds_up_nobody_else(rig):
    seen = collections.Counter()

    def slow(request, connection):
        seen["asked"] += 1
        connection.stall()

    gateway = guarded(rig, {"timeout": "5s"}, slow, routes=[
        {"match": "GET /guarded", "backend": "fake"}, {"match": "GET /free", "backend": "fake", "auth": "none"}])
    waiting = [gateway.client() for _ in range(20)]
    for client in waiting:
        client.send(b"GET /guarded HTTP/1.1\r\nHost: a\r\n\r\n")
    gateway.service.wait_requests(20)
    assert gateway.get("/free").status == 200


@pytest.mark.parametrize("authorizer, problem", [
    ({"cache": "5m"}, "add identity"), ({"backend": "nowhere"}, "nowhere"), ({"payload": "2.0"}, "add form: lambda"),
    ({"form": "lambda", "method": "POST"}, "says nothing in the lambda form"), ({"form": "lambda", "token": "("}, "RE2"),
    ({"form": "lambda", "payload": "3.0"}, "TOKEN, 1.0 or 2.0"), ({"identity": ["$path.id"]}, "$path.id"),
    ({"response_headers": ["host"]}, "written by the gateway"), ({"cache": "2h", "identity": ["$header.a"]}, "2h"),
    ({"form": "lambda", "payload": "TOKEN", "identity": ["$header.a", "$header.b"]}, "one identity source")], ids=range(10))
def test_mistakes_in_the_file(tmp_path, authorizer, problem):
    file = tmp_path / "gatehouse.yaml"
    file.write_text(json.dumps(complete({"backends": {"auth": {"targets": ["http://127.0.0.1:1"]}},
                                         "authorizers": {"legacy": {"http": {"backend": "auth", **authorizer}}}})))
    done = run("check", str(file))
    assert done.returncode != 0
    assert problem in done.stdout + done.stderr
