"""What becomes of a request's fields, and of an answer's, on the way through (RFC 9110 section 7; SECURITY: identity, path,
headers)."""
import re

import pytest
from raw_client import request

UUID = re.compile(r"[0-9a-zA-Z_.-]{16,128}\Z")


@pytest.fixture(scope="module")
def upstream(shared_rig):
    return shared_rig.upstream()


@pytest.fixture(scope="module")
def plain(shared_rig, upstream):
    """Trusts nobody."""
    return shared_rig.proxy(upstream)


@pytest.fixture(scope="module")
def behind_proxies(shared_rig, upstream):
    """Trusts the client's own address and 10.0.0.0/8."""
    return shared_rig.proxy(upstream, trusted_proxies=["127.0.0.1", "10.0.0.0/8"])


def forwarded(gateway, upstream, target="/", **how):
    """What the upstream saw of one GET."""
    answer = gateway.get(target, **how)
    assert answer.status == 200
    return upstream.last


# ---- Hop by hop

def test_hop_by_hop_fields_end_here(plain, upstream):
    seen = forwarded(plain, upstream, fields=[
        ("Connection", "keep-alive, X-Hop , x-other"), ("X-Hop", "1"), ("X-Other", "2"), ("Keep-Alive", "timeout=5"), ("TE", "trailers"),
        ("Trailer", "X-T"), ("Proxy-Connection", "keep-alive"), ("Proxy-Authorization", "Basic eA=="), ("Upgrade", "h2c"),
        ("X-End", "3")])
    for name in ("connection", "x-hop", "x-other", "keep-alive", "te", "trailer", "proxy-connection", "proxy-authorization", "upgrade"):
        assert name not in seen.fields, name
    assert seen.fields["x-end"] == "3"


@pytest.mark.parametrize("name, value", [("Authorization", "Bearer t"), ("Cookie", "a=b"), ("Content-Type", "text/x"),
                                         ("Origin", "https://a.test")])
def test_connection_cannot_strip_what_is_meant_for_the_backend(plain, upstream, name, value):
    seen = forwarded(plain, upstream, fields=[("Connection", name), (name, value)])
    assert seen.fields[name] == value


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id", "Via", "Host", "Forwarded"])
def test_connection_cannot_strip_what_the_gateway_says(plain, upstream, name):
    seen = forwarded(plain, upstream, fields=[("Connection", f"close, {name}")])
    assert seen.fields[name]


def test_connection_cannot_strip_a_header_set_by_the_route(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream, route={"request": {"set_header": {"x-user": "alice"}}})
    seen = forwarded(gateway, upstream, fields=[("Connection", "X-User"), ("X-User", "mallory")])
    assert seen.fields["x-user"] == "alice"


def test_other_fields_keep_their_order_case_and_repetition(plain, upstream):
    sent = [("X-b", "1"), ("ACCEPT", "*/*"), ("x-B", "2"), ("Cookie", "a=1"), ("Cookie", "b=2"), ("X-empty", "")]
    seen = forwarded(plain, upstream, fields=sent)
    assert [pair for pair in seen.fields.pairs if pair in sent] == sent


def test_large_heads_pass_both_ways(rig):
    cookies = [("Set-Cookie", f"c{i}=" + "v" * 1000) for i in range(50)]
    upstream = rig.upstream(lambda _, connection: connection.answer(fields=cookies))
    answer = rig.proxy(upstream).get("/", fields=[(f"X-{i}", "f" * 600) for i in range(90)])
    assert answer.status == 200
    assert answer.fields.all("set-cookie") == [value for _, value in cookies]
    assert [upstream.last.fields[f"x-{i}"] for i in range(90)] == ["f" * 600] * 90


# ---- Via and Forwarded

def test_via_is_appended_both_ways(rig):
    upstream = rig.upstream(lambda _, connection: connection.answer(fields=[("Via", "1.0 inner")]))
    gateway = rig.proxy(upstream)
    answer = gateway.get("/", fields=[("Via", "1.1 outer")])
    assert ", ".join(upstream.last.fields.all("via")) == "1.1 outer, 1.1 gatehouse"
    assert ", ".join(answer.fields.all("via")) == "1.0 inner, 1.1 gatehouse"


def test_forwarding_fields_are_made(plain, upstream):
    seen = forwarded(plain, upstream, host="shop.test:8080")
    assert seen.fields["x-forwarded-for"] == "127.0.0.1"
    assert seen.fields["x-forwarded-proto"] == "http"
    assert seen.fields["x-forwarded-host"] == "shop.test:8080"
    assert seen.fields["forwarded"] == 'for=127.0.0.1;host="shop.test:8080";proto=http'


SPOOFED = [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.test"),
           ("X-Forwarded-Port", "443"), ("X-Forwarded-Prefix", "/evil"), ("X-Real-IP", "1.2.3.4"),
           ("Forwarded", "for=1.2.3.4;host=evil.test;proto=https")]


def test_spoofed_forwarding_fields_are_rebuilt(plain, upstream):
    seen = forwarded(plain, upstream, "/spoof", fields=SPOOFED)
    assert seen.fields["x-forwarded-for"] == "127.0.0.1"
    assert seen.fields["x-forwarded-proto"] == "http"
    assert seen.fields["x-forwarded-host"] == "gateway.test"
    assert seen.fields["forwarded"] == "for=127.0.0.1;host=gateway.test;proto=http"
    assert "x-forwarded-prefix" not in seen.fields
    assert "evil" not in seen.raw.decode("latin-1") and "1.2.3.4" not in seen.raw.decode("latin-1")
    assert plain.wait_access(path="/spoof")["client"] == "127.0.0.1"


def test_underscore_twins_are_dropped(plain, upstream):
    seen = forwarded(plain, upstream, fields=[("X_Forwarded_For", "1.2.3.4"), ("x_real_ip", "1.2.3.4"), ("Content_Length", "9"),
                                              ("Transfer_Encoding", "chunked"), ("X_Request_Id", "evil"), ("X_Forwarded-Host", "evil"),
                                              ("Some_Other", "kept")])
    text = seen.raw.decode("latin-1").lower()
    for twin in ("x_forwarded_for", "x_real_ip", "content_length", "transfer_encoding", "x_request_id", "x_forwarded-host"):
        assert twin not in text, twin
    assert seen.fields["some_other"] == "kept"


def test_twin_of_a_header_set_by_the_route_is_dropped(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream, route={"request": {"set_header": {"x-user-id": "alice"}}})
    seen = forwarded(gateway, upstream, fields=[("X_User_Id", "mallory"), ("x-user_id", "mallory")])
    assert [value for name, value in seen.fields.pairs if name.lower().replace("_", "-") == "x-user-id"] == ["alice"]


def test_trusted_proxy_is_believed(behind_proxies, upstream):
    seen = forwarded(behind_proxies, upstream, "/trusted", fields=[
        ("X-Forwarded-For", "6.6.6.6, 1.2.3.4, 10.0.0.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "shop.test")])
    assert ", ".join(seen.fields.all("x-forwarded-for")) == "6.6.6.6, 1.2.3.4, 10.0.0.7, 127.0.0.1"
    assert seen.fields["x-forwarded-proto"] == "https"
    assert seen.fields["x-forwarded-host"] == "shop.test"
    # The first address from the right that is not a proxy's; what stands left of it is the client's own invention.
    assert behind_proxies.wait_access(path="/trusted")["client"] == "1.2.3.4"


def test_trusted_proxy_that_says_nothing_is_the_client(behind_proxies, upstream):
    seen = forwarded(behind_proxies, upstream, "/silent")
    assert seen.fields["x-forwarded-for"] == "127.0.0.1"
    assert behind_proxies.wait_access(path="/silent")["client"] == "127.0.0.1"


def test_garbage_from_a_trusted_proxy_does_not_become_the_client(behind_proxies, upstream):
    forwarded(behind_proxies, upstream, "/garbage", fields=[("X-Forwarded-For", "9.9.9.9, not-an-address, 10.0.0.1")])
    assert behind_proxies.wait_access(path="/garbage")["client"] == "10.0.0.1"


def test_ipv6_client_is_quoted_in_forwarded(behind_proxies, upstream):
    seen = forwarded(behind_proxies, upstream, "/v6", fields=[("X-Forwarded-For", "2001:db8::1")])
    assert behind_proxies.wait_access(path="/v6")["client"] == "2001:db8::1"
    assert ", ".join(seen.fields.all("x-forwarded-for")) == "2001:db8::1, 127.0.0.1"


# ---- Host

@pytest.mark.parametrize("setting, expected", [("target", None), ("preserve", "shop.test:99"), ("orders.internal", "orders.internal"),
                                               ("orders.internal:8443", "orders.internal:8443")])
def test_host_towards_the_backend(rig, setting, expected):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream, backend={"host": setting})
    seen = forwarded(gateway, upstream, host="shop.test:99")
    assert seen.fields["host"] == (expected or upstream.authority)
    assert seen.fields["x-forwarded-host"] == "shop.test:99"


def test_host_is_the_targets_by_default(plain, upstream):
    assert forwarded(plain, upstream).fields["host"] == upstream.authority


def test_host_of_an_absolute_target_wins(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream, backend={"host": "preserve"})
    seen = forwarded(gateway, upstream, "http://inner.test:81/a/b?c", host="outer.test")
    assert (seen.target, seen.fields["host"], seen.fields["x-forwarded-host"]) == ("/a/b?c", "inner.test:81", "inner.test:81")
    assert forwarded(gateway, upstream, "http://inner.test").target == "/"
    assert forwarded(gateway, upstream, "HTTP://inner.test?q").target == "/?q"


# ---- Paths and queries

PATHS = {
    "/a/b": "/a/b",
    "/a/./b": "/a/b",
    "/a/../b": "/b",
    "/../../a": "/a",
    "//a///b": "/a/b",
    "/a/b/": "/a/b/",
    "/a/b/..": "/a/",
    "/%61/%7Eb": "/a/~b",
    "/a%2fb": "/a%2Fb",
    "/a%2Fb": "/a%2Fb",
    "/a%5cb": "/a%5Cb",
    "/%2e%2e/a": "/a",
    "/a/%2E%2e/b": "/b",
    "/a;x=1/b": "/a;x=1/b",
    "/a%20b": "/a%20b",
    "/a%3fb": "/a%3Fb",
    "/a%25b": "/a%25b",
    "/a%252e%252e": "/a%252e%252e",
    "/a|b": "/a%7Cb",
    "/%c3%a4": "/%C3%A4",
    "/": "/",
}


@pytest.mark.parametrize("sent, expected", PATHS.items())
def test_paths_are_normalised_before_they_are_forwarded(plain, upstream, sent, expected):
    assert forwarded(plain, upstream, sent).target == expected
    assert forwarded(plain, upstream, sent + "?q=/../%2e").target == expected + "?q=/../%2e"


@pytest.mark.parametrize("sent", ["/%", "/%4", "/%zz", "/a%00b", "/a/..%2fadmin", "/a/..%5cadmin", "/..%2F"])
def test_paths_that_cannot_be_normalised_are_400(plain, upstream, sent):
    before = len(upstream.requests)
    with plain.client() as client:
        answer = client.get(sent)
        assert (answer.status, answer.json()) == (400, {"message": "Bad Request"})
        assert client.get("/next").status == 200
    assert plain.wait_access(status=400, reason="invalid_path")
    assert upstream.targets()[before:] == ["/next"]


def test_request_id_is_on_the_gateways_own_answers_too(rig):
    gateway = rig.gateway({"apis": [{"name": "a", "routes": [{"match": "GET /x", "mock": {"status": 200}}]}]})
    for target, method in (("/x", "GET"), ("/nowhere", "GET"), ("/x", "PUT"), ("/%zz", "GET")):
        answer = gateway.exchange(method, target, fields=[("X-Request-Id", "same")])
        assert answer.fields["x-request-id"] == "same", (method, target)


def test_routing_and_forwarding_use_the_same_path(rig):
    """What cannot be reached under its own name cannot be reached under another either."""
    upstream = rig.upstream()
    gateway = rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}},
        "apis": [{"name": "a", "routes": [
            {"match": "ANY /public/{proxy+}", "backend": "fake"},
            {"match": "ANY /admin/{proxy+}", "mock": {"status": 403}}]}]})
    for sneaky in ("/admin/x", "/public/../admin/x", "/public/%2e%2e/admin/x", "//admin/x", "/%61dmin/x", "/./admin/x",
                   "/public//../admin/x", "/public/a/../../admin/x"):
        assert gateway.get(sneaky).status == 403, sneaky
    for sneaky in ("/public/..%2fadmin/x", "/public/..%5cadmin/x", "/public/..\\admin/x", "/public/%2e%2e%2fadmin/x"):
        assert gateway.get(sneaky).status == 400, sneaky
    assert upstream.requests == []
    assert gateway.get("/public/a%2fadmin/x").status == 200
    assert upstream.last.target == "/public/a%2Fadmin/x"


@pytest.mark.parametrize("query", ["", "a=b", "a=b&a=c", "a+b=%20", "?", "a=%zz", "/", "a=b;c", "'\"<>[]{}|^`"])
def test_queries_are_kept_as_they_are(plain, upstream, query):
    assert forwarded(plain, upstream, f"/x?{query}").target == f"/x?{query}"


REWRITES = [
    ("GET /orders/{id}", "/internal/{id}", "/orders/7?a=b", "/internal/7?a=b"),
    ("GET /orders/{id}", "/internal/{id}", "/orders/a%2fb", "/internal/a%2Fb"),
    ("ANY /api/{proxy+}", "/{proxy}", "/api/x/y/z", "/x/y/z"),
    ("ANY /api/{proxy+}", "/{proxy+}", "/api/x%20y", "/x%20y"),
    ("GET /a/{b}/c/{d}", "/{d}/{b}", "/a/1/c/2", "/2/1"),
    ("GET /fixed", "/elsewhere", "/fixed?q", "/elsewhere?q"),
    ("GET /tenant", "/t/$header.x-tenant", "/tenant", "/t/a%2Fb%3F..%25"),
    ("GET /search", "/s/$query.q|none", "/search?q=x%2Fy", "/s/x%2Fy?q=x%2Fy"),
    ("GET /search", "/s/$query.z|none", "/search", "/s/none"),
]


@pytest.mark.parametrize("match, path, sent, expected", REWRITES)
def test_paths_are_rewritten(rig, match, path, sent, expected):
    upstream = rig.upstream()
    gateway = rig.gateway({"backends": {"fake": {"targets": [upstream.url]}},
                           "apis": [{"name": "a", "routes": [{"match": match, "backend": "fake", "path": path}]}]})
    assert forwarded(gateway, upstream, sent, fields=[("X-Tenant", "a/b?..%")]).target == expected


def test_rewriting_cannot_climb_out(rig):
    upstream = rig.upstream()
    gateway = rig.gateway({"backends": {"fake": {"targets": [upstream.url]}}, "apis": [{"name": "a", "routes": [
        {"match": "GET /t", "backend": "fake", "path": "/tenants/$header.x-tenant/data"}]}]})
    for tenant in ("..", "."):
        assert gateway.get("/t", fields=[("X-Tenant", tenant)]).status == 400
    assert upstream.requests == []


# ---- Fields set by the route, request id

def test_request_fields_are_set_appended_and_removed(rig):
    upstream = rig.upstream()
    gateway = rig.gateway({"backends": {"fake": {"targets": [upstream.url]}}, "apis": [{"name": "shop", "routes": [{
        "match": "GET /o/{id}", "backend": "fake", "request": {
            "remove_header": ["cookie", "X-Gone"],
            "set_header": {"x-id": "id=$path.id", "x-from": "$header.x-name|nobody", "x-api": "$context.api", "user-agent": "gatehouse",
                           "x-absent": "$header.x-nothing"},
            "append_header": {"x-list": "last"}}}]}]})
    seen = forwarded(gateway, upstream, "/o/a%20b", fields=[
        ("Cookie", "a=b"), ("x-gone", "1"), ("X-Id", "mine"), ("X-List", "first"), ("User-Agent", "mine"), ("X-Absent", "mine")])
    assert seen.fields["x-id"] == "id=a b"
    assert seen.fields["x-from"] == "nobody"
    assert seen.fields["x-api"] == "shop"
    assert seen.fields["user-agent"] == "gatehouse"
    assert seen.fields.all("x-list") == ["first", "last"]
    for name in ("cookie", "x-gone", "x-absent"):
        assert name not in seen.fields


def test_response_fields_are_set_appended_and_removed(rig):
    upstream = rig.upstream(lambda _, connection: connection.answer(
        fields=[("Server", "secret/1.0"), ("X-Gone", "1"), ("Set-Cookie", "a=1"), ("X-List", "first"), ("X-Id", "theirs")]))
    gateway = rig.proxy(upstream, route={"response": {
        "remove_header": ["server", "x-gone"], "set_header": {"x-id": "$context.request_id", "x-served-by": "gatehouse"},
        "append_header": {"set-cookie": "b=2", "x-list": "last"}}})
    answer = gateway.get("/", fields=[("X-Request-Id", "the-id")])
    assert answer.fields["x-id"] == "the-id"
    assert answer.fields["x-served-by"] == "gatehouse"
    assert answer.fields.all("set-cookie") == ["a=1", "b=2"]
    assert answer.fields.all("x-list") == ["first", "last"]
    for name in ("server", "x-gone"):
        assert name not in answer.fields


def test_value_that_a_client_chose_cannot_split_the_head(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream, route={"request": {"set_header": {"x-q": "$query.q"}}, "response": {"set_header": {"x-q": "$query.q"}}})
    answer = gateway.get("/?q=a%0d%0aX-Evil:%201%00%7f")
    assert answer.status == 200
    for fields in (answer.fields, upstream.last.fields):
        assert "x-evil" not in fields
        assert fields["x-q"] == "a  X-Evil: 1"


def test_request_id_is_made_and_told_to_both_sides(plain, upstream):
    answer = plain.get("/id")
    made = upstream.last.fields["x-request-id"]
    assert UUID.match(made)
    assert answer.fields["x-request-id"] == made
    assert plain.wait_access(request_id=made)["path"] == "/id"
    assert plain.get("/id").fields["x-request-id"] != made


def test_request_id_is_accepted(plain, upstream):
    answer = plain.get("/id", fields=[("X-Request-Id", "trace-1.2_3")])
    assert upstream.last.fields["x-request-id"] == answer.fields["x-request-id"] == "trace-1.2_3"
    assert plain.wait_access(request_id="trace-1.2_3")


@pytest.mark.parametrize("given", ["", "a b", "a\"b", "x" * 129, "<script>", "a,b"])
def test_doubtful_request_ids_are_replaced(plain, upstream, given):
    answer = plain.get("/id", fields=[("X-Request-Id", given)])
    made = answer.fields["x-request-id"]
    assert UUID.match(made) and made != given
    assert upstream.last.fields["x-request-id"] == made


def test_internal_fields_of_clients_are_removed(plain, upstream):
    seen = forwarded(plain, upstream, fields=[("X-Gatehouse-Connection-Id", "1"), ("x-gatehouse-anything", "2")])
    assert not [name for name, _ in seen.fields.pairs if name.lower().startswith("x-gatehouse")]


def test_answer_has_a_date_and_keeps_the_backends(rig):
    dated = rig.upstream(lambda _, connection: connection.answer(fields=[("Date", "Sun, 06 Nov 1994 08:49:37 GMT")]))
    assert rig.proxy(dated).get("/").fields["date"] == "Sun, 06 Nov 1994 08:49:37 GMT"
    undated = rig.proxy(rig.upstream()).get("/").fields["date"]
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", undated)


def test_status_and_reason_of_the_backend_pass(rig):
    for status, reason in ((418, "I'm a teapot"), (299, "Odd"), (500, "")):
        gateway = rig.proxy(rig.upstream(lambda _, c, s=status, r=reason: c.answer(status=s, reason=r)))
        answer = gateway.get("/")
        assert answer.status == status
        assert answer.reason in (reason, "Internal Server Error")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PROPFIND", "brew", "M-SEARCH"])
def test_any_method_passes(plain, upstream, method):
    client = plain.client()
    client.send(request(method, "/method"))
    assert client.read_response().status == 200
    assert upstream.last.method == method
