"""Tables of the configuration: kept over kill and restart, added by a reload; what `gatehouse check` says of routes on them."""
import concurrent.futures
import json
import threading

import pytest
from gateway import complete, run
from patience import PATIENCE
from table_routes import TABLES, User, table

# ---- Restart and reload


def lasting(folder, tables=TABLES, more=()):
    return {"stores": {"main": {"path": str(folder / "data")}}, "tables": tables,
            "apis": [{"name": "notes", "routes": [{"match": "ANY /notes/{id}", "table": table()}, *more]}]}


def test_what_was_acknowledged_survives_a_kill(rig, tmp_path):
    gateway = rig.gateway(lasting(tmp_path))
    acknowledged, enough = {}, threading.Event()

    def write(worker):
        n = 0
        while True:
            try:
                answer = User(gateway, "me").ask("PUT", f"/notes/{worker}", {"n": n})
            except Exception:  # the kill: this write may have happened or not
                return
            assert answer.status in (200, 201)
            acknowledged[worker] = n
            if n == 50:
                enough.set()
            n += 1

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, worker) for worker in range(4)]
        assert enough.wait(PATIENCE)
        gateway.process.kill()
        for writer in writers:
            writer.result()
    gateway.wait_exit()
    rig.gateways.remove(gateway)

    me = User(rig.gateway(lasting(tmp_path)), "me")
    for worker, n in acknowledged.items():
        assert me.ask("GET", f"/notes/{worker}").json()["n"] in (n, n + 1)


def test_a_reload_adds_a_table_and_keeps_the_items(rig, tmp_path):
    gateway = rig.gateway(lasting(tmp_path))
    me = User(gateway, "me")
    me.put("a", {"n": 1})
    gateway.reload(lasting(tmp_path, {**TABLES, "added": {"key": {"id": "S"}}},
                           [{"match": "ANY /added/{id}", "table": table("added", {"id": "$path.id"})}]))
    assert me.ask("PUT", "/added/x", {"n": 2}).status == 201
    assert me.ask("GET", "/notes/a").json()["n"] == 1


def test_a_reload_that_would_change_a_table_changes_nothing(rig, tmp_path):
    gateway = rig.gateway(lasting(tmp_path))
    me = User(gateway, "me")
    me.put("a", {"n": 1})
    gateway.allowed_errors.append("reload")
    gateway.write(lasting(tmp_path, {**TABLES, "plain": {"key": {"id": "S"}}}))
    gateway.signal(1)
    gateway.wait_log(r" error .*plain")
    assert me.ask("GET", "/notes/a").json()["n"] == 1
    assert gateway.metric("gatehouse_config_reload_success") == 0


# ---- Problems of the configuration


def problems(tmp_path, route, kind="table"):
    """The problems of one route, each as `line:column: path: message`."""
    file = tmp_path / "gatehouse.yaml"
    file.write_text(f"""listeners: [{{address: "127.0.0.1:0"}}]
tables:
  notes: {{key: {{owner: S, id: S}}, indexes: {{by_date: {{key: {{owner: S, date: N}}}}}}}}
apis:
  - name: a
    routes:
      - {{match: "{route[0]}", {kind}: {route[1]}}}
""")
    done = run("check", str(file))
    assert done.returncode == 1, done.stdout
    return [line.removeprefix(f"{file}:") for line in done.stderr.splitlines() if line.startswith(f"{file}:")]


def column(route, text, kind="table"):
    return len(f'      - {{match: "{route[0]}", {kind}: ') + route[1].index(text) + 1


@pytest.mark.parametrize("match, settings, at, message", [
    ("GET /a", "{name: notse, key: {owner: me}}", "notse", "there is no table 'notse' (did you mean 'notes'?)"),
    ("GET /a", "{name: notes, key: {owner: me, colour: red}}", "{owner", "'colour' is no part of the key, which is owner, id"),
    ("GET /a", "{name: notes, key: {id: x}}", "{id", "the partition key is missing: owner"),
    ("GET /a", "{name: notes}", "{name", "the partition key is missing: owner"),
    ("POST /a", "{name: notes, key: {owner: me}}", "{owner", "one item is meant by its whole key: owner, id"),
    ("GET /a", "{name: notes, key: {owner: {ge: a}, id: x}}", "{owner", "only the sort key can have bounds, not 'owner'"),
    ("GET /a", "{name: notes, key: {owner: me, date: {ge: 1}}}", "{owner", "'date' is no part of the key, which is owner, id"),
    ("GET /a", "{name: notes, key: {owner: me}, filter: [id]}", "[id",
     "'id' is part of the key that the list is read by (give it bounds in 'key')"),
    ("GET /a", "{name: notes, index: by_dat, key: {owner: me}}", "by_dat",
     "the table 'notes' has no index 'by_dat' (did you mean 'by_date'?)"),
    ("GET /a", "{name: notes, key: {owner: me, id: {ge: 1, gt: 2}}}", "{ge", "these bounds cannot stand together"),
    ("GET /a", "{name: notes, key: {owner: me}, schema: /no/such/file}", "/no", "the file '/no/such/file' cannot be read"),
    ("GET /a", "{name: notes, key: {owner: $path.who}}", "$path", "who"),
    ("GET /a", "{name: notes, key: {owner: me}, oder: desc}", "oder", "unknown key (did you mean 'order'?)"),
    ("GET /a", "{name: notes, key: {owner: me}, action: steal}", "steal", "steal"),
    ("GET /a", "{key: {owner: me}}", "{key", "'name' is missing"),
])
def test_check_says_what_is_wrong_with_a_table_route_and_where(tmp_path, match, settings, at, message):
    found = problems(tmp_path, (match, settings))
    assert any(line.startswith(f"7:{column((match, settings), at)}: ") and message in line for line in found), found


@pytest.mark.parametrize("settings, at, message", [
    ("{action: UpdateItme, request: {TableName: notes}}", "UpdateItme", "(did you mean 'UpdateItem'?)"),
    ("{action: UpdateItem}", "{action", "'request' is missing"),
    ("{request: {TableName: notes}}", "{TableName", "'request' belongs to an action"),
    ("{action: GetItem, request: {Key: {id: {S: $result.x}}}}", "$result", "it can stand in the response only"),
    ("{action: GetItem, request: {Key: {id: {S: $path.nope}}}}", "$path", "$path.nope"),
    ("{action: GetItem, request: {Key: {id: {S: $body..x}}}}", "$body", "an empty step"),
    ("{action: Query, request: {KeyConditionExpression: 'owner = $query.who'}}", "'owner", "an expression is not made of what clients send"),
    ("{action: Scan, request: {FilterExpression: $body.filter}}", "$body", "an expression is not made of what clients send"),
    ("{action: ExecuteStatement, request: {Statement: $query.q}}", "$query", "an expression is not made of what clients send"),
])
def test_check_says_what_is_wrong_with_an_operation_and_where(tmp_path, settings, at, message):
    found = problems(tmp_path, ("POST /a", settings), "dynamodb")
    assert any(line.startswith(f"7:{column(('POST /a', settings), at, 'dynamodb')}: ") and message in line for line in found), found


@pytest.mark.parametrize("schema, message", [
    ("{", "cannot be used"), ('{"type": "text"}', '/type: unknown type "text"'), ('{"properties": {"a": {"pattern": "("}}}', "/properties/a/pattern"),
    ('{"$ref": "http://elsewhere/"}', "/$ref"), ('{"format": "email"}', "/format")])
def test_check_says_what_is_wrong_with_a_schema(tmp_path, schema, message):
    file = tmp_path / "schema.json"
    file.write_text(schema)
    route = ("GET /a", f"{{name: notes, key: {{owner: me}}, schema: {file}}}")
    found = problems(tmp_path, route)
    assert any(line.startswith(f"7:{column(route, str(file))}: ") and message in line for line in found), found


def test_check_compares_tables_with_the_store(rig, tmp_path):
    gateway = rig.gateway(lasting(tmp_path))
    gateway.stop()
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(complete(lasting(tmp_path, {**TABLES, "plain": {"key": {"id": "S"}}}))))
    assert run("check", str(file)).returncode == 0
    done = run("check", str(file), "--store")
    assert done.returncode == 1
    assert "plain" in done.stderr and f"{file}:" in done.stderr
    file.write_text(json.dumps(complete(lasting(tmp_path))))
    assert run("check", str(file), "--store").returncode == 0
