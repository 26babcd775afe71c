"""A small collector of spans: OTLP over HTTP in JSON, as https://opentelemetry.io/docs/specs/otlp/ has it. Reads strictly."""
import json
import re

from fake_upstream import FakeUpstream

HEX = re.compile(r"[0-9a-f]+\Z")
DIGITS = re.compile(r"[0-9]+\Z")
SPAN_KEYS = {"traceId", "spanId", "parentSpanId", "traceState", "flags", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes",
             "status"}


def read_attributes(pairs):
    """{key: value}, each of the one type that it says."""
    values = {}
    for pair in pairs:
        assert set(pair) == {"key", "value"} and len(pair["value"]) == 1, pair
        (kind, value), = pair["value"].items()
        assert pair["key"] not in values, f"{pair['key']} twice"
        assert kind in ("stringValue", "intValue") and isinstance(value, str), pair
        values[pair["key"]] = int(value) if kind == "intValue" else value
    return values


def read_span(span):
    assert set(span) <= SPAN_KEYS, set(span) - SPAN_KEYS
    assert HEX.match(span["traceId"]) and len(span["traceId"]) == 32
    assert HEX.match(span["spanId"]) and len(span["spanId"]) == 16
    assert "parentSpanId" not in span or (HEX.match(span["parentSpanId"]) and len(span["parentSpanId"]) == 16)
    assert DIGITS.match(span["startTimeUnixNano"]) and DIGITS.match(span["endTimeUnixNano"])
    assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
    assert span["kind"] in (2, 3)
    return {**span, "attributes": read_attributes(span["attributes"])}


class Collector(FakeUpstream):
    """Takes spans; `respond(request, connection)` answers in its place."""

    def __init__(self, respond=None, **how):
        self.respond = respond or (lambda _, connection: connection.answer(b"{}", fields=[("Content-Type", "application/json")]))
        super().__init__(self.collect, **how)

    def collect(self, request, connection):
        assert (request.method, request.target) == ("POST", "/v1/traces"), request.target
        assert request.fields["content-type"] == "application/json"
        self.respond(request, connection)

    def bodies(self):
        return [json.loads(request.body) for request in self.requests]

    def spans(self):
        return [read_span(span) for body in self.bodies() for resource in body["resourceSpans"]
                for scope in resource["scopeSpans"] for span in scope["spans"]]

    def wait_spans(self, count):
        return self.wait_until(lambda: found if len(found := self.spans()) >= count else None, f"{count} spans")
