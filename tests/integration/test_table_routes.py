"""Items behind routes: plain JSON, conditional writes, what a route rules; and the same items for SDK clients."""
import concurrent.futures
import urllib.parse

import boto3
import pytest
from botocore.config import Config
from table_routes import SDK, User, configuration

@pytest.fixture(scope="module")
def gateway(shared_rig, tmp_path_factory):
    return shared_rig.gateway(configuration(tmp_path_factory.mktemp("schema")))


@pytest.fixture
def me(gateway, request):
    """A partition for each test."""
    return User(gateway, request.node.name)


# ---- One item


def test_post_makes_an_item_and_says_where_it_is(me):
    made = me.ask("POST", "/notes", {"title": "first"})
    item = made.json()
    assert (made.status, item["title"], item["owner"], len(item["id"])) == (201, "first", me.name, 26)
    assert made.fields["location"] == f"/notes/{item['id']}"
    found = me.ask("GET", made.fields["location"])
    assert (found.status, found.json(), found.fields["etag"]) == (200, item, made.fields["etag"])


def test_location_is_that_of_the_item_in_whatever_order_the_key_is_written(me):
    made = me.ask("POST", "/reversed", {"title": "first"})
    assert (made.status, made.fields["location"]) == (201, f"/reversed/{made.json()['id']}")


def test_post_of_an_item_that_is_there_is_a_conflict(me):
    assert me.ask("POST", "/named/a", {"n": 1}).status == 201
    again = me.ask("POST", "/named/a", {"n": 2})
    assert (again.status, again.json()["message"]) == (409, "there is such an item already")
    assert me.ask("GET", "/notes/a").json()["n"] == 1


def test_an_item_from_its_beginning_to_its_end(me):
    assert me.ask("GET", "/notes/a").status == 404
    assert me.ask("PATCH", "/notes/a", {"n": 1}).status == 404
    assert me.ask("DELETE", "/notes/a").status == 404
    me.put("a", {"n": 1, "map": {"x": 1, "y": 2}})
    replaced = me.put("a", {"map": {"x": 1, "y": 2}}, 200)
    assert replaced.json() == {"owner": me.name, "id": "a", "map": {"x": 1, "y": 2}}
    merged = me.ask("PATCH", "/notes/a", {"map": {"y": None, "z": [True, None]}, "new": "n"}, content_type="application/merge-patch+json")
    assert (merged.status, merged.json()) == (200, {"owner": me.name, "id": "a", "map": {"x": 1, "z": [True, None]}, "new": "n"})
    assert me.ask("GET", "/notes/a").json() == merged.json()
    head = me.ask("HEAD", "/notes/a")
    assert (head.status, head.fields["etag"], head.body) == (200, merged.fields["etag"], b"")
    assert me.ask("DELETE", "/notes/a").status == 204
    assert me.ask("GET", "/notes/a").status == 404


def test_what_is_in_the_address_may_be_any_text(me):
    for name in ("with space", "a+b", "ä€😀", '"}],{"', "%2F.."):
        path = urllib.parse.quote(name, safe="")
        me.put(path, {"n": 1})
        assert me.ask("GET", f"/notes/{path}").json()["id"] == name


def test_numbers_keep_all_their_digits(me):
    digits = b"12345678901234567890123456789.012345678"
    assert me.ask("PUT", "/notes/a", b'{"n":%s}' % digits).status == 201
    assert digits in me.ask("GET", "/notes/a").body


def test_keys_that_are_numbers(me):
    assert me.ask("PUT", "/plain/7", {"a": 1}).json() == {"id": 7, "a": 1}
    assert me.ask("GET", "/plain/7.0").json() == {"id": 7, "a": 1}
    refused = me.ask("GET", "/plain/seven")
    assert (refused.status, refused.json()["message"]) == (400, "id must be a number")
    assert me.ask("DELETE", "/plain/7").status == 204


def test_what_cannot_be_an_item_is_refused(me):
    for body in (b"", b"[]", b"null", b'"text"', b"{", b'{"a":1}}', b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":"\xff"}', b'{"":1}', b"[" * 4000):
        refused = me.ask("PUT", "/notes/a", body)
        assert refused.status == 400, body
        assert refused.json()["message"], body
    assert me.ask("GET", "/notes/a").status == 404


def test_bodies_of_another_kind_or_too_large(me):
    assert me.ask("PUT", "/notes/a", b"a=1", content_type="application/x-www-form-urlencoded").status == 415
    assert me.ask("PUT", "/notes/a", {"a": "x" * 9000}).status == 413
    assert me.ask("PUT", "/notes/a", {"a": 1}, content_type="application/json; charset=utf-8").status == 201


def test_methods_that_a_route_does_not_know(me):
    refused = me.ask("POST", "/notes/a", {"a": 1})
    assert (refused.status, refused.fields["allow"]) == (405, "DELETE, GET, HEAD, PATCH, PUT")


def test_the_key_is_the_addresss_to_decide(me):
    refused = me.ask("PUT", "/notes/a", {"owner": "somebody else"})
    assert (refused.status, refused.json()["message"]) == (400, "the field owner is decided by the address and cannot be set")
    me.put("a", {"owner": me.name, "id": "a", "n": 1})


# ---- Preconditions


def test_create_only(me):
    assert me.ask("PUT", "/notes/a", {"n": 1}, If_None_Match="*").status == 201
    assert me.ask("PUT", "/notes/a", {"n": 2}, If_None_Match="*").status == 412
    assert me.ask("GET", "/notes/a").json()["n"] == 1


def test_optimistic_writes(me):
    old = me.put("a", {"n": 1}).fields["etag"]
    new = me.ask("PUT", "/notes/a", {"n": 2}, If_Match=old).fields["etag"]
    assert new != old
    for method, body in (("PUT", {"n": 3}), ("PATCH", {"n": 3}), ("DELETE", None), ("GET", None)):
        assert me.ask(method, "/notes/a", body, If_Match=old).status == 412, method
    assert me.ask("PUT", "/notes/other", {"n": 3}, If_Match="*").status == 412
    assert me.ask("DELETE", "/notes/a", If_Match=f'"x", {new}').status == 204


def test_unchanged_items_are_not_sent_again(me):
    etag = me.put("a", {"n": 1}).fields["etag"]
    for given in (etag, f"W/{etag}", "*", f'"x", {etag}'):
        unchanged = me.ask("GET", "/notes/a", If_None_Match=given)
        assert (unchanged.status, unchanged.fields["etag"], unchanged.body) == (304, etag, b""), given
    me.put("a", {"n": 2}, 200)
    assert me.ask("GET", "/notes/a", If_None_Match=etag).status == 200


@pytest.mark.parametrize("path", ["notes", "ruled"])
def test_of_writers_with_one_etag_one_wins(me, path):
    """Each adds one to what it read: nothing is lost."""
    assert me.ask("PUT", f"/{path}/counter", {"n": 0}).status == 201

    def add():
        for _ in range(25):
            while True:
                read = me.ask("GET", f"/{path}/counter")
                wrote = me.ask("PATCH", f"/{path}/counter", {"n": read.json()["n"] + 1}, If_Match=read.fields["etag"])
                assert wrote.status in (200, 412, 409), wrote.body
                if wrote.status == 200:
                    break

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(add) for _ in range(4)]:
            done.result()
    assert me.ask("GET", f"/{path}/counter").json()["n"] == 100


# ---- What the route rules


def test_a_schema_tells_every_fault_with_its_place(me):
    refused = me.ask("PUT", "/checked/a", {"title": "too long", "tags": ["a", 2]})
    assert refused.status == 400
    assert {error["pointer"] for error in refused.json()["errors"]} >= {"/title", "/tags/1"}
    missing = me.ask("PUT", "/checked/a", {})
    assert [error["pointer"] for error in missing.json()["errors"]] == [""]
    assert "title" in missing.json()["errors"][0]["message"]
    assert me.ask("GET", "/checked/a").status == 404
    assert me.ask("PUT", "/checked/a", {"title": "fits"}).status == 201
    assert me.ask("PATCH", "/checked/a", {"title": None}).status == 400
    assert me.ask("GET", "/checked/a").json()["title"] == "fits"


def test_fields_that_the_route_sets(me):
    made = me.ask("PUT", "/ruled/a", {"n": 1})
    assert (made.json()["by"], made.json()["rev"], made.fields["etag"]) == (me.name, 1, '"1"')
    created = made.json()["created"]
    again = me.ask("PUT", "/ruled/a", {"n": 2})
    assert (again.json()["created"], again.json()["rev"], again.fields["etag"]) == (created, 2, '"2"')
    assert me.ask("PATCH", "/ruled/a", {"n": 3}, If_Match='"2"').json()["rev"] == 3
    assert me.ask("PATCH", "/ruled/a", {"n": 4}, If_Match='"2"').status == 412
    for name in ("by", "created", "likes", "rev"):
        for method in ("PUT", "PATCH"):
            refused = me.ask(method, "/ruled/a", {name: "mine"})
            assert (refused.status, refused.json()["message"]) == (400, f"the field {name} cannot be set")


def test_hidden_fields_are_written_and_never_answered(me):
    made = me.ask("PUT", "/ruled/a", {"secret": "s", "n": 1})
    assert (made.status, "secret" in made.json()) == (201, False)
    assert "secret" not in me.ask("GET", "/ruled/a").json()
    assert me.ask("GET", "/notes/a").json()["secret"] == "s"  # a route without the rule
    found = me.ask("POST", "/batch/get", {"keys": [{"id": "a"}]})
    assert found.json()["items"][0]["n"] == 1 and "secret" not in found.json()["items"][0]


# ---- SDK clients


@pytest.fixture
def notes(gateway):
    resource = boto3.resource("dynamodb", endpoint_url="http://%s:%d" % gateway.addresses[SDK], region_name="us-east-1",
                              aws_access_key_id="any", aws_secret_access_key="any", config=Config(retries={"total_max_attempts": 1}))
    yield resource.Table("notes")
    resource.meta.client.close()


def test_sdk_clients_and_routes_see_the_same_items(me, notes):
    me.put("a", {"n": 1.5, "tags": ["x"], "nothing": None})
    item = notes.get_item(Key={"owner": me.name, "id": "a"})["Item"]
    assert (str(item["n"]), item["tags"], item["nothing"]) == ("1.5", ["x"], None)
    notes.update_item(Key={"owner": me.name, "id": "a"}, UpdateExpression="SET title = :t, marks = :m, bits = :b",
                      ExpressionAttributeValues={":t": "by the SDK", ":m": {"p", "q"}, ":b": b"\x00\xff"})
    found = me.ask("GET", "/notes/a").json()
    assert (found["title"], sorted(found["marks"]), found["bits"]) == ("by the SDK", ["p", "q"], "AP8=")
    assert me.ask("PATCH", "/notes/a", {"title": "by the route"}).status == 200
    item = notes.get_item(Key={"owner": me.name, "id": "a"})["Item"]
    assert (item["marks"], item["bits"].value) == ({"p", "q"}, b"\x00\xff")  # what plain JSON cannot say is kept by a merge
