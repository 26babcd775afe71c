"""The access log, the metrics and the admin listener."""
import datetime
import json
import re
import shutil
import subprocess

import pytest
from gateway import complete, run
from patience import PATIENCE
from raw_client import RawClient, request


@pytest.fixture(scope="module")
def front(shared_rig):
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}},
        "apis": [{"name": "shop", "hosts": ["gateway.test"], "base_path": "/v1", "routes": [
            {"match": "GET /orders/{id}", "backend": "fake"}, {"match": "POST /orders", "backend": "fake"},
            {"match": "GET /ping", "mock": {"body": "pong"}}]}]})
    gateway.upstream = upstream
    return gateway


# ---- Access log

def test_line_tells_everything_about_a_proxied_request(front):
    sent = request("GET", "/v1/orders/7?secret=1", fields=[("User-Agent", "test/1.0"), ("X-Request-Id", "line-1")])
    client = front.client()
    client.send(sent)
    assert client.read_response().status == 200
    line = front.wait_access(request_id="line-1")
    expected = {"client": "127.0.0.1", "method": "GET", "host": "gateway.test", "path": "/v1/orders/7", "protocol": "HTTP/1.1",
                "api": "shop", "route": "GET /v1/orders/{id}", "status": 200, "reason": "ok", "bytes_in": len(sent), "backend": "fake",
                "target": front.upstream.url, "upstream_status": 200, "tries": 1, "user_agent": "test/1.0"}
    assert {name: line[name] for name in expected} == expected
    assert line["bytes_out"] > len(b"upstream\n")
    assert 0 <= line["upstream_ms"] <= line["duration_ms"] < PATIENCE * 1000
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00"))
    assert abs(age.total_seconds()) < PATIENCE
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert "secret" not in json.dumps(line)


def test_line_of_a_mock_names_no_backend(front):
    answer = front.get("/v1/ping")
    line = front.wait_access(request_id=answer.fields["x-request-id"])
    assert (line["status"], "backend" in line) == (200, False)


def test_bytes_of_bodies_are_counted(front):
    client = front.client()
    sent = request("POST", "/v1/orders", body=b"x" * 100_000, fields=[("X-Request-Id", "bytes-1")])
    client.send(sent)
    answer = client.read_response()
    line = front.wait_access(request_id="bytes-1")
    assert line["bytes_in"] == len(sent)
    assert line["bytes_out"] >= len(answer.body)


def test_what_clients_choose_is_escaped(front):
    agent = 'a"b\\c</script>\x80\xff\u00fc'
    answer = front.get("/v1/%0d%0a%22%1b[31m", fields=[("User-Agent", agent)], host="gateway.test")
    assert answer.status == 404
    raw = next(line for line in reversed(wait_raw_lines(front, answer)))
    assert all(0x20 <= ord(c) for c in raw)
    line = json.loads(raw)
    assert line["path"] == "/v1/%0D%0A%22%1B%5B31m"
    assert line["user_agent"].startswith('a"b\\c</script>')


def wait_raw_lines(gateway, answer):
    wanted = answer.fields["x-request-id"]
    return gateway.output.wait(lambda lines: [line for line in lines if wanted in line], f"line of {wanted}")


def test_long_fields_are_cut(front):
    answer = front.get("/v1/" + "p" * 5000, fields=[("User-Agent", "u" * 5000)])
    line = front.wait_access(request_id=answer.fields["x-request-id"])
    assert 500 <= len(line["path"]) <= 1100
    assert 200 <= len(line["user_agent"]) <= 300


def test_refused_heads_have_lines_too(front):
    client = front.client()
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n")
    assert client.read_response().status == 400
    line = front.wait_access(reason="space_before_colon")
    assert (line["client"], line["status"]) == ("127.0.0.1", 400)


def test_log_to_a_file(rig, tmp_path):
    gateway = rig.proxy(rig.upstream(), access_log={"format": "json", "to": str(tmp_path / "access.log")})
    assert gateway.get("/filed").status == 200
    gateway.stop()
    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines()]
    assert [line["path"] for line in lines] == ["/filed"]
    assert gateway.access_log() == []


def test_no_log_at_all(rig):
    gateway = rig.proxy(rig.upstream(), access_log="none")
    assert gateway.get("/x").status == 200
    gateway.stop()
    assert gateway.access_log() == []


def test_log_that_cannot_be_opened_stops_the_start(tmp_path):
    (tmp_path / "gatehouse.yaml").write_text(json.dumps(complete({
        "access_log": {"to": str(tmp_path / "absent/access.log")},
        "apis": [{"name": "a", "routes": [{"match": "$default", "mock": {"status": 200}}]}]})))
    done = run("run", str(tmp_path / "gatehouse.yaml"))
    assert done.returncode == 1
    assert "absent/access.log" in done.stderr


def test_every_line_is_there_when_the_process_ends(rig):
    gateway = rig.proxy(rig.upstream(), workers=2)
    client = gateway.client()
    client.send(b"".join(request("GET", f"/{i}") for i in range(500)))
    assert all(client.read_response().status == 200 for _ in range(500))
    client.close()
    gateway.stop()
    assert [line["path"] for line in gateway.access_log()] == [f"/{i}" for i in range(500)]


# ---- Metrics

def test_promtool_finds_nothing_to_say(rig):
    """A gateway that has seen a bit of everything."""
    promtool = shutil.which("promtool")
    assert promtool, "promtool (Debian package prometheus) is missing"
    gateway = rig.proxy(rig.upstream(), route={"match": "GET /{id}", "throttle": [{"rate": "1/min", "burst": 2}],
                                               "cors": {"origins": ["*"]}})
    for target in ("/a", "/b", "/c", "/d/e"):
        gateway.get(target)
    with gateway.client() as client:
        client.send(b"broken\r\n\r\n")
        client.read_response()
    metrics = gateway.ask_admin("/metrics")
    assert metrics.fields["content-type"].startswith("text/plain; version=0.0.4")
    checked = subprocess.run([promtool, "check", "metrics"], input=metrics.body, capture_output=True, timeout=PATIENCE)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_requests_are_counted_by_route_and_class(rig):
    upstream = rig.upstream(lambda r, c: c.answer(status=int(r.target.rpartition("/")[2])))
    gateway = rig.proxy(upstream, route={"match": "GET /status/{code}"})
    for status in (200, 204, 301, 404, 500, 503):
        gateway.get(f"/status/{status}")
    gateway.get("/elsewhere")

    def count(code, **labels):
        return gateway.metric("gatehouse_requests_total", code=code, **labels)

    route = {"api": "everything", "route": "GET /status/{code}"}
    assert [count(code, **route) for code in ("2xx", "3xx", "4xx", "5xx")] == [2, 1, 1, 2]
    assert count("4xx") == 2
    assert gateway.metric("gatehouse_refusals_total", reason="route_not_found") == 1
    assert gateway.metric("gatehouse_request_duration_seconds_count", **route) == 6
    assert gateway.metric("gatehouse_request_duration_seconds_bucket", le="+Inf", **route) == 6
    assert gateway.metric("gatehouse_upstream_duration_seconds_count", **route) == 6
    assert gateway.metric("gatehouse_request_bytes_total", **route) > 0
    assert gateway.metric("gatehouse_response_bytes_total", **route) > 0


def test_paths_of_strangers_make_no_series(rig):
    gateway = rig.gateway({"apis": [{"name": "a", "routes": [{"match": "GET /x", "mock": {"status": 200}}]}]})
    client = gateway.client()
    for i in range(200):
        client.get(f"/scan/{i}", host=f"host{i}.test")
        client.exchange(f"M{i}", "/x")
    gateway.wait_metric("gatehouse_requests_total", 400, code="4xx")
    assert len(gateway.metrics()) < 100


# ---- Admin

def test_admin_says_that_it_lives_and_is_ready(front):
    for target, body in (("/healthz", b"ok\n"), ("/readyz", b"ready\n")):
        answer = front.ask_admin(target)
        assert (answer.status, answer.body) == (200, body)
        assert front.ask_admin(target, "HEAD").status == 200


def test_status_tells_what_runs(front):
    status = front.status()
    assert status["config_version"] == 1
    assert (status["last_reload_ok"], status["draining"], status["workers"]) == (True, False, 1)
    assert status["listeners"] == [front.authority]


def test_health_command_asks_the_admin_listener(front):
    done = run("health", "--admin", "%s:%d" % front.admin)
    assert (done.returncode, done.stdout) == (0, "ok\n")
    nobody = run("health", "--admin", "127.0.0.1:1")
    assert nobody.returncode == 1
    assert "127.0.0.1:1" in nobody.stderr


def test_admin_refuses_what_it_does_not_know(front):
    assert front.ask_admin("/nothing").status == 404
    assert front.ask_admin("/metrics", "POST").status == 405
    assert front.ask_admin("/reload").status == 405


def test_admin_survives_garbage(front):
    with RawClient(front.admin) as client:
        client.send(b"\0\1\2 garbage\r\n\r\n" * 100)
        client.expect_broken()
    assert front.ask_admin("/healthz").status == 200


def test_admin_pages_are_not_on_the_listeners(front):
    for target in ("/healthz", "/readyz", "/metrics", "/status", "/reload"):
        assert front.get(target).status == 404


# ---- Formats

def test_combined_lines_are_what_web_servers_write(rig):
    gateway = rig.proxy(rig.upstream(), access_log={"format": "combined"})
    gateway.get("/orders?key=secret", fields=[("User-Agent", 'a"b\\'), ("Referer", "http://r.test/p?token=secret")])
    with gateway.client() as client:
        client.send(b"broken\r\n\r\n")
        client.read_response()
    gateway.stop()
    first, second = sorted(gateway.output.text().splitlines(), key=lambda line: "/orders" not in line)
    assert re.fullmatch(r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /orders HTTP/1\.1" 200 \d+ '
                        r'"http://r\.test/p" "a\\"b\\\\"', first), first
    assert re.fullmatch(r'127\.0\.0\.1 - - \[.*\] "- - -" 400 \d+ "-" "-"', second), second


def test_a_format_with_amazons_names(rig):
    gateway = rig.proxy(rig.upstream(), route={"match": "GET /orders/{id}"}, access_log={
        "format": '{"id":"$context.requestId","ip":"$context.identity.sourceIp","route":"$context.routeKey","status":$context.status}'})
    gateway.get("/orders/7", fields=[("X-Request-Id", "fmt-1")])
    assert gateway.wait_access(id="fmt-1") == {"id": "fmt-1", "ip": "127.0.0.1", "route": "GET /orders/{id}", "status": 200}


def test_unknown_names_stop_the_start_and_name_the_nearest(tmp_path):
    (tmp_path / "gatehouse.yaml").write_text(json.dumps(complete({
        "access_log": {"format": "$context.requestID"}, "apis": [{"name": "a", "routes": [{"match": "$default", "mock": {"status": 200}}]}]})))
    done = run("check", str(tmp_path / "gatehouse.yaml"))
    assert done.returncode == 1
    assert "there is no variable $context.requestID: did you mean $context.requestId?" in done.stdout + done.stderr


def test_a_sample_keeps_errors(rig):
    gateway = rig.proxy(rig.upstream(lambda r, c: c.answer(status=503 if r.target == "/bad" else 200)), access_log={"sample": "0%"})
    client = gateway.client()
    for target in ("/good", "/bad", "/good"):
        client.get(target)
    client.close()
    gateway.stop()
    assert [(line["path"], line["status"]) for line in gateway.access_log()] == [("/bad", 503)]


def test_the_line_tells_who_called_and_why_not(rig):
    gateway = rig.proxy(rig.upstream(), route={"match": "GET /orders", "auth": ["partners"]},
                        authorizers={"partners": {"api_key": {"keys": [{"id": "one", "key": "${TEST_KEY:-right}"}]}}})
    gateway.get("/orders", fields=[("x-api-key", "right"), ("X-Request-Id", "who-1")])
    line = gateway.wait_access(request_id="who-1")
    assert (line["auth"], line["key"]) == ("api_key", "one")
    gateway.get("/orders", fields=[("X-Request-Id", "who-2")])
    assert gateway.wait_access(request_id="who-2")["status"] >= 400
    gateway.wait_metric("gatehouse_auth_failures_total", 1, reason=gateway.wait_access(request_id="who-2")["reason"])
