"""CORS as a real browser judges it: pages of two origins, and the gateway on a third."""
import json
import os
import pathlib
import subprocess

import pytest
from references import node_modules, required
from servers import tool

HERE = pathlib.Path(__file__).parent
PACKAGES = {"playwright-core": "1.49.1"}
KEY = {"x-api-key": "right"}


def page(rig):
    return rig.upstream(lambda _, connection: connection.answer(b"<title>page</title>", fields=[("Content-Type", "text/html")]))


class Shop:
    """`shop` may call the gateway, `elsewhere` may not."""

    def __init__(self, rig):
        self.shop, self.elsewhere = page(rig), page(rig)
        self.backend = rig.upstream(lambda request, connection: connection.answer(
            json.dumps({"method": request.method, "cookie": request.fields.get("cookie", "")}).encode(),
            fields=[("Access-Control-Allow-Origin", "https://backend.test"), ("X-Count", "3")]))
        self.gateway = rig.gateway({
            "authorizers": {"partners": {"api_key": {"keys": [{"id": "one", "key": "${TEST_KEY:-right}"}]}}},
            "backends": {"b": {"targets": [self.backend.url]},
                         "down": {"targets": ["http://127.0.0.1:1"], "retries": {"attempts": 0}}},
            "apis": [{"name": "a",
                      "cors": {"origins": [self.shop.url], "methods": ["PUT"], "headers": ["x-api-key", "content-type"],
                               "expose": ["x-count", "x-request-id"], "credentials": True, "max_age": "10m"},
                      "routes": [
                          {"match": "ANY /items", "backend": "b", "auth": ["partners"]},
                          {"match": "GET /open", "backend": "b"},
                          {"match": "GET /down", "backend": "down"},
                          {"match": "GET /never", "throttle": [{"per": "route", "rate": "1/hour"}], "mock": {"status": 200}},
                          {"match": "PUT /small", "limits": {"body": "10"}, "mock": {"status": 200}},
                          {"match": "PUT /order", "validate": {"body": {"required": ["item"]}}, "mock": {"status": 200}}]}]})
        self.gateway.get("/never")

    def asks(self):
        def ask(path, page=self.shop, cookie=None, **options):
            return {"page": page.url, "cookie": cookie, "ask": {"url": self.gateway.url + path, "options": options}}

        return {
            "simple": ask("/open"),
            "refused": ask("/open", page=self.elsewhere),
            "preflighted": ask("/items", method="PUT", headers=KEY),
            "preflight refused": ask("/items", page=self.elsewhere, method="PUT", headers=KEY),
            "method": ask("/items", method="DELETE", headers=KEY),
            "header": ask("/open", headers={"x-other": "1"}),
            "with cookie": ask("/open", cookie="session=7", credentials="include"),
            "without cookie": ask("/open", cookie="session=7", credentials="omit"),
            "401": ask("/items"),
            "403": ask("/items", method="PUT", headers={"x-api-key": "wrong"}),
            "404": ask("/nowhere"),
            "413": ask("/small", method="PUT", body="more than ten bytes"),
            "400": ask("/order", method="PUT", body="{}", headers={"content-type": "application/json"}),
            "429": ask("/never"),
            "502": ask("/down"),
        }


@pytest.fixture(scope="module")
def seen(shared_rig):
    shop = Shop(shared_rig)
    asks = shop.asks()
    with required():
        modules = node_modules("browser", PACKAGES)
    done = subprocess.run([tool("node"), str(HERE / "cors_browser.js"), tool("chromium")], input=json.dumps(list(asks.values())),
                          capture_output=True, text=True, timeout=240, env={**os.environ, "NODE_PATH": str(modules)})
    assert done.returncode == 0, done.stderr
    found = dict(zip(asks, json.loads(done.stdout), strict=True))
    found["backend"] = shop.backend.requests
    found["log"] = shop.gateway.access_log()
    return found


def test_page_that_may_reads_answer_and_exposed_headers(seen):
    answer = seen["simple"]
    assert (answer["status"], json.loads(answer["body"])["method"]) == (200, "GET")
    assert answer["headers"]["x-count"] == "3"  # though the backend named another origin
    assert "x-request-id" in answer["headers"] and "via" not in answer["headers"]


def test_page_from_elsewhere_reads_nothing(seen):
    for name in ("refused", "preflight refused"):
        assert "Failed to fetch" in seen[name]["error"]
        assert "CORS policy" in seen[name]["console"]


def test_preflighted_request_passes_and_its_preflight_needs_no_key(seen):
    answer = seen["preflighted"]
    assert (answer["status"], json.loads(answer["body"])["method"]) == (200, "PUT")
    assert "OPTIONS" not in [request.method for request in seen["backend"]]


def test_browser_names_the_method_and_the_header_that_are_not_allowed(seen):
    assert "DELETE is not allowed by Access-Control-Allow-Methods" in seen["method"]["console"]
    assert "x-other is not allowed by Access-Control-Allow-Headers" in seen["header"]["console"]
    assert "DELETE" not in [request.method for request in seen["backend"]]


def test_cookies_are_sent_where_the_page_asks_for_it(seen):
    assert json.loads(seen["with cookie"]["body"])["cookie"] == "session=7"
    assert json.loads(seen["without cookie"]["body"])["cookie"] == ""


@pytest.mark.parametrize("status, message", [
    ("400", "Invalid request body"), ("401", "Unauthorized"), ("403", "Forbidden"), ("404", "Not Found"),
    ("413", "Payload Too Large"), ("429", "Too Many Requests"), ("502", "Bad Gateway")])
def test_page_reads_the_gateways_own_errors(seen, status, message):
    answer = seen[status]
    assert (answer.get("status"), json.loads(answer.get("body", "{}")).get("message")) == (int(status), message), answer
    assert "x-request-id" in answer["headers"]
