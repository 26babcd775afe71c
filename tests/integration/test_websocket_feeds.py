"""Feeds: a change in a table reaches the sockets that may hear of it, whoever made it."""
import base64
import hashlib
import hmac
import json

import pytest
from dynamo_client import ACCESS_KEY, SECRET_KEY
from gateway import complete, run
from patience import poll
from socket_client import Socket
from store_gateway import StoreGateway

SECRET = "a shared secret of thirty-two bytes or more"
TOKENS = {"users": {"jwt": {"issuer": "https://id.test", "audience": "any", "secret": "${TEST_SECRET:-" + SECRET + "}", "algorithms": ["HS256"], "query": "token"}}}


def token(**claims):
    parts = [{"alg": "HS256", "typ": "JWT"}, {"iss": "https://id.test", "exp": 4102444800, **claims}]
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    return (text + b"." + base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), text, hashlib.sha256)).rstrip(b"=")).decode()


def config(feeds, **more):
    """Notes over HTTP for everybody, and /ws?room=…, where the token says who is there."""
    return {
        "stores": {"main": {"engine": "memory"}},
        "tables": {"notes": {"key": {"id": "S"}, "stream": "new_and_old_images"}},
        "authorizers": TOKENS,
        "apis": [{"name": "notes", "routes": [{"match": "ANY /notes/{id}", "table": {"name": "notes", "key": {"id": "$path.id"}}}]},
                 {"name": "live", "type": "websocket", "base_path": "/ws", "auth": ["users"], "feeds": feeds,
                  "routes": [{"match": "$connect", "mock": {"headers": {"x-gatehouse-join": "$query.room"}}}]}],
        **more}


def enter(gateway, who, room):
    return Socket(gateway, f"/ws?room={room}&token={token(sub=who, teams=['red', who])}")


def put(gateway, id_, **item):
    answer = gateway.exchange("PUT", f"/notes/{id_}", body=json.dumps(item).encode(), fields=[("Content-Type", "application/json")])
    assert answer.status in (200, 201), answer


BY_OWNER = {"table": "notes", "group": "notes-$item.owner", "filter": "attribute_exists(title)", "only_to": {"owner": "$claims.sub"}}


def test_nobody_hears_what_is_not_theirs(rig):
    gateway = rig.gateway(config([BY_OWNER]))
    ann, eve, bob = enter(gateway, "ann", "notes-ann"), enter(gateway, "eve", "notes-ann,notes-eve"), enter(gateway, "bob", "notes-bob")
    put(gateway, "1", owner="ann", title="hers")
    put(gateway, "2", owner="eve", text="without a title")
    put(gateway, "3", owner="eve", title="eve's")
    put(gateway, "4", owner="bob", title="his")
    assert ann.receive_json() == {"event": "INSERT", "table": "notes", "keys": {"id": "1"}, "item": {"id": "1", "owner": "ann", "title": "hers"}}
    assert eve.receive_json()["keys"] == {"id": "3"}
    assert bob.receive_json()["keys"] == {"id": "4"}
    # Another's from now on: it is gone for her, and new for him.
    put(gateway, "1", owner="bob", title="hers")
    assert ann.receive_json() == {"event": "REMOVE", "table": "notes", "keys": {"id": "1"}}
    assert bob.receive_json()["event"] == "INSERT"
    gateway.exchange("DELETE", "/notes/1")
    assert bob.receive_json()["event"] == "REMOVE"
    gateway.wait_metric("gatehouse_feed_messages_total", 6, api="live", table="notes")


def test_filters_with_values_lists_of_claims_and_hidden_fields(rig):
    gateway = rig.gateway(config([{
        "table": "notes", "group": "all", "images": "new_and_old_images", "hidden": ["pin"], "only_to": {"team": "$claims.teams"},
        "filter": {"FilterExpression": "#n > :least", "ExpressionAttributeNames": {"#n": "size"}, "ExpressionAttributeValues": {":least": {"N": 5}}}}]))
    ann = enter(gateway, "ann", "all")
    put(gateway, "1", team="red", size=5)
    put(gateway, "2", team="blue", size=6)
    put(gateway, "3", team="red", size=6, pin=1)
    put(gateway, "3", team="red", size=7, pin=2)
    assert ann.receive_json()["item"] == {"id": "3", "team": "red", "size": 6}
    changed = ann.receive_json()
    assert (changed["event"], changed["item"]["size"], changed["old"]) == ("MODIFY", 7, {"id": "3", "team": "red", "size": 6})


def test_a_reload_changes_what_is_heard_on_open_sockets(rig):
    gateway = rig.gateway(config([BY_OWNER]))
    ann = enter(gateway, "ann", "notes-ann,everything")
    put(gateway, "1", owner="ann", title="one")
    assert ann.receive_json()["keys"] == {"id": "1"}
    gateway.reload(config([{"table": "notes", "group": "everything", "images": "keys_only"}]))
    put(gateway, "2", owner="ann", title="two")
    assert ann.receive_json() == {"event": "INSERT", "table": "notes", "keys": {"id": "2"}}
    gateway.reload(config([{"table": "notes", "images": "keys_only"}]))
    put(gateway, "3", owner="bob")
    assert ann.receive_json()["keys"] == {"id": "3"}


def test_an_item_beyond_a_message_is_told_by_its_keys(rig):
    settings = config([{"table": "notes"}])
    settings["apis"][1]["limits"] = {"message": "1KB"}
    gateway = rig.gateway(settings)
    ann = enter(gateway, "ann", "x")
    put(gateway, "1", text="x" * 2000)
    assert ann.receive_json() == {"event": "INSERT", "table": "notes", "keys": {"id": "1"}, "too_large": True}
    put(gateway, "2", text="short")
    assert ann.receive_json()["item"]["text"] == "short"


@pytest.mark.parametrize("durability", ["sync", "none"])
def test_changes_by_other_clients_come_from_a_store_on_disk(tmp_path, durability):
    settings = config([{"table": "notes"}])
    del settings["stores"]
    store = StoreGateway(tmp_path, {"durability": durability}, **settings)
    try:
        ann = enter(store.gateway, "ann", "x")
        with store.client() as client:
            for number in range(300):
                answer = client.call("PutItem", {"TableName": "notes", "Item": {"id": {"S": str(number)}, "tags": {"SS": ["a", "b"]}}})
                assert answer.status == 200, answer
        assert [ann.receive_json()["keys"]["id"] for _ in range(300)] == [str(number) for number in range(300)]
    finally:
        store.stop()


def test_a_remote_stores_stream_is_followed(rig, tmp_path):
    store = StoreGateway(tmp_path, {"engine": "memory"})
    try:
        gateway = rig.gateway(config([{"table": "notes"}], stores={"main": {
            "engine": "remote", "endpoints": [store.url], "access_key": "${TEST_KEY:-" + ACCESS_KEY + "}",
            "secret_key": "${TEST_SECRET_KEY:-" + SECRET_KEY + "}"}}))
        ann = enter(gateway, "ann", "x")
        # Its place is found when somebody is there.
        poll(lambda: store.gateway.metric("gatehouse_store_operations_total", operation="GetRecords", result="ok"), "a look at the stream")
        with store.client() as client:
            client.call("PutItem", {"TableName": "notes", "Item": {"id": {"S": "1"}}})
        assert ann.receive_json()["keys"] == {"id": "1"}
    finally:
        store.stop()


def feed(**keys):
    return {**BY_OWNER, **keys}


@pytest.mark.parametrize("settings, problem", [
    (config([feed()], tables={"notes": {"key": {"id": "S"}}}), "the table 'notes' has no stream"),
    (config([feed()], tables={"notes": {"key": {"id": "S"}, "stream": "new_image"}}), "who hears depends on 'owner'"),
    (config([{"table": "notes", "images": "old_image"}], tables={"notes": {"key": {"id": "S"}, "stream": "new_image"}}), "keeps less"),
    (config([feed(table="notse")]), "notse"),
    (config([feed(group="notes-$owner")]), "unknown variable $owner"),
    (config([feed(filter="title >")]), "Invalid FilterExpression"),
    (config([feed(filter="price > :least")]), ":least"),
    (config([feed(onlyto={"owner": "$claims.sub"})]), "only_to"),
    (config([feed(onlyto={"owner": "$claims.sub"})]), "only_to"),
])
def test_what_is_wrong_with_a_feed_is_said(tmp_path, settings, problem):
    file = tmp_path / "gatehouse.yaml"
    file.write_text(json.dumps(complete(settings)))
    done = run("check", str(file))
    assert done.returncode != 0
    assert problem in done.stdout + done.stderr


def test_rules_about_callers_need_somebody_who_asks(tmp_path):
    settings = config([BY_OWNER])
    del settings["apis"][1]["auth"]
    file = tmp_path / "gatehouse.yaml"
    file.write_text(json.dumps(complete(settings)))
    done = run("check", str(file))
    assert "nobody who connects has claims" in done.stdout + done.stderr
