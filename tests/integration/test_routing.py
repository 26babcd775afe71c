"""Which route takes a request: the running gateway, `gatehouse explain` and `gatehouse routes` must say the same."""
import json

import pytest
from gateway import run
from raw_client import request

NOT_FOUND, NOT_ALLOWED = (404, {"message": "Not Found"}), (405, {"message": "Method Not Allowed"})


def mock(match, **more):
    """A route that answers with its own name and its path's variables."""
    body = json.dumps({"route": match, **more.pop("told", {})})
    return {"match": match, "mock": {"body": body.replace("$", "$$"), "headers": {"x-route": match.replace("$", "$$")}}, **more}


def routes(*matches):
    return {"apis": [{"name": "a", "routes": [mock(match) if isinstance(match, str) else match for match in matches]}]}


SHOP = {"apis": [
    {"name": "shop", "hosts": ["shop.test"], "base_path": "/v1", "routes": [
        mock("GET /orders"), mock("POST /orders"), mock("GET /orders/{id}"), mock("GET /orders/open"), mock("ANY /orders/{id}/items"),
        mock("GET /files/{proxy+}"), mock("ANY /files/readme"), mock("DELETE /files/{name}"), mock("GET /only/get"),
        mock("GET /slash/"), mock("GET /a/{x}/c"), mock("GET /a/b/{y}"), mock("GET /head"), mock("HEAD /own-head"), mock("GET /own-head")]},
    {"name": "deeper", "hosts": ["shop.test"], "base_path": "/v1/deeper", "routes": [mock("GET /x")]},
    {"name": "wild", "hosts": ["*.shop.test", "*.eu.shop.test"], "routes": [mock("$default")]},
    {"name": "special", "hosts": ["special.eu.shop.test"], "routes": [mock("GET /here")]},
    {"name": "any", "routes": [mock("GET /any"), mock("$default")]},
]}

# host, method, path, and what answers: the route's API and match, or a status
CASES = [
    ("shop.test", "GET", "/v1/orders", "GET /orders"),
    ("shop.test", "POST", "/v1/orders", "POST /orders"),
    ("shop.test", "GET", "/v1/orders/7", "GET /orders/{id}"),
    ("shop.test", "GET", "/v1/orders/open", "GET /orders/open"),
    ("shop.test", "GET", "/v1/orders/OPEN", "GET /orders/{id}"),
    ("shop.test", "GET", "/v1/orders/a%2Fb", "GET /orders/{id}"),
    ("shop.test", "PUT", "/v1/orders/7/items", "ANY /orders/{id}/items"),
    ("shop.test", "GET", "/v1/files/a/b/c", "GET /files/{proxy+}"),
    ("shop.test", "GET", "/v1/files/readme", "ANY /files/readme"),
    ("shop.test", "DELETE", "/v1/files/readme", "ANY /files/readme"),
    ("shop.test", "DELETE", "/v1/files/other", "DELETE /files/{name}"),
    ("shop.test", "GET", "/v1/files/other", "GET /files/{proxy+}"),
    ("shop.test", "GET", "/v1/a/b/c", "GET /a/b/{y}"),
    ("shop.test", "GET", "/v1/a/z/c", "GET /a/{x}/c"),
    ("shop.test", "GET", "/v1/slash/", "GET /slash/"),
    ("shop.test", "HEAD", "/v1/head", "GET /head"),
    ("shop.test", "HEAD", "/v1/own-head", "HEAD /own-head"),
    ("shop.test:8080", "GET", "/v1/orders", "GET /orders"),
    ("SHOP.test", "GET", "/v1/orders", "GET /orders"),
    ("shop.test", "GET", "/v1/./x/../orders", "GET /orders"),
    ("shop.test", "GET", "/v1/deeper/x", "GET /x"),
    ("a.shop.test", "GET", "/v1/orders", "$default"),
    ("a.eu.shop.test", "BREW", "/", "$default"),
    ("special.eu.shop.test", "GET", "/here", "GET /here"),
    ("elsewhere.test", "GET", "/any", "GET /any"),
    ("elsewhere.test", "POST", "/any", "$default"),
    ("elsewhere.test", "GET", "/v1/orders", "$default"),
    ("shop.test", "GET", "/v1/slash", 404),
    ("shop.test", "GET", "/v1/orders/", 404),
    ("shop.test", "GET", "/v1/Orders", 404),
    ("shop.test", "GET", "/v1/files", 404),
    ("shop.test", "GET", "/v1/nothing", 404),
    ("shop.test", "GET", "/v1", 404),
    ("shop.test", "GET", "/v1/deeper/orders", 404),
    ("special.eu.shop.test", "GET", "/elsewhere", 404),
    ("shop.test", "PUT", "/v1/orders", 405),
    ("shop.test", "POST", "/v1/only/get", 405),
    ("shop.test", "OPTIONS", "/v1/only/get", 405),
    ("shop.test", "POST", "/v1/files/a/b", 405),
]


@pytest.fixture(scope="module")
def shop(shared_rig):
    return shared_rig.gateway(SHOP)


@pytest.mark.parametrize("host, method, path, expected", CASES, ids=[" ".join(case[:3]) for case in CASES])
def test_request_finds_its_route_and_explain_agrees(shop, host, method, path, expected):
    answer = shop.exchange(method, path, host=host)
    explained = run("explain", method, f"http://{host}{path}", "-c", str(shop.file), "--json")
    told = json.loads(explained.stdout)
    if isinstance(expected, int):
        assert answer.status == expected
        assert (told["matched"], told["status"], explained.returncode) == (False, expected, 1)
    else:
        assert (answer.status, answer.fields["x-route"]) == (200, expected)
        assert (told["matched"], explained.returncode) == (True, 0)
        assert told["route"] == shop.wait_access(request_id=answer.fields["x-request-id"])["route"]
        assert told["route"].split()[-1].endswith(expected.split()[-1])


def test_not_found_and_not_allowed_are_json(shop):
    answer = shop.get("/v1/nothing", host="shop.test")
    assert ((answer.status, answer.json()), answer.fields["content-type"]) == (NOT_FOUND, "application/json")
    assert "allow" not in answer.fields
    answer = shop.exchange("PATCH", "/v1/orders", host="shop.test")
    assert ((answer.status, answer.json()), answer.fields["content-type"]) == (NOT_ALLOWED, "application/json")
    assert answer.fields["allow"] == "GET, HEAD, POST"
    lines = {line["reason"]: line for line in (shop.wait_access(reason="route_not_found", path="/v1/nothing"),
                                               shop.wait_access(reason="method_not_allowed", method="PATCH"))}
    assert all(line["api"] == "shop" for line in lines.values())


def test_head_of_what_is_not_there_has_no_body(shop):
    client = shop.client()
    for target, status in (("/v1/nothing", 404), ("/v1/orders/7/nothing", 404)):
        answer = client.exchange("HEAD", target, host="shop.test")
        assert (answer.status, answer.fields["content-length"]) == (status, str(len('{"message":"Not Found"}')))
    assert client.get("/v1/orders", host="shop.test").status == 200


def test_no_api_at_all_is_404(rig):
    gateway = rig.gateway({"apis": [{"name": "a", "hosts": ["a.test"], "base_path": "/b", "routes": [mock("$default")]}]})
    for host, path in (("other.test", "/b/x"), ("a.test", "/x"), ("a.test", "/bx"), ("a.test", "/")):
        answer = gateway.get(path, host=host)
        assert (answer.status, answer.json()) == NOT_FOUND, (host, path)
    assert gateway.get("/b", host="a.test").status == 200
    assert gateway.get("/b/", host="a.test").status == 200


def test_unknown_paths_keep_the_connection(shop):
    client = shop.client()
    for _ in range(3):
        assert client.get("/v1/nothing", host="shop.test").status == 404
    assert client.exchange("POST", "/v1/nothing", host="shop.test", body=b"x" * 1000).status == 404
    assert client.get("/v1/orders", host="shop.test").status == 200


def test_order_in_the_file_makes_no_difference(rig):
    matches = ["$default", "ANY /{proxy+}", "ANY /{x}/b", "ANY /a/{y}", "GET /a/{y}", "ANY /a/b", "GET /a/b"]
    expected = {("GET", "/a/b"): "GET /a/b", ("PUT", "/a/b"): "ANY /a/b", ("GET", "/a/c"): "GET /a/{y}", ("PUT", "/a/c"): "ANY /a/{y}",
                ("GET", "/c/b"): "ANY /{x}/b", ("GET", "/c/d"): "ANY /{proxy+}", ("GET", "/"): "$default"}
    for order in (matches, matches[::-1], matches[3:] + matches[:3]):
        gateway = rig.gateway(routes(*order))
        for (method, path), match in expected.items():
            assert gateway.exchange(method, path).fields["x-route"] == match, (order, method, path)


def test_less_specific_route_with_the_method_wins_over_405(rig):
    gateway = rig.gateway(routes("POST /a", "GET /{x}"))
    assert gateway.get("/a").fields["x-route"] == "GET /{x}"
    answer = gateway.exchange("DELETE", "/a")
    assert (answer.status, answer.fields["allow"]) == (405, "GET, HEAD, POST")


def test_conditions_choose_between_routes(rig):
    gateway = rig.gateway(routes(
        "GET /v",
        mock("GET /v", when={"headers": {"X-Version": "2"}}, told={"when": "two"}),
        mock("GET /v", when={"headers": {"X-Version": "2"}, "query": {"debug": "*"}}, told={"when": "two and debug"}),
        mock("GET /v", when={"query": {"q": "a b"}}, told={"when": "a b"})))

    def told(path, *fields):
        return gateway.get(path, fields=fields).json().get("when")

    assert told("/v") is None
    assert told("/v", ("x-version", "2")) == "two"
    assert told("/v", ("x-version", "3")) is None
    assert told("/v?debug", ("x-version", "2")) == "two and debug"
    assert told("/v?x&debug=1", ("X-VERSION", "2")) == "two and debug"
    assert told("/v?debug") is None
    assert told("/v?q=a+b") == "a b"
    assert told("/v?q=a%20b") == "a b"
    assert told("/v?q=a") is None


def test_explain_looks_at_headers_and_query(rig):
    gateway = rig.gateway(routes("GET /v", mock("GET /v", when={"headers": {"x-version": "2"}, "query": {"q": "1"}})))
    told = json.loads(run("explain", "GET", "http://h/v?q=1", "-H", "X-Version: 2", "-c", str(gateway.file), "--json").stdout)
    other = json.loads(run("explain", "GET", "http://h/v?q=1", "-c", str(gateway.file), "--json").stdout)
    assert told["matched"] and other["matched"]
    assert told["position"] != other["position"]


def test_condition_that_does_not_hold_is_404_when_nothing_else_is_there(rig):
    gateway = rig.gateway(routes(mock("GET /v", when={"headers": {"x-version": "2"}})))
    assert gateway.get("/v").status == 404
    assert gateway.get("/v", fields=[("X-Version", "2")]).status == 200


def test_variables_are_decoded_in_bodies(rig):
    route = {"match": "GET /a/{x}/{rest+}", "mock": {"body": "${path.x}:${path.rest}"}}
    gateway = rig.gateway({"apis": [{"name": "a", "routes": [route]}]})
    assert gateway.get("/a/b%20c/d/e%2Ff").body == b"b c:d/e/f"


def test_options_reaches_a_route_that_wants_it(rig):
    upstream = rig.upstream()
    gateway = rig.gateway({"backends": {"fake": {"targets": [upstream.url]}},
                           "apis": [{"name": "a", "routes": [{"match": "OPTIONS /x", "backend": "fake"},
                                                             {"match": "ANY /y", "backend": "fake"}]}]})
    assert gateway.exchange("OPTIONS", "/x").status == 200
    assert gateway.exchange("OPTIONS", "/y").status == 200
    assert [one.method for one in upstream.requests] == ["OPTIONS", "OPTIONS"]


def test_options_of_the_server_as_a_whole_is_answered(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream)
    client = gateway.client()
    client.send(request("OPTIONS", "*"))
    answer = client.read_response()
    assert (answer.status, upstream.targets()) == (404, [])
    assert client.get("/next").status == 200


def test_routes_lists_every_route_with_its_steps(shop):
    rows = json.loads(run("routes", str(shop.file), "--json").stdout)
    listed = {(row["api"], row["method"], row["path"]) for row in rows}
    assert len(rows) == sum(len(api["routes"]) for api in SHOP["apis"])
    for api in SHOP["apis"]:
        for route in api["routes"]:
            if route["match"] != "$default":
                method, path = route["match"].split()
                assert (api["name"], method, api.get("base_path", "") + path) in listed
    assert all("metrics" in row["steps"] for row in rows)
    text = run("routes", str(shop.file)).stdout
    assert text.splitlines()[0].split() == ["METHOD", "HOSTS", "PATH", "INTEGRATION", "STEPS"]
    assert len(text.splitlines()) == len(rows) + 1


def test_explain_names_the_steps_in_the_order_they_run(rig):
    gateway = rig.gateway({
        "authorizers": {"partners": {"api_key": {"keys": [{"id": "k", "sha256": "0" * 64}]}}},
        "apis": [{"name": "a", "cors": {"origins": ["https://a.test"]}, "auth": ["partners"], "throttle": [{"rate": "5/s"}],
                  "limits": {"body": "1KB"},
                  "routes": [{"match": "GET /x/{id}", "mock": {"status": 200}, "response": {"set_header": {"x-a": "b"}}}]}]})
    done = run("explain", "GET", "https://h.test/x/7", "-c", str(gateway.file), "--json")
    told = json.loads(done.stdout)
    assert [step["name"] for step in told["steps"]] == ["access log", "metrics", "overload", "limits", "cors", "authentication", "throttle", "transform"]
    assert (told["variables"], told["path"], told["api"]) == ({"id": "7"}, "/x/7", "a")
    text = run("explain", "GET", "https://h.test/x/7", "-c", str(gateway.file)).stdout
    assert "GET /x/{id}" in text and "authentication" in text


def test_ten_thousand_routes_answer(rig):
    gateway = rig.gateway(routes(*[f"GET /r{i}/{{x}}/s{i % 7}" for i in range(10_000)]))
    client = gateway.client()
    for i in (0, 1, 4999, 9999):
        assert client.get(f"/r{i}/v/s{i % 7}").fields["x-route"] == f"GET /r{i}/{{x}}/s{i % 7}"
    assert client.get("/r5/v/s6").status == 404
