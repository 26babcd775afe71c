"""Answers that are kept and given again (RFC 9111), each rule by what the backend is asked and what the client gets."""
import email.utils
import subprocess
import threading
import time

import pytest
from patience import PATIENCE
from raw_client import request

NOW = email.utils.formatdate(usegmt=True)


class Origin:
    """Answers each target as the test says: a function of the request and how often it came. Counts."""

    def __init__(self, rig):
        self.answers = {}
        self.counts = {}
        self.lock = threading.Lock()
        self.upstream = rig.upstream(self.serve)

    def serve(self, request, connection):
        path = request.target.split("?")[0]
        with self.lock:
            self.counts[path] = count = self.counts.get(path, 0) + 1
        self.answers[path](request, connection, count)

    def says(self, path, *fields, status=200, body=None):
        def answer(_, connection, count):
            connection.answer(body if body is not None else b"answer %d" % count, status=status, fields=fields)

        self.answers[path] = answer

    def asked(self, path):
        return [request for request in self.upstream.requests if request.target.split("?")[0] == path]


@pytest.fixture(scope="module")
def origin(shared_rig):
    return Origin(shared_rig)


@pytest.fixture(scope="module")
def cached(shared_rig, origin):
    keys = {"partners": {"api_key": {"keys": [{"id": "one", "key": "key one"}, {"id": "two", "key": "key two"}]}}}
    routes = [
        {"match": "$default", "backend": "fake"},
        {"match": "GET /ttl", "backend": "fake", "cache": {"ttl": "1h"}},
        {"match": "GET /always", "backend": "fake", "cache": {"ttl": "1h", "freshness": "ttl"}},
        {"match": "GET /never", "backend": "fake", "cache": "none"},
        {"match": "GET /chosen", "backend": "fake", "cache": {"key": {"query": ["a", "b"], "headers": ["x-tenant"]}}},
        {"match": "GET /small", "backend": "fake", "cache": {"max_item": 100}},
        {"match": "GET /shared", "backend": "fake", "auth": ["partners"], "cache": {"credentials": "shared"}},
        {"match": "GET /own", "backend": "fake", "auth": ["partners"], "cache": {"credentials": "per_identity"}},
        {"match": "GET /closed", "backend": "fake", "auth": ["partners"]},
        {"match": "GET /cookies", "backend": "fake", "cache": {"set_cookie": True}},
        {"match": "GET /anybody", "backend": "fake", "cache": {"invalidate": {"by": "anybody"}}},
        {"match": "GET /warned", "backend": "fake", "cache": {"invalidate": {"others": "warn"}}},
        {"match": "GET /forbidden", "backend": "fake", "cache": {"invalidate": {"others": "forbid"}}},
        {"match": "GET /no-head", "backend": "fake", "cache": {"methods": ["GET"]}},
        {"match": "HEAD /no-head", "backend": "fake", "cache": {"methods": ["GET"]}},
        {"match": "GET /compressed", "backend": "fake", "compression": True},
        {"match": "GET /alone", "backend": "fake", "cache": {"wait": "300ms"}}]
    return shared_rig.gateway({
        "workers": 2, "backends": {"fake": {"targets": [origin.upstream.url], "retries": {"attempts": 0}}}, "authorizers": keys, "cache": True,
        "apis": [{"name": "a", "routes": routes},
                 {"name": "other", "hosts": ["other.test"], "routes": [{"match": "$default", "backend": "fake"}]}]})


FRESH = ("Cache-Control", "max-age=3600")


def get(gateway, target, *fields, **how):
    return gateway.get(target, fields=fields, **how)


def test_a_fresh_answer_is_given_again(cached, origin):
    now = email.utils.formatdate(usegmt=True)
    origin.says("/fresh", FRESH, ("ETag", '"v1"'), ("Date", now))
    first = get(cached, "/fresh")
    again = get(cached, "/fresh")
    assert (first.body, first.fields["cache-status"]) == (b"answer 1", "gatehouse; fwd=uri-miss; fwd-status=200; stored")
    assert (again.status, again.body, again.fields["etag"], again.fields["date"]) == (200, b"answer 1", '"v1"', now)
    assert again.fields["cache-status"].startswith("gatehouse; hit; ttl=3")
    assert int(again.fields["age"]) < 60
    assert first.fields["x-request-id"] != again.fields["x-request-id"]
    assert len(origin.asked("/fresh")) == 1


@pytest.mark.parametrize("name, fields, status", [
    ("no-store", [("Cache-Control", "max-age=60, no-store")], 200), ("private", [("Cache-Control", "private, max-age=60")], 200),
    ("nothing-said", [], 200), ("max-age-0", [("Cache-Control", "max-age=0")], 200), ("malformed", [("Cache-Control", "max-age=abc")], 200),
    ("expired", [("Expires", "0")], 200), ("old", [FRESH, ("Age", "3600")], 200), ("vary-all", [FRESH, ("Vary", "*")], 200),
    ("vary-client", [FRESH, ("Vary", "X-Forwarded-For")], 200), ("set-cookie", [FRESH, ("Set-Cookie", "a=b")], 200),
    ("error", [FRESH], 500), ("teapot", [FRESH], 418), ("s-maxage-0", [("Cache-Control", "max-age=60, s-maxage=0")], 200)])
def test_what_is_not_kept(cached, origin, name, fields, status):
    path = f"/not-{name}"
    origin.says(path, *fields, status=status)
    for count in (1, 2):
        answer = get(cached, path)
        assert (answer.status, answer.body) == (status, b"answer %d" % count)
    assert "hit" not in answer.fields["cache-status"]


@pytest.mark.parametrize("name, fields, status", [
    ("s-maxage", [("Cache-Control", "max-age=0, s-maxage=60")], 200), ("expires", [("Date", NOW), ("Expires", email.utils.formatdate(time.time() + 600, usegmt=True))], 200),
    ("not-found", [FRESH], 404), ("moved", [FRESH, ("Location", "/x")], 301), ("public", [("Cache-Control", 'public, max-age="60"')], 200)])
def test_what_is_kept(cached, origin, name, fields, status):
    path = f"/kept-{name}"
    origin.says(path, *fields, status=status)
    assert [get(cached, path).body for _ in range(3)] == [b"answer 1"] * 3
    assert len(origin.asked(path)) == 1


def test_ttl_fills_in_and_with_freshness_ttl_it_wins(cached, origin):
    origin.says("/ttl")
    assert [get(cached, "/ttl").body for _ in range(2)] == [b"answer 1"] * 2
    origin.says("/always", ("Cache-Control", "no-cache, max-age=0"))
    assert [get(cached, "/always").body for _ in range(2)] == [b"answer 1"] * 2
    origin.says("/always", ("Cache-Control", "no-store"))
    assert [get(cached, "/always?x").body for _ in range(2)] == [b"answer 2", b"answer 3"]


def test_cache_none_says_and_does_nothing(cached, origin):
    origin.says("/never", FRESH)
    answers = [get(cached, "/never") for _ in range(2)]
    assert [answer.body for answer in answers] == [b"answer 1", b"answer 2"]
    assert "cache-status" not in answers[1].fields


def test_hosts_queries_and_apis_are_kept_apart(cached, origin):
    origin.says("/apart", FRESH)
    asked = [("/apart", "gateway.test"), ("/apart?", "gateway.test"), ("/apart?a=1", "gateway.test"), ("/apart?a=2", "gateway.test"),
             ("/apart", "b.test"), ("/apart", "other.test")]
    bodies = [cached.get(target, host=host).body for target, host in asked]
    assert len(set(bodies)) == len(asked)
    assert [cached.get(target, host=host).body for target, host in asked] == bodies
    assert cached.get("/apart", host="GATEWAY.test").body == bodies[0]


def test_only_chosen_parameters_and_headers_tell_answers_apart(cached, origin):
    origin.says("/chosen", FRESH)
    first = get(cached, "/chosen?a=1&b=2&c=3").body
    assert get(cached, "/chosen?utm=x&b=2&a=1").body == first
    assert get(cached, "/chosen?%61=1&b=2").body == first
    others = [get(cached, "/chosen?a=1&b=3").body, get(cached, "/chosen?a=1&a=1&b=2").body, get(cached, "/chosen").body,
              get(cached, "/chosen?a=1&b=2", ("X-Tenant", "t")).body, get(cached, "/chosen?a=1&b=2", ("X-Tenant", "")).body]
    assert len({first, *others}) == 6


def test_vary_is_a_second_key(cached, origin):
    origin.says("/vary", FRESH, ("Vary", "Accept-Language"), ("Vary", "x-mode"))
    def ask(*fields):
        return get(cached, "/vary", *fields).body
    german = ask(("Accept-Language", "de"))
    english = ask(("Accept-Language", "en"))
    neither = ask()
    night = ask(("Accept-Language", "de"), ("X-Mode", "night"))
    assert len({german, english, neither, night}) == 4
    assert [ask(("Accept-Language", "de")), ask(("Accept-Language", "en")), ask(), ask(("X-Mode", "night"), ("Accept-Language", "de"))] == [
        german, english, neither, night]
    assert get(cached, "/vary", ("Accept-Language", "fr")).fields["cache-status"].startswith("gatehouse; fwd=vary-miss")


def test_what_the_backend_encoded_is_for_those_who_take_it(cached, origin):
    origin.says("/encoded", FRESH, ("Content-Encoding", "gzip"), body=b"\x1f\x8b not really")
    get(cached, "/encoded", ("Accept-Encoding", "gzip"))
    get(cached, "/encoded", ("Accept-Encoding", "gzip"))
    assert len(origin.asked("/encoded")) == 1
    get(cached, "/encoded")
    assert len(origin.asked("/encoded")) == 2


def test_head_is_answered_from_what_get_left(cached, origin):
    origin.says("/head", FRESH)
    cached.exchange("HEAD", "/head")  # alone it leaves nothing
    get(cached, "/head")
    head = cached.exchange("HEAD", "/head")
    assert (head.status, head.fields["content-length"]) == (200, "8")
    assert "hit" in head.fields["cache-status"]
    assert [request.method for request in origin.asked("/head")] == ["HEAD", "GET"]
    origin.says("/no-head", FRESH)
    get(cached, "/no-head")
    assert cached.exchange("HEAD", "/no-head").fields["cache-status"] == "gatehouse; fwd=method"


def test_clients_that_have_the_answer_get_304_from_the_cache(cached, origin):
    modified = "Mon, 02 Jan 2023 03:04:05 GMT"
    origin.says("/conditional", FRESH, ("ETag", '"v1"'), ("Last-Modified", modified))
    get(cached, "/conditional")
    for condition in (("If-None-Match", '"v1"'), ("If-None-Match", 'W/"v1"'), ("If-None-Match", '"x", "v1"'), ("If-None-Match", "*"),
                      ("If-Modified-Since", modified), ("If-Modified-Since", NOW)):
        answer = get(cached, "/conditional", condition)
        assert (answer.status, answer.body, answer.fields["etag"]) == (304, b"", '"v1"'), condition
        assert "hit" in answer.fields["cache-status"]
    for condition in (("If-None-Match", '"v2"'), ("If-Modified-Since", "Sun, 01 Jan 2023 00:00:00 GMT")):
        assert get(cached, "/conditional", condition).body == b"answer 1"
    assert len(origin.asked("/conditional")) == 1


def test_conditions_of_a_client_do_not_reach_the_backend_and_spoil_nothing(cached, origin):
    origin.says("/unspoiled", FRESH, ("ETag", '"v1"'))
    assert get(cached, "/unspoiled", ("If-None-Match", '"v1"')).status == 304
    assert "if-none-match" not in origin.asked("/unspoiled")[0].fields
    answer = get(cached, "/unspoiled")
    assert (answer.status, answer.body) == (200, b"answer 1")
    assert len(origin.asked("/unspoiled")) == 1


def test_ranges_bypass(cached, origin):
    origin.says("/range", FRESH, ("Content-Range", "bytes 0-3/8"), status=206, body=b"answ")
    for _ in range(2):
        answer = get(cached, "/range", ("Range", "bytes=0-3"))
        assert (answer.status, answer.fields["cache-status"]) == (206, "gatehouse; fwd=bypass; detail=range")
    assert len(origin.asked("/range")) == 2


# ---- Revalidation

def revalidating(origin, path, control, tags, fields=()):
    """Answers 304 to the tag of the moment, from the list `tags`, one for each request."""
    def answer(asked, connection, count):
        tag = tags[min(count, len(tags)) - 1]
        base = [("Cache-Control", control), ("ETag", tag), *fields, ("X-Count", str(count))]
        if asked.fields.get("if-none-match") == tag:
            connection.send("\r\n".join(["HTTP/1.1 304 Same", *(f"{name}: {value}" for name, value in base)]).encode() + b"\r\n\r\n")
        else:
            connection.answer(b"body of " + tag.encode(), fields=base)

    origin.answers[path] = answer


def test_an_answer_that_must_be_asked_about_is_asked_about_by_its_tag(cached, origin):
    revalidating(origin, "/no-cache", "no-cache", ['"v1"', '"v1"', '"v2"'])
    first, second, third = (get(cached, "/no-cache") for _ in range(3))
    assert [answer.body for answer in (first, second, third)] == [b'body of "v1"', b'body of "v1"', b'body of "v2"']
    assert (second.status, second.fields["x-count"]) == (200, "2")
    assert second.fields["cache-status"] == "gatehouse; fwd=stale; fwd-status=304"
    assert [request.fields.get("if-none-match") for request in origin.asked("/no-cache")] == [None, '"v1"', '"v1"']


def test_a_304_makes_an_answer_fresh_again(rig):
    origin = Origin(rig)
    revalidating(origin, "/x", "max-age=1", ['"v1"'])
    gateway = rig.proxy(origin.upstream, cache=True)
    first = gateway.get("/x")
    while not (answer := gateway.get("/x")).fields["cache-status"].startswith("gatehouse; fwd=stale"):
        assert answer.body == first.body
    assert (answer.status, answer.body, answer.fields["x-count"]) == (200, first.body, "2")
    assert gateway.get("/x").fields["x-count"] == "2"


def test_stale_while_revalidate_answers_at_once_and_fetches_in_the_background(rig):
    origin = Origin(rig)
    held = threading.Semaphore(0)

    def answer(_, connection, count):
        if count > 1:
            held.acquire()
        connection.answer(b"answer %d" % count, fields=[("Cache-Control", "max-age=1, stale-while-revalidate=600")])

    origin.answers["/x"] = answer
    gateway = rig.proxy(origin.upstream, cache=True, workers=2)
    assert gateway.get("/x").body == b"answer 1"
    while not (stale := gateway.get("/x")).fields["cache-status"].startswith("gatehouse; hit; ttl=-"):
        assert stale.body == b"answer 1"
    assert (stale.status, stale.body) == (200, b"answer 1")
    origin.upstream.wait_requests(2)
    with gateway.client() as client:  # the connection is not held up, and nobody else is sent
        assert [client.get("/x").body for _ in range(5)] == [b"answer 1"] * 5
    assert len(origin.upstream.requests) == 2
    held.release(100)
    deadline = time.monotonic() + PATIENCE
    while gateway.get("/x").body != b"answer 2":
        assert time.monotonic() < deadline


@pytest.mark.parametrize("failure", ["500", "503", "reset"])
def test_stale_if_error(rig, failure):
    origin = Origin(rig)

    def answer(_, connection, count):
        if count == 1:
            return connection.answer(b"good", fields=[("Cache-Control", "max-age=1, stale-if-error=600"), ("X-Kept", "yes")])
        if failure == "reset":
            return connection.reset()
        return connection.answer(b"bad and longer than the other", status=int(failure), fields=[("X-Bad", "1")])

    origin.answers["/x"] = answer
    gateway = rig.proxy(origin.upstream, cache=True, backend={"retries": {"attempts": 0}})
    assert gateway.get("/x").body == b"good"
    while "hit" in (stale := gateway.get("/x")).fields["cache-status"]:
        pass
    assert (stale.status, stale.body, stale.fields["x-kept"]) == (200, b"good", "yes")
    assert "x-bad" not in stale.fields
    assert stale.fields["cache-status"] == f"gatehouse; fwd=stale; fwd-status={502 if failure == 'reset' else failure}"


# ---- Whose answers

def test_credentials_are_passed_by(cached, origin):
    origin.says("/closed", FRESH)
    key = ("X-Api-Key", "key one")
    assert [get(cached, "/closed", key).body for _ in range(2)] == [b"answer 1", b"answer 2"]
    assert get(cached, "/closed", key).fields["cache-status"] == "gatehouse; fwd=bypass; detail=credentials"
    origin.says("/with", FRESH)
    for fields in ([("Authorization", "Bearer x")], [("Cookie", "a=b")]):
        assert get(cached, "/with", *fields).body != get(cached, "/with", *fields).body
    plain = get(cached, "/with").body
    assert get(cached, "/with").body == plain
    assert get(cached, "/with", ("Cookie", "a=b")).body != plain


def test_credentials_shared_and_per_identity(cached, origin):
    one, two = ("X-Api-Key", "key one"), ("X-Api-Key", "key two")
    origin.says("/shared", FRESH)
    assert [get(cached, "/shared", key).body for key in (one, two, one)] == [b"answer 1"] * 3
    assert get(cached, "/shared").status == 401
    origin.says("/own", ("Cache-Control", "private, max-age=60"))
    assert [get(cached, "/own", key).body for key in (one, two, one, two)] == [b"answer 1", b"answer 2", b"answer 1", b"answer 2"]


def test_answers_with_cookies_are_kept_where_it_is_said(cached, origin):
    origin.says("/cookies", FRESH, ("Set-Cookie", "a=b"))
    assert [get(cached, "/cookies").fields["set-cookie"] for _ in range(2)] == ["a=b"] * 2
    assert len(origin.asked("/cookies")) == 1


# ---- Clients that ask for something else

def test_clients_may_not_invalidate_unless_it_is_said(cached, origin):
    for path in ("/ignored", "/warned", "/forbidden", "/anybody"):
        origin.says(path, FRESH)
        get(cached, path)
    for wish in (("Cache-Control", "max-age=0"), ("Cache-Control", "no-cache"), ("Pragma", "no-cache")):
        ignored = get(cached, "/ignored", wish)
        assert (ignored.body, "warning" in ignored.fields) == (b"answer 1", False)
        warned = get(cached, "/warned", wish)
        assert (warned.body, warned.fields["warning"]) == (b"answer 1", '199 gatehouse "cache invalidation is not allowed"')
        forbidden = get(cached, "/forbidden", wish)
        assert (forbidden.status, forbidden.json()) == (403, {"message": "Forbidden"})
    assert get(cached, "/anybody", ("Cache-Control", "max-age=0")).body == b"answer 2"
    assert get(cached, "/anybody").body == b"answer 2"
    assert get(cached, "/anybody", ("Cache-Control", "max-age=3000")).body == b"answer 2"
    assert get(cached, "/anybody", ("Cache-Control", "min-fresh=4000")).body == b"answer 3"


def test_only_if_cached(cached, origin):
    origin.says("/only", FRESH)
    missing = get(cached, "/only", ("Cache-Control", "only-if-cached"))
    assert (missing.status, missing.json()) == (504, {"message": "Gateway Timeout"})
    get(cached, "/only")
    assert get(cached, "/only", ("Cache-Control", "only-if-cached")).body == b"answer 1"
    assert len(origin.asked("/only")) == 1


def test_no_store_of_a_request_leaves_nothing(cached, origin):
    origin.says("/secretly", FRESH)
    get(cached, "/secretly", ("Cache-Control", "no-store"))
    assert get(cached, "/secretly").body == b"answer 2"
    assert get(cached, "/secretly", ("Cache-Control", "no-store")).body == b"answer 2"


# ---- Bounds

def test_long_answers_pass_and_are_not_kept(cached, origin):
    origin.says("/small", FRESH, body=b"x" * 101)
    assert [get(cached, "/small").body for _ in range(2)] == [b"x" * 101] * 2
    assert len(origin.asked("/small")) == 2

    def chunks(_, connection, __):
        connection.send(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3c\r\n" + b"x" * 60 + b"\r\n")
        connection.send(b"3c\r\n" + b"x" * 60 + b"\r\n0\r\n\r\n")

    origin.answers["/small"] = chunks
    assert [get(cached, "/small?c").body for _ in range(2)] == [b"x" * 120] * 2
    assert len(origin.asked("/small")) == 4


def test_an_answer_that_is_cut_is_not_kept(cached, origin):
    def cut(_, connection, count):
        if count == 1:
            connection.send(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nhalf")
            return connection.close()
        return connection.answer(b"whole", fields=[FRESH])

    origin.answers["/cut"] = cut
    client = cached.client()
    client.send(request("GET", "/cut"))
    client.read_head()
    client.wire.read_exactly(4)
    client.expect_broken()
    assert get(cached, "/cut").body == b"whole"


def test_memory_is_bounded(rig):
    origin = Origin(rig)
    body = b"x" * 50_000
    def answer(asked, connection, _):
        connection.answer(body, fields=[FRESH])
    origin.answers["/x"] = answer
    gateway = rig.proxy(origin.upstream, cache=True, cache_memory="1MB")
    client = gateway.client()
    for number in range(100):
        client.get(f"/x?{number}")
        assert gateway.metric("gatehouse_cache_bytes") <= 1024 * 1024
    assert gateway.metric("gatehouse_cache_entries") <= 20
    assert gateway.metric("gatehouse_cache_evictions_total") >= 80
    assert "hit" in client.get("/x?99").fields["cache-status"]
    assert "hit" not in client.get("/x?0").fields["cache-status"]


# ---- Many who want the same

def ask_all(gateway, target, count):
    clients = [gateway.client() for _ in range(count)]
    for client in clients:
        client.send(request("GET", target))
    return clients


def test_many_clients_of_several_workers_make_one_fetch(cached, origin):
    go = threading.Event()

    def slow(_, connection, count):
        assert go.wait(PATIENCE)
        connection.answer(b"answer %d" % count + b"." * 200_000, fields=[FRESH])

    origin.answers["/popular"] = slow
    clients = ask_all(cached, "/popular", 30)
    origin.upstream.wait_until(lambda: origin.counts.get("/popular"), "a fetch")
    go.set()
    answers = [client.read_response() for client in clients]
    assert {answer.body for answer in answers} == {b"answer 1" + b"." * 200_000}
    assert len(origin.asked("/popular")) == 1


def test_those_who_wait_too_long_go_themselves(cached, origin):
    go = threading.Event()

    def stuck(_, connection, count):
        if count == 1:
            assert go.wait(PATIENCE)
        connection.answer(b"answer %d" % count, fields=[FRESH])

    origin.answers["/alone"] = stuck
    first = ask_all(cached, "/alone", 1)[0]
    origin.upstream.wait_until(lambda: origin.counts.get("/alone"), "a fetch")
    second = get(cached, "/alone")
    assert (second.body, second.fields["cache-status"]) == (b"answer 2", "gatehouse; fwd=uri-miss; detail=wait")
    go.set()
    assert first.read_response().body == b"answer 1"


def test_when_the_first_leaves_another_one_fetches(cached, origin):
    go = threading.Event()

    def serve(_, connection, count):
        if count == 1:
            return connection.stall()
        assert go.wait(PATIENCE)
        return connection.answer(b"answer %d" % count, fields=[FRESH])

    origin.answers["/left"] = serve
    first = ask_all(cached, "/left", 1)[0]
    origin.upstream.wait_until(lambda: origin.counts.get("/left"), "a fetch")
    others = ask_all(cached, "/left", 5)
    first.reset()
    origin.upstream.wait_until(lambda: origin.counts["/left"] == 2, "a second fetch")
    go.set()
    assert {client.read_response().body for client in others} == {b"answer 2"}
    assert len(origin.asked("/left")) == 2


def test_answers_for_nobody_else_do_not_make_others_wait_in_turn(cached, origin):
    origin.says("/mine", ("Cache-Control", "no-store"))
    assert len({get(cached, "/mine").body for _ in range(3)}) == 3
    answers = [client.read_response() for client in ask_all(cached, "/mine", 10)]
    assert len({answer.body for answer in answers}) == 10


# ---- Invalidation

@pytest.mark.parametrize("method, status, kept", [("POST", 200, False), ("PUT", 204, False), ("DELETE", 303, False), ("POST", 404, True), ("OPTIONS", 200, True)])
def test_unsafe_requests_invalidate_their_uri(cached, origin, method, status, kept):
    path = f"/unsafe-{method.lower()}-{status}"

    def answer(asked, connection, count):
        if asked.method == method and status == 204:
            return connection.send(b"HTTP/1.1 204 Done\r\n\r\n")
        return connection.answer(b"answer %d" % count, status=status if asked.method == method else 200, fields=[FRESH])

    origin.answers[path] = answer
    assert [get(cached, path + query).body for query in ("", "", "?q")] == [b"answer 1", b"answer 1", b"answer 2"]
    assert cached.exchange(method, path, body=b"x").status == status
    assert ("hit" in get(cached, path).fields["cache-status"]) == kept
    assert ("hit" in get(cached, path + "?q").fields["cache-status"]) == kept


def test_flush_by_admin(cached, origin):
    for path in ("/flush/a", "/flush/b", "/flushed"):
        origin.says(path, FRESH)
        get(cached, path)
    def kept():
        return [path for path in ("/flush/a", "/flush/b", "/flushed") if "hit" in get(cached, path, ("Cache-Control", "only-if-cached")).fields.get("cache-status", "")]
    assert cached.ask_admin("/cache/flush").status == 405
    assert cached.ask_admin("/cache/flush?pth=/x", "POST").status == 400
    assert cached.ask_admin("/cache/flush", "POST", fields=[("Origin", "https://evil.test")]).status == 403
    assert cached.ask_admin("/cache/flush?path=%2Fflush%2Fb", "POST").json() == {"flushed": 1}
    assert kept() == ["/flush/a", "/flushed"]
    assert cached.ask_admin("/cache/flush?api=other", "POST").json()["flushed"] >= 0
    assert kept() == ["/flush/a", "/flushed"]
    assert cached.ask_admin("/cache/flush?api=a&path=/flush", "POST").json()["flushed"] == 2
    assert kept() == []


def test_reload_forgets_only_routes_that_changed(rig):
    origin = Origin(rig)
    origin.says("/one", FRESH)
    origin.says("/two", FRESH)
    def config(timeout):
        return {"backends": {"fake": {"targets": [origin.upstream.url]}}, "cache": True,
                "apis": [{"name": "a", "routes": [{"match": "GET /one", "backend": "fake", "timeouts": {"total": timeout}},
                                                  {"match": "GET /two", "backend": "fake"}]}]}
    gateway = rig.gateway(config("5s"))
    for path in ("/one", "/two"):
        gateway.get(path)
    gateway.reload(config("6s"))
    assert (gateway.get("/one").body, gateway.get("/two").body) == (b"answer 2", b"answer 1")


# ---- With other steps

def test_kept_answers_are_compressed_for_each_client(cached, origin):
    text = b"a text that is long enough " * 100
    origin.says("/compressed", FRESH, ("Content-Type", "text/plain"), ("ETag", '"v1"'), body=text)
    packed = get(cached, "/compressed", ("Accept-Encoding", "gzip"))
    plain = get(cached, "/compressed")
    again = get(cached, "/compressed", ("Accept-Encoding", "br"))
    assert (packed.fields["content-encoding"], plain.body, again.fields["content-encoding"]) == ("gzip", text, "br")
    assert get(cached, "/compressed", ("Accept-Encoding", "gzip"), ("If-None-Match", packed.fields["etag"])).status == 304
    assert len(origin.asked("/compressed")) == 1
    assert "accept-encoding" not in origin.asked("/compressed")[0].fields


def test_curl_reads_kept_answers_compressed(cached, origin):
    origin.says("/compressed", FRESH, ("Content-Type", "text/plain"), body=b"for curl " * 500)
    for _ in range(2):
        got = subprocess.run(["curl", "-sS", "--compressed", f"{cached.url}/compressed?curl"], capture_output=True, check=True, timeout=30).stdout
        assert got == b"for curl " * 500


def test_what_the_cache_did_is_counted(cached, origin):
    origin.says("/counted", FRESH)
    def counted(result):
        return cached.metric("gatehouse_cache_requests_total", api="a", result=result)
    before = {result: counted(result) for result in ("hit", "miss", "bypass")}
    get(cached, "/counted")
    get(cached, "/counted")
    get(cached, "/counted", ("Range", "bytes=0-1"))
    assert {result: counted(result) - number for result, number in before.items()} == {"hit": 1, "miss": 1, "bypass": 1}
