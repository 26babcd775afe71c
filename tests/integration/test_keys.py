"""API keys in a store: `gatehouse keys` and `gatehouse usage`, against a running gateway and against none, and the admin pages behind them."""
import csv
import datetime
import io
import json

import pytest
from gateway import complete, run

CONFIG = {
    "stores": {"main": {"engine": "embedded", "path": "./data"}},
    "usage_plans": {"free": {"quota": "3/day"}, "slow": {"rate": "1/hour"}},
    "authorizers": {"partners": {"api_key": {"store": "main", "keys": [{"id": "written", "key": "key of written", "plan": "free"}]}}},
    "apis": [{"name": "a", "auth": ["partners"], "routes": [{"match": "GET /x", "mock": {"status": 200}}]}]}


@pytest.fixture
def gateway(rig):
    return rig.gateway(CONFIG)


def status(gateway, key):
    return gateway.get("/x", fields=[("X-Api-Key", key)]).status


def command(gateway, *arguments):
    """Of the gateway that runs."""
    done = run(*arguments, "--config", str(gateway.file), "--admin", "%s:%d" % gateway.admin)
    assert done.returncode == 0, done.stderr
    assert "asked the running gateway" in done.stderr
    return done.stdout


def ask(gateway, method, target, body=None, fields=()):
    how = {"body": json.dumps(body).encode()} if body is not None else {}
    return gateway.ask_admin(target, method=method, fields=list(fields), **how)


def test_key_is_good_at_once_and_useless_once_revoked(gateway):
    key = command(gateway, "keys", "create", "--id", "shop", "--plan", "free", "--name", "The shop").strip()
    assert key.startswith("gk_") and len(key) == 46
    assert [status(gateway, key) for _ in range(4)] == [200, 200, 200, 429]
    listed = command(gateway, "keys", "list")
    assert "shop" in listed and "The shop" in listed and key not in listed
    row = json.loads(command(gateway, "keys", "list", "--format", "json"))["keys"][0]
    assert (row["id"], row["plan"], row["revoked"], row["expires"]) == ("shop", "free", None, None)
    assert "sha256" not in row
    assert command(gateway, "keys", "revoke", "shop") == "revoked key shop\n"
    assert status(gateway, key) == 403
    assert gateway.wait_access(reason="api_key_invalid")
    assert key not in gateway.log.text() + gateway.output.text()
    assert gateway.metric("gatehouse_api_keys", store="main") == 0


def test_keys_of_a_stopped_gateway_are_good_when_it_runs(rig, tmp_path):
    config = {**CONFIG, "stores": {"main": {"engine": "embedded", "path": str(tmp_path / "data")}}}
    file = tmp_path / "gatehouse.yaml"
    file.write_text(json.dumps(complete(config)))

    def command_alone(*arguments):
        return run(*arguments, "--config", str(file))

    made = command_alone("keys", "create", "--id", "early", "--plan", "slow", "--expires", "30d")
    assert made.returncode == 0, made.stderr
    assert "using the store itself" in made.stderr
    key = made.stdout.strip()
    gateway = rig.gateway(config)
    assert [status(gateway, key) for _ in range(2)] == [200, 429]
    locked = command_alone("keys", "list")  # it does not know where the gateway listens
    assert locked.returncode == 1
    gateway.stop()
    row = json.loads(command_alone("keys", "list", "--format", "json").stdout)["keys"][0]
    lives = datetime.datetime.fromisoformat(row["expires"][:-1]) - datetime.datetime.fromisoformat(row["created"][:-1])
    assert lives == datetime.timedelta(days=30)
    assert command_alone("keys", "revoke", "early").returncode == 0
    assert command_alone("keys", "revoke", "early").returncode == 1
    usage = command_alone("usage", "--format", "csv").stdout
    assert [line.split(",")[0::2] for line in usage.splitlines()] == [["key", "requests"], ["early", "1"]]


@pytest.mark.parametrize("body, code, what", [
    ({"id": "written"}, 409, "the configuration has a key with the id 'written'"),
    ({"id": "x", "plan": "fre"}, 400, "there is no usage plan 'fre'; there are: free, slow"),
    ({"id": "a b"}, 400, "an id is letters"),
    ({"id": "x", "expires": "soon"}, 400, "'expires' must be a time such as 12h or 30d"),
    ({"id": "x", "expires": "0d"}, 400, "'expires' must be"),
    ({"id": "x", "plna": "free"}, 400, "unknown member 'plna'"),
    ({"id": 5}, 400, "'id' must be a string"),
    ([], 400, "the body must be a JSON object"),
    ({"id": "x", "store": "other"}, 400, "no authorizer has keys in a store 'other'; there are keys in main"),
])
def test_wrong_wishes_are_refused_with_a_reason(gateway, body, code, what):
    answer = ask(gateway, "POST", "/keys", body)
    assert answer.status == code
    assert what in answer.json()["message"]
    assert ask(gateway, "GET", "/keys").json() == {"keys": []}


def test_ids_are_given_once_and_strangers_cannot_be_revoked(gateway):
    assert ask(gateway, "POST", "/keys", {"id": "one"}).status == 201
    assert ask(gateway, "POST", "/keys", {"id": "one"}).status == 409
    assert ask(gateway, "DELETE", "/keys/one").status == 200
    assert ask(gateway, "POST", "/keys", {"id": "one"}).status == 409
    assert ask(gateway, "DELETE", "/keys/two").status == 404
    done = run("keys", "revoke", "two", "--config", str(gateway.file), "--admin", "%s:%d" % gateway.admin)
    assert (done.returncode, "there is no key with the id 'two'" in done.stderr) == (1, True)


def test_web_pages_cannot_make_or_revoke_keys(gateway):
    for method, target in (("POST", "/keys"), ("DELETE", "/keys/written")):
        answer = ask(gateway, method, target, {}, [("Origin", "https://evil.test")])
        assert answer.status == 403
        assert "access-control-allow-origin" not in answer.fields
    assert ask(gateway, "PUT", "/keys", {}).status == 405
    assert ask(gateway, "GET", "/keys/written").fields["allow"] == "DELETE"
    assert ask(gateway, "GET", "/keys").json() == {"keys": []}


def test_usage_is_told_by_key_and_day(gateway):
    key = ask(gateway, "POST", "/keys", {"id": "shop"}).json()["key"]
    for shown in ("key of written", "key of written", key):
        assert status(gateway, shown) == 200
    rows = list(csv.reader(io.StringIO(command(gateway, "usage", "--format", "csv"))))
    assert rows[0] == ["key", "day", "requests"]
    assert [(row[0], row[2]) for row in rows[1:]] == [("shop", "1"), ("written", "2")]
    assert [row["requests"] for row in json.loads(command(gateway, "usage", "--format", "json", "--key", "written"))["usage"]] == [2]
    assert "REQUESTS" in command(gateway, "usage")
    assert command(gateway, "usage", "--from", "2024-02-01", "--to", "2024-02-29", "--format", "csv") == "key,day,requests\n"
    for wrong in ("from=2026-02-30", "to=yesterday", "from=2026-02-02&to=2026-02-01"):
        assert ask(gateway, "GET", f"/usage?{wrong}").status == 400
    answer = ask(gateway, "GET", "/usage.csv")
    assert answer.fields["content-type"] == "text/csv; charset=utf-8"


def test_keys_need_an_authorizer_with_a_store(rig):
    gateway = rig.gateway({**CONFIG, "authorizers": {"partners": {"api_key": {}}}})
    answer = ask(gateway, "POST", "/keys", {})
    assert (answer.status, answer.json()["reason"]) == (400, "keys_not_stored")
