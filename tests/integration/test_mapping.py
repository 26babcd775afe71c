"""Changes to requests and answers on their way, in our form and in Amazon's."""
import pytest


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


@pytest.mark.parametrize("route, said", [
    ({"parameters": {"append:header.Authorization": "x"}}, "cannot be mapped"),
    ({"parameters": {"overwrite:header.x-amz-date": "x"}}, "cannot be mapped"),
    ({"parameters": {"remove:header.access-control-allow-origin": ""}}, "cannot be mapped"),
    ({"parameters": {"overwrite:header.x-gatehouse-route": "x"}}, "cannot be mapped"),
    ({"parameters": {"overwrite:statuscode": "200"}}, "is no mapping of a request"),
    ({"parameters": {"prepend:header.x": "x"}}, "is no mapping"),
    ({"parameters": {"append:header.x": "$stageVariables.y"}}, "'$stageVariables' is not available in this version"),
    ({"parameters": {"append:header.x": "$request.body.user"}}, "'$request.body' is not available in this version"),
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
