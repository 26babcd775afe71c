"""Many items behind routes: lists in pages, batches, transactions; and operations of DynamoDB with
requests and answers of the route's own."""
import urllib.parse

import pytest
from table_routes import User, configuration

@pytest.fixture(scope="module")
def gateway(shared_rig, tmp_path_factory):
    return shared_rig.gateway(configuration(tmp_path_factory.mktemp("schema")))


@pytest.fixture
def me(gateway, request):
    """A partition for each test."""
    return User(gateway, request.node.name)


# ---- Lists


def collect(me, target):
    """All pages: their items, and how many there were."""
    items, pages, cursor = [], 0, ""
    while cursor is not None:
        page = me.ask("GET", target + (f"&cursor={cursor}" if cursor else ""))
        assert page.status == 200, page.body
        items += page.json()["items"]
        cursor = page.json().get("cursor")
        pages += 1
    return items, pages


def test_a_list_by_an_index_newest_first_in_pages(me):
    for n in range(11):
        me.put(f"n{n}", {"date": n * 10 % 110 - 30})
    me.put("undated", {"title": "not in the index"})
    items, pages = collect(me, "/notes?limit=4")
    assert [item["date"] for item in items] == sorted((n * 10 - 30 for n in range(11)), reverse=True)
    assert pages == 3
    assert collect(User(me.gateway, "nobody"), "/notes?limit=4") == ([], 1)


def test_a_cursor_opens_no_other_partition(me):
    for n in range(3):
        me.put(f"n{n}", {"date": n})
    cursor = me.ask("GET", "/notes?limit=1").json()["cursor"]
    stolen = User(me.gateway, "thief").ask("GET", f"/notes?limit=1&cursor={cursor}")
    assert (stolen.status, "items" in stolen.json()) == (400, False)
    for forged in ("x", "e30", "%00", "bnVsbA", "A" * 5000):
        assert me.ask("GET", f"/notes?cursor={forged}").status == 400, forged


def test_lists_are_filtered_where_the_route_allows_it(me):
    for n in range(20):
        me.put(f"n{n}", {"date": n, "status": "open" if n % 2 else "done", "owner": me.name})

    def dates(query):
        return sorted(item["date"] for item in collect(me, f"/notes?limit=3&{query}")[0])

    assert dates("status=open") == list(range(1, 20, 2))
    assert dates("status.ne=open") == list(range(0, 20, 2))
    assert dates("status=open&status.prefix=o&status=done") == []
    assert len(dates("id=n1")) == 20  # no field of the filter: as if it was not there
    assert dates("status=%27%20OR%20%27a%27%3D%27a") == []


def test_filters_compare_numbers_as_numbers(me):
    for n in (2, 9, 10, 100):
        me.put(f"n{n}", {"date": 1, "status": n})
    assert [item["status"] for item in sorted(collect(me, "/notes?limit=9&status.ge=9.5")[0], key=lambda item: item["status"])] == [10, 100]
    assert [item["status"] for item in collect(me, "/notes?limit=9&status=1e1")[0]] == [10]


def test_clients_choose_fields(me):
    me.put("a", {"date": 1, "status": "open", "size": "a reserved word", "more": 2})
    assert me.ask("GET", "/notes?fields=id,size,absent,id").json()["items"] == [{"id": "a", "size": "a reserved word"}]


def test_bounds_that_are_absent_do_not_bound(me):
    for n in range(10):
        me.put(f"n{n}", {"date": n})

    def dates(query):
        found = me.ask("GET", "/range" + query)
        assert found.status == 200, found.body
        return [item["date"] for item in found.json()["items"]]

    assert dates("") == list(range(10))
    assert dates("?from=7") == [7, 8, 9]
    assert dates("?to=2.5") == [0, 1, 2]
    assert dates("?from=3&to=5") == [3, 4, 5]
    assert me.ask("GET", "/range?from=now").status == 400
    assert me.ask("GET", "/range?from=5&to=3").status == 400


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many", "1e1", "99999999999999999999"])
def test_limits_are_numbers_within_bounds(me, limit):
    assert me.ask("GET", f"/notes?limit={limit}").status == 400


def test_a_whole_table_in_pages(me):
    for n in range(30):
        assert me.ask("PUT", f"/plain/{1000 + n}", {"n": n}).status == 201
    items, pages = collect(me, "/plain?limit=7")
    assert {item["id"] for item in items} >= set(range(1000, 1030))
    assert pages >= 5


def test_a_list_takes_no_writes(me):
    refused = me.ask("DELETE", "/range")
    assert refused.status in (404, 405)


# ---- Many items


def test_batches(me):
    wrote = me.ask("POST", "/batch/write", {"put": [{"id": f"n{n}", "title": str(n)} for n in range(25)]})
    assert wrote.status == 204, wrote.body
    found = me.ask("POST", "/batch/get", {"keys": [{"id": "n3"}, {"id": "absent"}, {"id": "n24"}]})
    assert sorted(item["id"] for item in found.json()["items"]) == ["n24", "n3"]
    assert me.ask("POST", "/batch/write", {"put": [{"id": "n3", "title": "new"}], "delete": [{"id": "n24"}]}).status == 204
    left = me.ask("POST", "/batch/get", {"keys": [{"id": "n3"}, {"id": "n24"}]}).json()["items"]
    assert [(item["id"], item["title"]) for item in left] == [("n3", "new")]


@pytest.mark.parametrize("body", [
    {}, {"put": []}, {"put": {"id": "a", "title": "no list"}}, {"put": [{"id": "a", "title": "x"}, 7]},
    {"delete": "a", "put": [{"id": "a", "title": "x"}]},
    {"put": [{"title": "no id"}]}, {"put": [{"id": "a", "title": "x", "owner": "other"}]},
    {"put": [{"id": "a", "title": "x", "likes": 9}]},
    {"put": [{"id": "a", "title": "x", "rev": 9}]}, {"put": [{"id": "a"}]},
    {"put": [{"id": "a", "title": "x"}, {"id": "a", "title": "y"}]},
    {"put": [{"id": str(n), "title": "x"} for n in range(26)]}, {"delete": [{"id": {"S": "a"}}]}])
def test_a_batch_with_a_fault_writes_nothing(me, body):
    assert me.ask("POST", "/batch/write", body).status == 400
    assert me.ask("POST", "/batch/get", {"keys": [{"id": "a"}]}).json() == {"items": []}


def test_a_transaction_is_done_as_a_whole_or_not_at_all(me):
    done = me.ask("POST", "/transact", {"operations": [{"create": {"id": "a", "n": 1}}, {"put": {"id": "b", "n": 2}},
                                                       {"absent": {"id": "c"}}]})
    assert done.status == 204, done.body
    refused = me.ask("POST", "/transact", {"operations": [{"replace": {"id": "a", "n": 9}}, {"delete": {"id": "b"}},
                                                          {"exists": {"id": "c"}}]})
    assert (refused.status, refused.json()["reasons"]) == (409, ["None", "None", "ConditionalCheckFailed"])
    assert me.ask("GET", "/notes/a").json()["n"] == 1
    assert me.ask("GET", "/notes/b").status == 200
    for wrong in ({}, {"operations": [7]}, {"operations": {}}, {"operations": [{"steal": {"id": "a"}}]}, {"operations": [{}]},
                  {"operations": [{"put": {"n": 1}}]}, {"operations": [{"put": {"id": "d"}}, 7]}):
        assert me.ask("POST", "/transact", wrong).status == 400, wrong
    assert me.ask("GET", "/notes/d").status == 404


# ---- Operations


def test_an_operation_with_an_answer_of_its_own(me):
    assert me.ask("POST", f"/count/{me.name}", {}).json() == {"hits": 1}
    assert me.ask("POST", f"/count/{me.name}", {"by": 41}).json() == {"hits": 42}
    assert me.ask("POST", f"/count/{me.name}", {"by": "0.5"}).json() == {"hits": 42.5}
    assert me.ask("GET", "/raw/absent").status == 404


INJECTIONS = ['"}},"TableName":"plain', '"},"x":{"S":"', "\\", '\\"',
              "$body.title", "${HOME}", "\u0000\n\u2028", "' OR 1=1 --", "{{constructor}}",
              "size = :t", "x" * 1000]


@pytest.mark.parametrize("text", INJECTIONS, ids=range(len(INJECTIONS)))
def test_values_are_values_whatever_they_look_like(me, text):
    path = urllib.parse.quote(text.replace("\0", ""), safe="")
    wrote = me.ask("PUT", f"/raw/{path}", {"title": text, "extra": {text[:200]: [text]}})
    assert wrote.status == 200, wrote.body
    attributes = wrote.json()["Attributes"]
    assert attributes == {"owner": "ops", "id": text.replace("\0", ""), "title": text, "extra": {text[:200]: [text]}}
    assert me.ask("GET", f"/raw/{path}").json() == attributes


def test_a_value_of_another_kind_changes_nothing_but_itself(me):
    for wrong in ({"S": "x"}, {"N": "1"}, [1], True, None, {"S": "x", "TableName": "plain"}):
        refused = me.ask("PUT", f"/raw/{me.name}", {"title": wrong, "extra": 1})
        assert refused.status == 400, (wrong, refused.body)
    kept = me.ask("PUT", f"/raw/{me.name}", {"title": "t", "extra": {"S": "x", "NS": ["1"]}})
    assert kept.json()["Attributes"]["extra"] == {"S": "x", "NS": ["1"]}
    missing = me.ask("PUT", f"/raw/{me.name}", {"title": "t"})
    assert (missing.status, missing.json()["message"]) == (400, "the body's field extra is missing")
    assert me.ask("PUT", f"/raw/{me.name}", b"{").status == 400
