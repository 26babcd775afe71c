"""An API with stages: the same routes several times over, each with settings, variables and counters of its own."""
import json
import re

import boto3
import pytest
from botocore.config import Config
from gateway import complete, run
from refusals import says
from socket_client import Socket

SECRET = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"  # SHA-256 of "secret"
KEYS = {"keys": {"api_key": {"keys": [{"id": "ada", "sha256": SECRET}]}}}
SHOWN = [("X-Api-Key", "secret")]


def shop(rig, stages, routes, api=None, backends=None, **config):
    """A gateway with the API `shop` at /v1, and the backends `blue` and `green`, each of which says its name."""
    blue = rig.upstream(lambda _, connection: connection.answer(b"blue"))
    green = rig.upstream(lambda _, connection: connection.answer(b"green"))
    gateway = rig.gateway({"backends": {"blue": {"targets": [blue.url]}, "green": {"targets": [green.url]}, **(backends or {})},
                           "apis": [{"name": "shop", "base_path": "/v1", **(api or {}), "stages": stages, "routes": routes}], **config})
    gateway.blue, gateway.green = blue, green
    return gateway


# ---- Where they are, and what is in them

@pytest.fixture(scope="module")
def gateway(shared_rig):
    return shop(
        shared_rig,
        {"$default": {}, "dev": {"variables": {"pool": "green"}, "throttle": [{"per": "stage", "rate": "3/day", "burst": 3}]},
         "beta": {"hosts": ["beta.example.com"], "base_path": "/v1", "variables": {"greeting": "beta"}, "auth": ["keys"], "errors": "aws",
                  "cors": {"origins": ["https://beta.example.com"]}},
         "limited": {"limits": {"body": "10B"}}},
        [{"match": "GET /orders/{id}", "backend": "$stage.pool", "path": "/${stage.pool}/{id}",
          "parameters": {"append:header.x-stage": "${stageVariables.pool} $context.stage"}},
         {"match": "GET /hello", "mock": {"body": "$stage.greeting|hello from $context.stage"}},
         {"match": "GET /limited", "mock": {"body": "ok"}, "throttle": [{"rate": "2/day", "burst": 2}]},
         {"match": "POST /orders", "mock": {"status": 201}}],
        api={"variables": {"pool": "blue"}}, authorizers=KEYS)


@pytest.mark.parametrize("target, host, body, seen", [
    ("/v1/orders/7", None, b"blue", "/blue/7"), ("/v1/dev/orders/7", None, b"green", "/green/7")])
def test_each_stage_has_its_path_and_its_variables(gateway, target, host, body, seen):
    answer = gateway.get(target)
    assert (answer.status, answer.body) == (200, body)
    upstream = gateway.blue if body == b"blue" else gateway.green
    assert upstream.last.target == seen
    assert upstream.last.fields["x-stage"] == body.decode() + " " + ("$default" if body == b"blue" else "dev")


def test_a_stage_may_have_a_host_and_settings_of_its_own(gateway):
    def ask(fields=()):
        return gateway.exchange("GET", "/v1/hello", host="beta.example.com", fields=fields)
    refused = ask()
    assert (refused.status, refused.body) == (403, b'{"message":"Forbidden"}')  # as Amazon refuses keys
    passed = ask([*SHOWN, ("Origin", "https://beta.example.com")])
    assert (passed.status, passed.body) == (200, b"beta from beta")
    assert passed.fields["access-control-allow-origin"] == "https://beta.example.com"
    elsewhere = gateway.exchange("GET", "/v1/hello", fields=[("Origin", "https://beta.example.com")])
    assert (elsewhere.status, elsewhere.body) == (200, b"hello from $default")
    assert "access-control-allow-origin" not in elsewhere.fields


def test_the_name_of_a_stage_comes_before_routes_of_the_default(gateway):
    answer = gateway.get("/v1/dev/nowhere")
    assert answer.status == 404
    assert gateway.wait_access(request_id=answer.fields["x-request-id"])["api"] == "shop/dev"


def test_limits_of_a_stage_hold_there_alone(gateway):
    body = b"x" * 20
    assert gateway.exchange("POST", "/v1/limited/orders", body=body).status == 413
    assert gateway.exchange("POST", "/v1/orders", body=body).status == 201


def test_log_and_metrics_tell_stages_apart(gateway):
    answer = gateway.get("/v1/hello")
    assert gateway.wait_access(request_id=answer.fields["x-request-id"])["api"] == "shop"
    answer = gateway.exchange("GET", "/v1/hello", host="beta.example.com", fields=SHOWN)
    assert gateway.wait_access(request_id=answer.fields["x-request-id"])["api"] == "shop/beta"
    for api, route in (("shop", "GET /v1/hello"), ("shop/beta", "GET /v1/hello")):
        assert gateway.metric("gatehouse_requests_total", api=api, route=route) >= 1


# ---- Throttling

def passing(gateway, target, times):
    return [gateway.get(target).status for _ in range(times)].count(200)


def test_buckets_are_the_stages_own(rig):
    gateway = shop(rig, {"$default": {}, "dev": {"throttle": [{"per": "stage", "rate": "3/day", "burst": 3}]}},
                   [{"match": "GET /a", "mock": {}}, {"match": "GET /b", "mock": {}},
                    {"match": "GET /c", "mock": {}, "throttle": [{"rate": "2/day", "burst": 2}]}])
    assert passing(gateway, "/v1/dev/a", 2) == 2
    assert passing(gateway, "/v1/dev/b", 3) == 1  # of the same bucket
    says(gateway.get("/v1/dev/a"), 429, "Too Many Requests", "throttled")
    assert passing(gateway, "/v1/a", 10) == 10
    # A route in one stage is another than in the next.
    assert passing(gateway, "/v1/dev/c", 5) == 2
    assert passing(gateway, "/v1/c", 5) == 2


def test_what_an_api_says_holds_for_all_its_stages_together(rig):
    rules = [{"per": "api", "rate": "5/day", "burst": 5}, {"per": "client_ip", "rate": "6/day", "burst": 6}]
    gateway = shop(rig, {"one": {}, "two": {}}, [{"match": "GET /a", "mock": {}}], api={"throttle": rules})
    assert passing(gateway, "/v1/one/a", 3) == 3
    assert passing(gateway, "/v1/two/a", 10) == 2


# ---- Who may pass

def test_what_an_authorizer_said_of_one_stage_is_not_taken_for_another(rig):
    """The same label on another host: a yes that was remembered must not let anybody in there."""
    def only_in_dev(request, connection):
        event = json.loads(request.body)
        allowed = event["requestContext"]["stage"] == "dev"
        connection.answer(json.dumps({"isAuthorized": allowed, "context": event["stageVariables"]}).encode())
    service = rig.upstream(only_in_dev)
    gateway = shop(
        rig, {"dev": {"hosts": ["dev.example.com"], "base_path": "/v1", "variables": {"region": "north"}},
              "prod": {"hosts": ["prod.example.com"], "base_path": "/v1"}},
        [{"match": "GET /a", "mock": {"body": "$claims.region"}}],
        api={"auth": ["legacy"], "variables": {"region": "south"}},
        authorizers={"legacy": {"http": {"backend": "auth", "form": "lambda", "payload": "2.0", "identity": ["$header.authorization"], "cache": "5m"}}},
        backends={"auth": {"targets": [service.url]}})
    def ask(host):
        return gateway.exchange("GET", "/v1/a", host=host, fields=[("Authorization", "t")])
    for _ in range(2):
        answer = ask("dev.example.com")
        assert (answer.status, answer.body) == (200, b"north")
    assert ask("prod.example.com").status == 403
    assert len(service.requests) == 2


def test_the_policy_that_an_authorizer_gave_in_one_stage_is_not_used_in_another(rig):
    def by_stage(request, connection):
        event = json.loads(request.body)
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
        connection.answer(json.dumps({"principalId": "ada", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
                                      "context": {"tenant": event["stageVariables"]["tenant"]}}).encode())
    service = rig.upstream(by_stage)
    gateway = shop(
        rig, {"$default": {}, "dev": {"variables": {"tenant": "dev"}}},
        [{"match": "GET /a", "mock": {"body": "$claims.tenant"}}, {"match": "GET /b", "mock": {"body": "$claims.tenant"}}],
        api={"auth": ["legacy"], "variables": {"tenant": "prod"}}, backends={"auth": {"targets": [service.url]}},
        authorizers={"legacy": {"http": {"backend": "auth", "form": "lambda", "payload": "1.0", "identity": ["$header.authorization"], "cache": "5m"}}})
    for _ in range(2):
        for target, tenant in (("/v1/dev/a", b"dev"), ("/v1/a", b"prod"), ("/v1/dev/b", b"dev"), ("/v1/b", b"prod")):
            assert gateway.get(target, fields=[("Authorization", "t")]).body == tenant
    assert len(service.requests) == 2  # one for each stage, whatever the route


def test_a_policy_names_the_stage(rig):
    def policy(resource):
        return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource}]}
    gateway = shop(rig, {"dev": {}, "prod": {}}, [{"match": "GET /a", "mock": {"body": "in"}}], api={"policy": policy("execute-api:/dev/*")})
    assert gateway.get("/v1/dev/a").body == b"in"
    assert gateway.get("/v1/prod/a").status == 403


# ---- Reloads, commands

def test_a_stage_comes_and_goes_with_a_reload(rig):
    gateway = shop(rig, {"dev": {}}, [{"match": "GET /a", "mock": {"body": "$context.stage"}}])
    assert gateway.get("/v1/dev/a").body == b"dev"
    config = json.loads((gateway.folder / "gatehouse.yaml").read_text())
    config["apis"][0]["stages"] = {"prod": {}}
    gateway.reload(config)
    assert gateway.get("/v1/dev/a").status == 404
    assert gateway.get("/v1/prod/a").body == b"prod"


def test_commands_say_which_stage(gateway, tmp_path):
    file = tmp_path / "gatehouse.yaml"
    file.write_text(json.dumps(complete({
        "backends": {"blue": {"targets": ["http://127.0.0.1:9"]}},
        "apis": [{"name": "shop", "base_path": "/v1", "stages": {"$default": {}, "dev": {}},
                  "routes": [{"match": "GET /orders/{id}", "backend": "$stage.pool|blue"}]}]})))
    explained = json.loads(run("explain", "GET", "http://x/v1/dev/orders/7", "-c", str(file), "--json").stdout)
    assert (explained["api"], explained["stage"], explained["route"]) == ("shop/dev", "dev", "GET /v1/dev/orders/{id}")
    rows = json.loads(run("routes", str(file), "--json").stdout)
    assert [(row["api"], row["path"]) for row in rows] == [("shop", "/v1/orders/{id}"), ("shop/dev", "/v1/dev/orders/{id}")]
    assert re.search(r"1 APIs, 2 routes", run("check", str(file)).stdout)


# ---- WebSocket APIs

def test_connections_belong_to_their_stage(rig):
    backend = rig.upstream(lambda _, connection: connection.answer())
    gateway = rig.gateway({
        "backends": {"chat": {"targets": [backend.url]}},
        "authorizers": {"machines": {"sigv4": {"access_keys": [{"id": "ci", "secret": "s3cret"}]}}},
        "apis": [{"name": "chat", "type": "websocket", "base_path": "/ws", "event": "aws", "management": {"auth": ["machines"]},
                  "stages": {"dev": {}, "prod": {"variables": {"hello": "hi"}}},
                  "routes": [{"match": "$connect", "backend": "chat"}, {"match": "$default", "mock": {"body": "$stage.hello|hello $context.connection_id"}}]}]})
    socket = Socket(gateway, "/ws/prod")
    hello, name = socket.ask("x").split()
    assert hello == "hi"
    event = json.loads(backend.last.body)["requestContext"]
    assert (event["apiId"], event["stage"], event["connectionId"]) == ("chat", "prod", name)

    def management(stage):
        return boto3.client("apigatewaymanagementapi", endpoint_url=f"{gateway.url}/ws/{stage}", region_name="us-east-1", aws_access_key_id="ci",
                            aws_secret_access_key="s3cret", config=Config(retries={"total_max_attempts": 1}))
    prod, dev = management("prod"), management("dev")
    prod.post_to_connection(ConnectionId=name, Data=b"told")
    assert socket.receive() == "told"
    with pytest.raises(dev.exceptions.GoneException):
        dev.post_to_connection(ConnectionId=name, Data=b"told")
    for made in (prod, dev):
        made.close()
    assert [one["connectionId"] for one in gateway.ask_admin("/apis/chat/prod/@connections").json()["connections"]] == [name]
    assert len(gateway.ask_admin("/apis/chat%2Fprod/@connections").json()["connections"]) == 1
    assert gateway.ask_admin("/apis/chat/dev/@connections").json()["connections"] == []
    assert gateway.ask_admin("/apis/chat/@connections").status == 404
