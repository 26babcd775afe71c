"""Changes to requests and answers on their way, in our form and in Amazon's."""
import json

import pytest
from raw_client import request
from refusals import says
from socket_client import Socket


def mapped(rig, route, serve=None):
    upstream = rig.upstream(serve) if serve else rig.upstream()
    gateway = rig.proxy(upstream, route=route)
    gateway.upstream = upstream
    return gateway


def target(gateway, asked, **how):
    assert gateway.get(asked, **how).status == 200
    return gateway.upstream.last.target


def test_query_is_set_appended_and_removed(rig):
    gateway = mapped(rig, {"request": {"remove_query": ["debug"], "set_query": {"tenant": "$header.x-tenant"},
                                       "append_query": {"tag": "a b&c"}}})
    assert target(gateway, "/x?debug=1&tenant=evil&q=%20", fields=[("X-Tenant", "t/1")]) == "/x?q=%20&tenant=t%2F1&tag=a%20b%26c"
    assert target(gateway, "/x") == "/x?tag=a%20b%26c"


def test_query_that_is_all_removed_leaves_no_question_mark(rig):
    gateway = mapped(rig, {"request": {"remove_query": ["a"]}})
    assert target(gateway, "/x?a=1&a=2") == "/x"
    assert target(gateway, "/x?b=1") == "/x?b=1"


def test_status_of_the_backend_is_mapped_and_a_refusal_is_not(rig):
    gateway = mapped(rig, {"response": {"status": {"404": 200, "502": 200}}},
                     serve=lambda request, connection: connection.answer(status=404) if request.target == "/gone" else connection.close())
    answer = gateway.get("/gone")
    assert (answer.status, answer.reason) == (200, "OK")
    assert gateway.wait_access(path="/gone")["status"] == 200
    assert gateway.get("/cut").status == 502


def test_parameters_in_amazons_form(rig):
    gateway = mapped(rig, {
        "match": "GET /orders/{id}",
        "parameters": {"append:header.x-user": "$request.header.x-caller", "overwrite:header.x-id": "order ${request.path.id}",
                       "remove:header.x-secret": "''", "overwrite:querystring.page": "$request.querystring.p",
                       "remove:querystring.p": "''", "append:querystring.from": "$context.identity.sourceIp",
                       "overwrite:path": "/v2/${request.path.id}"}})
    answer = gateway.get("/orders/7?p=3", fields=[("X-Caller", "ann"), ("X-User", "bob"), ("X-Id", "9"), ("X-Secret", "s")])
    assert answer.status == 200
    seen = gateway.upstream.last
    assert seen.target == "/v2/7?page=3&from=127.0.0.1"
    assert seen.fields.all("x-user") == ["bob", "ann"]
    assert seen.fields["x-id"] == "order 7"
    assert "x-secret" not in seen.fields


@pytest.fixture(scope="module")
def scopes(shared_rig):
    """Validation and changes that are said at the gateway, an API, a stage and a route."""
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}}, "stores": {"main": {"engine": "memory"}}, "dynamodb": {"address": "127.0.0.1:0"},
        "validate": {"headers": ["x-tenant"]},
        "response": {"set_header": {"strict-transport-security": "max-age=600"}, "status": {"200": 203}},
        "apis": [
            {"name": "shop", "request": {"set_header": {"x-tenant": "$header.x-tenant of $context.api"}, "remove_header": ["cookie"]},
             "stages": {"$default": {}, "dev": {"response": {"set_header": {"x-stage": "dev"}}}},
             "routes": [{"match": "GET /a", "backend": "fake"},
                        {"match": "GET /own", "backend": "fake", "request": {"set_header": {"x-own": "1"}}, "response": {}, "validate": {}},
                        {"match": "GET /amazon", "backend": "fake", "parameters": {"append:header.x-amazon": "1"}},
                        {"match": "GET /path", "backend": "fake", "request": {"path": "/other", "limit": "1KB"}}]},
            {"name": "chat", "type": "websocket", "base_path": "/ws", "management": {"auth": "none"}, "routes": [{"match": "$default", "mock": {"body": "pong"}}]}]})
    gateway.upstream = upstream
    return gateway


TENANT = [("X-Tenant", "t1")]


def test_what_an_outer_scope_says_holds_for_all_within(scopes):
    says(scopes.get("/a"), 400, "Missing required request parameters: [x-tenant]", "parameters_missing")
    answer = scopes.get("/a", fields=[*TENANT, ("Cookie", "c=1")])
    assert answer.fields["strict-transport-security"] == "max-age=600"
    assert answer.status == 203
    assert scopes.upstream.last.fields["x-tenant"] == "t1 of shop"
    assert "cookie" not in scopes.upstream.last.fields


def test_headers_of_answers_are_on_refusals_too_and_new_statuses_are_not(scopes):
    for target, status in (("/a", 400), ("/nothing", 404)):
        refused = scopes.get(target)
        assert (refused.status, refused.fields["strict-transport-security"]) == (status, "max-age=600")


def test_a_path_alone_changes_nothing_else(scopes):
    assert scopes.get("/path", fields=[*TENANT, ("Cookie", "c=1")]).status == 203
    seen = scopes.upstream.last
    assert (seen.target, seen.fields["x-tenant"], "cookie" in seen.fields) == ("/other", "t1 of shop", False)


def test_what_an_inner_scope_says_replaces_it(scopes):
    staged = scopes.get("/dev/a", fields=TENANT)
    assert (staged.fields["x-stage"], scopes.upstream.last.fields["x-tenant"]) == ("dev", "t1 of shop")
    assert "strict-transport-security" not in staged.fields
    own = scopes.get("/own", fields=[("Cookie", "c=1")])
    assert own.status == 200 and "strict-transport-security" not in own.fields
    assert (scopes.upstream.last.fields["x-own"], scopes.upstream.last.fields["cookie"]) == ("1", "c=1")
    amazon = scopes.get("/amazon", fields=TENANT)
    assert (scopes.upstream.last.fields["x-amazon"], scopes.upstream.last.fields["x-tenant"]) == ("1", "t1")
    assert amazon.fields["strict-transport-security"] == "max-age=600"


def test_sockets_and_the_protocol_of_tables_are_left_alone(scopes):
    socket = Socket(scopes)
    assert socket.ask("ping") == "pong"
    assert "strict-transport-security" not in socket.head.fields
    assert scopes.get("/ws/@connections").status == 200
    listed = scopes.client(1).exchange("POST", "/", body=b"{}", host="127.0.0.1", fields=[
        ("X-Amz-Target", "DynamoDB_20120810.ListTables"), ("Content-Type", "application/x-amz-json-1.0")])
    assert (listed.status, json.loads(listed.body)) == (200, {"TableNames": []})


def test_response_parameters_by_status(rig):
    gateway = mapped(
        rig, {"response_parameters": {"500": {"overwrite:statuscode": "403", "append:header.x-error": "$response.header.x-cause",
                                              "remove:header.x-cause": "''"},
                                      "200": {"overwrite:header.x-source": "backend"}}},
        serve=lambda request, connection: connection.answer(
            status=500 if request.target == "/bad" else 200, fields=[("X-Cause", "disk"), ("X-Source", "?")]))
    answer = gateway.get("/bad")
    assert (answer.status, answer.fields["x-error"]) == (403, "disk")
    assert "x-cause" not in answer.fields and answer.fields["x-source"] == "?"
    assert gateway.get("/good").fields["x-source"] == "backend"


# ---- Values of the body

@pytest.fixture(scope="module")
def taken(shared_rig):
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({"backends": {"fake": {"targets": [upstream.url]}}, "apis": [{"name": "a", "routes": [
        {"match": "POST /amazon/{id}", "backend": "fake", "parameters": {
            "overwrite:header.x-user": "$request.body.user.name", "append:header.x-item": "first ${request.body.items[0]}|",
            "append:querystring.count": "$request.body.count", "overwrite:path": "/${request.path.id}/${request.body.kind|other}"}},
        {"match": "POST /ours", "backend": "fake", "path": "/to/$body.kind", "request": {
            "limit": "1KB", "set_header": {"x-user": "$body.user.name|nobody"}, "set_query": {"kind": "$body.kind"}}},
        {"match": "POST /checked", "backend": "fake", "validate": {"body": {"required": ["kind"]}}, "path": "/$body.kind"},
        {"match": "POST /whole", "backend": "fake", "parameters": {"append:header.x-body": "$request.body", "append:querystring.b": "$request.body"}},
        {"match": "POST /free", "backend": "fake"}]}]})
    gateway.upstream = upstream
    return gateway


def post(gateway, target, body, content_type="application/json", **how):
    fields = [("Content-Type", content_type), *how.pop("fields", [])]
    answer = gateway.exchange("POST", target, body=body if isinstance(body, bytes) else json.dumps(body).encode(), fields=fields, **how)
    return answer, gateway.upstream.last if answer.status == 200 else None


def test_values_of_a_json_body_go_into_fields_query_and_path(taken):
    body = b' {"user": {"name": "ada"}, "items": ["pen", 2], "count": 3.50, "kind": "a/b"} '
    _, seen = post(taken, "/amazon/7?x=1", body, fields=[("X-User", "spoofed")])
    assert seen.target == "/7/a%2Fb?x=1&count=3.50"
    assert seen.fields.all("x-user") == ["ada"]
    assert seen.fields["x-item"] == "first pen|"
    assert (seen.body, seen.fields["content-length"]) == (body, str(len(body)))  # byte for byte


def test_the_whole_body_is_a_value_too(taken):
    _, seen = post(taken, "/whole", b'{"a": ["\xc3\xa9 \\r\\nX-Admin: 1", 2.50]}')
    assert seen.fields["x-body"].encode("latin-1") == b'{"a":["\xc3\xa9 \\r\\nX-Admin: 1",2.50]}'
    assert "x-admin" not in seen.fields
    assert seen.target == "/whole?b=%7B%22a%22%3A%5B%22%C3%A9%20%5Cr%5CnX-Admin%3A%201%22%2C2.50%5D%7D"
    assert "x-body" not in post(taken, "/whole", b"text", "text/plain")[1].fields


def test_a_body_in_pieces_is_read_as_one(taken):
    with taken.client() as client:
        client.send(request("POST", "/ours", fields=[("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]))
        for piece in (b'{"kind":', b'"split",', b'"user":{"name":"ada"}}'):
            client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        client.send(b"0\r\n\r\n")
        assert client.read_response("POST").status == 200
    assert (taken.upstream.last.target, taken.upstream.last.fields["x-user"]) == ("/to/split?kind=split", "ada")


@pytest.mark.parametrize("body, content_type", [
    (b"not json", "application/json"), (b"{}", "application/json"), (b'{"user": null}', "application/json"), (b"[1]", "application/json"),
    (b'{"user": {"name": "ada"}, "user": {"name": "eve"}}', "application/json"), (b'{"user": {"name": "ada"}}', "text/plain"), (b"", "application/json")])
def test_what_is_missing_is_no_value_whatever_the_client_says(taken, body, content_type):
    _, seen = post(taken, "/amazon/7", body, content_type, fields=[("X-User", "spoofed")])
    assert seen.target == "/7/other"
    assert "x-user" not in seen.fields
    assert seen.body == body


def test_a_value_makes_neither_field_nor_parameter_nor_path(taken):
    _, seen = post(taken, "/ours", {"user": {"name": "ada\r\nX-Admin: 1\r\n\r\nGET / HTTP/1.1"}, "kind": "x?admin=1&b=2\r\n#/../.."})
    assert "x-admin" not in seen.fields
    assert seen.fields["x-user"] == "ada  X-Admin: 1    GET / HTTP/1.1"
    assert seen.target == "/to/x%3Fadmin%3D1%26b%3D2%0D%0A%23%2F..%2F..?kind=x%3Fadmin%3D1%26b%3D2%0D%0A%23%2F..%2F.."
    for kind in ("..", "."):
        answer, _ = post(taken, "/ours", {"kind": kind})
        says(answer, 400, "Bad Request", "bad_path_value")


def test_a_body_beyond_the_limit_is_413_on_routes_that_look_into_it(taken):
    before = len(taken.upstream.requests)
    answer, _ = post(taken, "/ours", {"kind": "x" * 1100})
    assert says(answer, 413, "Payload Too Large", "body_too_large") == "a body that values are taken from may have 1024 bytes (request.limit)"
    with taken.client() as client:  # unread, where the length is told
        client.send(request("POST", "/ours", fields=[("Content-Type", "application/json"), ("Content-Length", "1025"), ("Expect", "100-continue")]))
        answer = client.read_response("POST")
        assert (answer.status, answer.informational) == (413, [])
    assert len(taken.upstream.requests) == before
    assert post(taken, "/ours", b"x" * 5000, "text/plain")[0].status == 200
    assert post(taken, "/amazon/7", {"kind": "k", "more": "x" * 900_000})[1].target == "/7/k"
    assert post(taken, "/amazon/7", {"kind": "k", "more": "x" * 1_100_000})[0].status == 413


def test_a_body_that_is_validated_is_held_once(taken):
    assert post(taken, "/checked", {"kind": "good"})[1].target == "/good"
    assert post(taken, "/checked", {"other": 1})[0].status == 400


def test_routes_of_websocket_apis_have_no_values_of_the_body(rig):
    with pytest.raises(AssertionError) as refused:
        rig.gateway({"backends": {"b": {"targets": ["http://127.0.0.1:1"]}}, "apis": [{"name": "chat", "type": "websocket", "routes": [
            {"match": "a", "backend": "b", "path": "/$body.x"}]}]})
    assert "is for routes of HTTP APIs" in str(refused.value)


@pytest.mark.parametrize("route, said", [
    ({"parameters": {"append:header.Authorization": "x"}}, "cannot be mapped"),
    ({"parameters": {"overwrite:header.x-amz-date": "x"}}, "cannot be mapped"),
    ({"parameters": {"remove:header.access-control-allow-origin": ""}}, "cannot be mapped"),
    ({"parameters": {"overwrite:header.x-gatehouse-route": "x"}}, "cannot be mapped"),
    ({"parameters": {"overwrite:statuscode": "200"}}, "is no mapping of a request"),
    ({"parameters": {"prepend:header.x": "x"}}, "is no mapping"),
    ({"parameters": {"append:header.x": "$stageVariables.y"}}, "the stage '$default' has no variable 'y'"),
    ({"parameters": {"append:header.x": "$request.body[0]"}}, "a path into the body"),
    ({"parameters": {"append:header.x": "$request.body..user"}}, "a path into the body"),
    ({"parameters": {"append:header.x": "$request.body.users[?(@.a)]"}}, "a path into the body"),
    ({"parameters": {"append:header.x": "$response.body.a"}}, "of an answer there is $response.header.x"),
    ({"response_parameters": {"200": {"append:header.x": "$request.body.user"}}}, "is known where a request is changed"),
    ({"response": {"set_header": {"x": "$body.user"}}}, "is known where a request is changed"),
    ({"request": {"limit": "0B"}}, "limit"),
    ({"parameters": {"append:header.x": "$request.headers.y"}}, "unknown variable"),
    ({"parameters": {"overwrite:path": "/a"}, "path": "/b"}, "given twice"),
    ({"response_parameters": {"500": {"overwrite:statuscode": "204"}}}, "has no body"),
    ({"response_parameters": {"abc": {}}}, "a status code"),
    ({"response_parameters": {"500": {"overwrite:querystring.x": "1"}}}, "is no mapping of an answer"),
    ({"request": {"set_header": {"host": "x"}}}, "written by the gateway"),
])
def test_what_cannot_be_mapped_is_refused_when_it_is_configured(rig, route, said):
    with pytest.raises(AssertionError) as refused:
        rig.proxy(["http://127.0.0.1:1"], route=route)
    assert said in str(refused.value)
