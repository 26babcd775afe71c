"""Every refusal on the way to a backend and of bodies, in both error styles: exact status, fields and body. Heads that cannot be understood are
refused before there is a route, alike in both styles."""
import pytest
from fake_upstream import SilentListener
from patience import SLOW
from raw_client import request
from refusal_case import check_aws, check_helpful, refusal

QUICK = "300ms" if SLOW else "150ms"
SOON = {"retry-after": "1"}


def backend(reason, status, amazon="INTEGRATION", path=None, **how):
    return refusal(reason, status, amazon, ask=("GET", path or f"/{reason}"), **how)


def while_one_is_held(path):
    """Asks while another request of the same path has what there is."""
    def send(gateway):
        before = len(gateway.stuck.requests)
        holding = gateway.client()
        holding.send(request("GET", path))
        gateway.stuck.wait_requests(before + 1)
        answer = gateway.get(path)
        holding.reset()
        return answer

    return send


def held(reason, path, amazon="INTEGRATION", status=503, **how):
    return backend(reason, status, amazon, path, send=while_one_is_held(path), **how)


def with_body(data, end=False):
    """Sends a head that announces a body, and these bytes of it."""
    def send(gateway):
        client = gateway.client()
        client.send(b"POST /body HTTP/1.1\r\nHost: gateway.test\r\n" + data)
        if end:
            client.end()
        return client.read_response("POST")

    return send


CASES = [
    backend("upstream_connect_timeout", 504), backend("upstream_total_timeout", 504), backend("upstream_first_byte_timeout", 504),
    backend("upstream_tls_failed", 502), backend("upstream_closed", 502), backend("upstream_reset", 502),
    backend("upstream_malformed_response", 502), backend("upstream_unsolicited_upgrade", 502), backend("upstream_connect_refused", 502),
    backend("upstream_breaker_open", 503, first=20, told={"retry-after": None}),
    held("upstream_too_many_in_flight", "/bounded", told=SOON), held("upstream_pool_full", "/full", told=SOON),
    held("upstream_queue_timeout", "/queued", status=504), held("too_many_in_flight", "/alone", None, told=SOON),
    backend("throttle_unavailable", 503, None, "/shared",
            told={**SOON, "ratelimit-limit": "1", "ratelimit-remaining": "0", "ratelimit-reset": None}),
    backend("cache_only_if_cached", 504, None, "/cached", fields=[("Cache-Control", "only-if-cached")], text="Gateway Timeout"),
    backend("cache_invalidation_forbidden", 403, "ACCESS_DENIED", "/cached", fields=[("Cache-Control", "no-cache")]),
    backend("bad_path_value", 400, None, "/path", fields=[("X-Tenant", "..")]),
    refusal("body_timeout", 408, None, send=with_body(b"Content-Length: 10\r\n\r\n12345")),
    refusal("body_malformed", 400, None, send=with_body(b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")),
    refusal("body_incomplete", 400, None, send=with_body(b"Content-Length: 10\r\n\r\n12345", end=True)),
    refusal("body_too_large", 413, "REQUEST_TOO_LARGE", send=with_body(b"Transfer-Encoding: chunked\r\n\r\n400\r\n" + b"x" * 1024)),
]


def broken(request_, connection):
    """What the path says."""
    if request_.target == "/upstream_reset":
        connection.reset()
    elif request_.target == "/upstream_malformed_response":
        connection.send(b"nonsense\r\n\r\n")
    elif request_.target == "/upstream_unsolicited_upgrade":
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    elif request_.target == "/upstream_breaker_open":
        connection.answer(status=500)
    else:
        connection.close()


def configuration(rig, style, stuck):
    fails = rig.upstream(broken)
    quick = {"retries": {"attempts": 0}, "ejection": {"failures": 0}}

    def to(url, **more):
        return {"targets": [url], **quick, **more}

    backends = {
        "fails": to(fails.url), "stuck": to(stuck.url), "plain": to(rig.upstream(script=lambda connection: connection.close()).url.replace("http:", "https:")), "gone": to("http://127.0.0.1:1"),
        "silent": to(rig.keep(SilentListener()).url, timeouts={"connect": QUICK}), "late": to(stuck.url, timeouts={"total": QUICK}),
        "mute": to(stuck.url, timeouts={"first_byte": QUICK}), "broken": to(fails.url, breaker={"errors": "50%", "window": "60s", "open": "60s"}),
        "bounded": to(stuck.url, concurrency=1), "full": to(stuck.url, pool={"connections": 1, "queue": 0}),
        "queued": to(stuck.url, pool={"connections": 1, "queue": 10}, timeouts={"connect": QUICK})}
    paths = {"upstream_connect_timeout": "silent", "upstream_total_timeout": "late", "upstream_first_byte_timeout": "mute",
             "upstream_tls_failed": "plain", "upstream_connect_refused": "gone", "upstream_breaker_open": "broken", "upstream_closed": "fails",
             "upstream_reset": "fails", "upstream_malformed_response": "fails", "upstream_unsolicited_upgrade": "fails",
             "bounded": "bounded", "full": "full", "queued": "queued"}
    return {
        "errors": style, "backends": backends, "shared": {"redis": "redis://127.0.0.1:1", "on_failure": "closed", "timeout": "5s"},
        "listeners": [{"address": "127.0.0.1:0", "timeouts": {"head": QUICK, "body": QUICK}}],
        "apis": [{"name": "a", "routes": [
            *({"match": f"GET /{path}", "backend": name} for path, name in paths.items()),
            {"match": "GET /alone", "backend": "stuck", "concurrency": 1},
            {"match": "GET /shared", "mock": {"status": 200}, "throttle": [{"per": "route", "rate": "1/s"}]},
            {"match": "GET /cached", "backend": "fails", "cache": {"invalidate": {"by": "authenticated", "others": "forbid"}}},
            {"match": "GET /path", "backend": "fails", "path": "/of/$header.x-tenant/data"},
            {"match": "POST /body", "backend": "stuck", "limits": {"body": "1000"}}]}]}


@pytest.fixture(scope="module")
def gateways(shared_rig):
    gateways = {}
    for style in ("helpful", "aws"):
        stuck = shared_rig.upstream(lambda _, connection: connection.stall())
        gateway = gateways[style] = shared_rig.gateway(configuration(shared_rig, style, stuck))
        gateway.stuck = stuck
    return gateways


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_helpful_refusal(gateways, case):
    check_helpful(gateways["helpful"], case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_refusal_as_amazon_has_it(gateways, case):
    check_aws(gateways["aws"], case)


@pytest.mark.parametrize("style", ["helpful", "aws"])
@pytest.mark.parametrize("head, status, text, reason", [
    (b"GET /" + b"x" * 70_000, 414, "URI Too Long", "uri_too_long"),
    (b"GET / HTTP/1.1\r\nHost: gateway.test\r\nX-Long: " + b"x" * 70_000, 431, "Request Header Fields Too Large", "head_too_large"),
    (b"GET / HTTP/1.1\r\nHost: gateway.test\r\n" + b"X-Many: 1\r\n" * 500 + b"\r\n", 431, "Request Header Fields Too Large", "too_many_headers"),
    (b"GET / HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "Bad Request", "conflicting_framing"),
    (b"GET / HTTP/1.1\r\n\r\n", 400, "Bad Request", "missing_host"),
    (b"GET / HTTP/1.1\r\nHost: gateway.test\r\n", 408, "Request Timeout", "head_timeout"),
    (b"GET / HTTP/3.0\r\nHost: gateway.test\r\n\r\n", 505, "HTTP Version Not Supported", "unsupported_version"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_a_head_that_cannot_be_understood_is_refused_alike_in_both_styles(gateways, style, head, status, text, reason):
    gateway = gateways[style]
    client = gateway.client()
    client.send(head)
    answer = client.read_response()
    assert (answer.status, answer.json(), answer.closes) == (status, {"message": text}, True)
    assert {name.lower() for name, _ in answer.fields.pairs} == {"date", "content-type", "content-length", "connection"}
    assert gateway.wait_access(reason=reason)["status"] == status
