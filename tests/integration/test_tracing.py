"""Distributed tracing: ids that are passed on, spans that arrive, and collectors that do not behave."""
import json
import pathlib
import subprocess
import threading
import time

import pytest
import references
from fake_upstream import refusing_address
from otlp_collector import Collector
from patience import PATIENCE, poll
from raw_client import RawClient

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
SAMPLED = f"00-{TRACE}-{PARENT}-01"
UNSAMPLED = f"00-{TRACE}-{PARENT}-00"
REFERENCE = pathlib.Path(__file__).parents[1] / "support/node/otlp_reference.js"


@pytest.fixture
def collector(rig):
    return rig.keep(Collector())


def traced(rig, collector, upstream=None, **tracing):
    upstream = upstream or rig.upstream()
    url = collector.url if hasattr(collector, "url") else collector
    gateway = rig.proxy(upstream, route={"match": "GET /orders/{id}"}, tracing={"otlp": url, "sample": "0%", **tracing})
    gateway.upstream = upstream
    return gateway


def test_spans_of_a_sampled_request_arrive(rig, collector):
    gateway = traced(rig, collector, service="edge", headers={"x-tenant": "t-1"})
    answer = gateway.get("/orders/7?key=secret", fields=[("traceparent", SAMPLED), ("tracestate", "rojo=1"), ("User-Agent", "test/1")])
    client, server = sorted(collector.wait_spans(2), key=lambda span: -span["kind"])
    assert (server["traceId"], server["parentSpanId"], server["traceState"], server["name"]) == (TRACE, PARENT, "rojo=1", "GET /orders/{id}")
    expected = {"http.route": "/orders/{id}", "http.request.method": "GET", "url.path": "/orders/7", "url.scheme": "http",
                "server.address": "gateway.test", "client.address": "127.0.0.1", "network.protocol.version": "1.1",
                "user_agent.original": "test/1", "http.response.status_code": 200, "gatehouse.request_id": answer.fields["x-request-id"],
                "gatehouse.api": "everything", "gatehouse.stage": "$default", "gatehouse.reason": "ok"}
    assert server["attributes"] == expected
    assert (client["traceId"], client["parentSpanId"], client["name"]) == (TRACE, server["spanId"], "GET")
    assert client["attributes"] == {"http.request.method": "GET", "server.address": "127.0.0.1", "server.port": gateway.upstream.port,
                                    "http.response.status_code": 200, "gatehouse.backend": "fake"}
    assert int(server["startTimeUnixNano"]) <= int(client["startTimeUnixNano"]) <= int(client["endTimeUnixNano"])
    assert abs(int(server["startTimeUnixNano"]) / 1e9 - time.time()) < PATIENCE
    sent = collector.last
    assert sent.fields["x-tenant"] == "t-1"
    assert collector.bodies()[0]["resourceSpans"][0]["resource"]["attributes"] == [{"key": "service.name", "value": {"stringValue": "edge"}}]
    assert "secret" not in sent.body.decode()
    seen = gateway.upstream.last.fields
    assert (seen["traceparent"], seen["tracestate"]) == (f"00-{TRACE}-{client['spanId']}-01", "rojo=1")
    assert gateway.wait_access(trace_id=TRACE)["status"] == 200
    gateway.wait_metric("gatehouse_trace_spans_exported_total", 2)


def test_the_encoding_is_that_of_opentelemetry(rig, collector):
    with references.required():
        modules = references.node_modules("opentelemetry", {"@opentelemetry/otlp-transformer": "0.57.2"})
    gateway = traced(rig, collector)
    for target in ("/orders/1", "/orders/2", "/nothing"):
        gateway.get(target, fields=[("traceparent", SAMPLED), ("tracestate", "rojo=1")])
    collector.wait_spans(5)
    for body in collector.bodies():
        done = subprocess.run(["node", str(REFERENCE), str(modules)], input=json.dumps(body).encode(), capture_output=True, timeout=PATIENCE * 3)
        assert done.returncode == 0, done.stderr.decode()
        assert normal(json.loads(done.stdout)) == normal(body)


def normal(body):
    """Without what says nothing, and with numbers as one of the forms that the protocol allows."""
    for resource in body["resourceSpans"]:
        resource["resource"].pop("droppedAttributesCount", None)
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("flags", "events", "links", "droppedAttributesCount", "droppedEventsCount", "droppedLinksCount"):
                    assert not span.get(key) or key == "flags"
                    span.pop(key, None)
                span["status"] = {"code": span["status"].get("code", 0)}
                span["attributes"] = sorted((pair["key"], str(next(iter(pair["value"].values()))), type_of(pair["value"])) for pair in span["attributes"])
    return body


def type_of(value):
    return next(iter(value))


def test_what_is_not_sampled_is_passed_on_as_it_came(rig, collector):
    gateway = traced(rig, collector, sample="100%")
    gateway.get("/orders/7", fields=[("traceparent", UNSAMPLED), ("tracestate", "rojo=1")])
    seen = gateway.upstream.last.fields
    assert (seen["traceparent"], seen["tracestate"]) == (UNSAMPLED, "rojo=1")
    assert gateway.wait_access(trace_id=TRACE)["status"] == 200
    gateway.get("/orders/8")
    assert len(collector.wait_spans(2)) == 2  # of the second request alone
    assert TRACE not in {span["traceId"] for span in collector.spans()}


@pytest.mark.parametrize("fields", [
    [("traceparent", "00-nonsense-01"), ("tracestate", "rojo=1")], [("traceparent", SAMPLED), ("traceparent", SAMPLED)],
    [("traceparent", SAMPLED.replace(PARENT, "0" * 16))], [("tracestate", "rojo=1")]])
def test_an_invalid_trace_begins_anew(rig, collector, fields):
    gateway = traced(rig, collector)
    gateway.get("/orders/7", fields=fields)
    seen = gateway.upstream.last.fields
    version, trace, parent, flags = seen["traceparent"].split("-")
    assert (version, len(trace), len(parent), flags) == ("00", 32, 16, "00")
    assert trace != TRACE
    assert "tracestate" not in seen


def test_amazons_header_is_continued(rig, collector):
    gateway = traced(rig, collector)
    gateway.get("/orders/7", fields=[("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")])
    client, server = sorted(collector.wait_spans(2), key=lambda span: -span["kind"])
    assert (server["traceId"], server["parentSpanId"]) == ("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8")
    seen = gateway.upstream.last.fields
    assert seen["x-amzn-trace-id"] == f"Root=1-5759e988-bd862e3fe1be46a994272793;Parent={client['spanId']};Sampled=1"
    assert seen["traceparent"] == f"00-5759e988bd862e3fe1be46a994272793-{client['spanId']}-01"


def test_refusals_and_failures_are_part_of_a_trace(rig, collector):
    gateway = traced(rig, collector, upstream=rig.upstream(lambda _, connection: connection.close()))
    gateway.get("/orders/7", fields=[("traceparent", SAMPLED)])
    spans = collector.wait_spans(2)
    assert {span["status"].get("code") for span in spans} == {2}
    gateway.get("/nothing", fields=[("traceparent", SAMPLED)])
    missing = collector.wait_spans(3)[2]
    assert (missing["name"], missing["attributes"]["gatehouse.reason"], missing["status"]) == ("GET", "route_not_found", {})


def test_spans_that_are_left_are_sent_at_the_end(rig, collector):
    gateway = traced(rig, collector, sample="100%")
    client = gateway.client()
    for i in range(50):
        assert client.get(f"/orders/{i}").status == 200
    gateway.stop()
    assert len(collector.spans()) == 100


def test_a_collector_that_is_busy_is_asked_again(rig):
    answers = iter([(503, [("Retry-After", "1")]), (429, [])])

    def respond(_, connection):
        status, fields = next(answers, (200, []))
        connection.answer(b"{}", status=status, fields=fields)

    collector = rig.keep(Collector(respond))
    gateway = traced(rig, collector)
    gateway.get("/orders/7", fields=[("traceparent", SAMPLED)])
    first, second, third = collector.wait_until(lambda: collector.requests[:3] if len(collector.requests) >= 3 else None, "three exports")
    assert first.body == second.body == third.body
    gateway.wait_metric("gatehouse_trace_spans_exported_total", 2)
    assert gateway.metric("gatehouse_trace_spans_dropped_total") == 0


def test_what_a_collector_refuses_is_lost_and_counted(rig):
    collector = rig.keep(Collector(lambda _, connection: connection.answer(b"no", status=400)))
    gateway = traced(rig, collector)
    gateway.get("/orders/7", fields=[("traceparent", SAMPLED)])
    gateway.wait_metric("gatehouse_trace_spans_dropped_total", 2, reason="refused")
    assert len(collector.requests) == 1
    gateway.wait_log(r" warn trace collector does not take spans.*status 400")


@pytest.mark.parametrize("kind", ["down", "silent"])
def test_a_collector_that_is_down_or_silent_holds_nobody_up(rig, kind):
    """The queue fills, spans are lost and counted, and requests are as quick as without."""
    nobody = refusing_address()
    down = "http://127.0.0.1:%d" % nobody.getsockname()[1]
    collector = down if kind == "down" else rig.keep(Collector(lambda _, connection: connection.stall()))
    gateway = traced(rig, collector, sample="100%")
    slowest = [0.0]

    def ask(count):
        with RawClient(gateway.address) as client:
            for i in range(count):
                began = time.monotonic()
                assert client.get(f"/orders/{i}").status == 200
                slowest[0] = max(slowest[0], time.monotonic() - began)

    threads = [threading.Thread(target=ask, args=(700,)) for _ in range(4)]  # 5,600 spans; the queue has room for 4,096
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    poll(lambda: gateway.metric("gatehouse_trace_spans_dropped_total", reason="queue_full") > 0, "lost spans", every=0.1)
    assert slowest[0] < PATIENCE / 4
    began = time.monotonic()
    gateway.stop()  # gives up on the collector after two seconds
    assert time.monotonic() - began < PATIENCE
    nobody.close()


def test_without_a_collector_there_are_ids(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream, tracing={})
    gateway.get("/x")
    trace = upstream.last.fields["traceparent"].split("-")[1]
    assert gateway.wait_access(trace_id=trace)["path"] == "/x"


def test_a_reload_changes_the_collector(rig, collector):
    gateway = traced(rig, collector)
    gateway.get("/orders/7", fields=[("traceparent", SAMPLED)])
    collector.wait_spans(2)
    other = rig.keep(Collector())
    gateway.reload({"backends": {"fake": {"targets": [gateway.upstream.url]}}, "tracing": {"otlp": other.url},
                    "listeners": [{"address": gateway.authority}],
                    "apis": [{"name": "everything", "routes": [{"match": "$default", "backend": "fake"}]}]})
    gateway.get("/orders/8", fields=[("traceparent", SAMPLED)])
    assert len(other.wait_spans(2)) == 2
    assert len(collector.spans()) == 2
