"""Requests that pass validation reach their integration as the client sent them. Refusals are in test_refusals.py."""
import json

import pytest
from gateway import run
from raw_client import chunked

SCHEMA = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["item"]}
JSON = [("Content-Type", "application/json")]
BODY = b'{ "item" : "p\\u0065n",\r\n  "note": "\xc3\xa4" } \n'


@pytest.fixture(scope="module")
def validated(shared_rig):
    (shared_rig.folder / "order.json").write_text(json.dumps(SCHEMA))
    upstream = shared_rig.upstream()
    gateway = shared_rig.proxy(upstream, route={
        "match": "POST /orders", "validate": {"body": str(shared_rig.folder / "order.json"), "query": ["page"], "limit": "1MB"}})
    gateway.upstream = upstream
    return gateway


def test_body_is_forwarded_byte_for_byte_with_its_length(validated):
    assert validated.exchange("POST", "/orders?page=1", fields=JSON, body=BODY).status == 200
    seen = validated.upstream.last
    assert (seen.body, seen.fields["content-length"]) == (BODY, str(len(BODY)))
    assert "transfer-encoding" not in seen.fields


def test_body_in_pieces_is_forwarded(validated):
    with validated.client() as client:
        client.send(b"POST /orders?page=1 HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(BODY))
        client.send(BODY[:7])
        client.send(BODY[7:])
        assert client.read_response("POST").status == 200
    assert validated.upstream.last.body == BODY


def test_chunked_body_is_forwarded(validated):
    fields = [*JSON, ("Transfer-Encoding", "chunked")]
    assert validated.exchange("POST", "/orders?page=1", fields=fields, body=chunked(BODY[:9], BODY[9:])).status == 200
    assert validated.upstream.last.body == BODY


def test_large_body_is_forwarded(validated):
    body = json.dumps({"item": "x" * 900_000}).encode()
    assert validated.exchange("POST", "/orders?page=1", fields=JSON, body=body).status == 200
    assert validated.upstream.last.body == body


def test_nothing_refused_reaches_the_backend(validated):
    before = len(validated.upstream.requests)
    client = validated.client()
    for body in (b"{}", b"[]", b"{", b""):
        assert client.exchange("POST", "/orders?page=1", fields=JSON, body=body).status == 400
    assert len(validated.upstream.requests) == before


def test_json_by_suffix_and_without_a_type_is_looked_at(validated):
    for fields in ([], [("Content-Type", "application/problem+json; charset=utf-8")], [("Content-Type", "Application/JSON")]):
        assert validated.exchange("POST", "/orders?page=1", fields=fields, body=b"{}").status == 400
        assert validated.exchange("POST", "/orders?page=1", fields=fields, body=BODY).status == 200


@pytest.mark.parametrize("style, passthrough, status", [("helpful", False, 415), ("helpful", True, 200), ("aws", False, 200)])
def test_body_that_is_no_json(rig, style, passthrough, status):
    gateway = rig.gateway({"errors": style, "apis": [{"name": "a", "routes": [
        {"match": "POST /x", "validate": {"body": SCHEMA, "passthrough": passthrough}, "mock": {"status": 200}}]}]})
    assert gateway.exchange("POST", "/x", fields=[("Content-Type", "text/csv")], body=b"a,b").status == status


def test_validated_item_is_stored(rig):
    gateway = rig.gateway({
        "stores": {"main": {"engine": "embedded", "path": str(rig.folder / "data")}},
        "tables": {"notes": {"key": {"id": "S"}}},
        "apis": [{"name": "a", "routes": [
            {"match": "PUT /notes/{id}", "table": {"name": "notes", "key": {"id": "$path.id"}}, "validate": {"body": SCHEMA}},
            {"match": "GET /notes/{id}", "table": {"name": "notes", "key": {"id": "$path.id"}}}]}]})
    assert gateway.exchange("PUT", "/notes/7", fields=JSON, body=b'{"text":"no item"}').status == 400
    assert gateway.exchange("PUT", "/notes/7", fields=JSON, body=b'{"item":"pen"}').status in (200, 201)
    assert gateway.get("/notes/7").json()["item"] == "pen"


def test_bad_schema_is_refused_with_file_and_place(tmp_path):
    (tmp_path / "order.json").write_text('{"properties":{"count":{"type":"intger"}}}')
    file = tmp_path / "gatehouse.yaml"
    file.write_text("listeners: [{address: 127.0.0.1:0}]\napis:\n- name: a\n  routes:\n"
                    "  - {match: POST /x, mock: {status: 200}, validate: {body: order.json}}\n")
    done = run("check", str(file))
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "gatehouse.yaml:5:" in said and "order.json" in said
    assert '/properties/count/type: unknown type "intger"; did you mean "integer"?' in said
