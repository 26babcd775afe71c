"""WebSocket APIs of a fleet: three gateways and a real Redis; delivery between them, and what is left when one is killed."""
import collections
import concurrent.futures
import json
import statistics
import time

import pytest
from patience import poll
from redis_server import RedisServer
from socket_client import Socket
from websocket_frames import close_frame

GATEWAYS = 3
GONE = 60  # seconds within which others have noticed that a gateway is gone


def config(redis, upstream, **more):
    return {"shared": {"redis": f"redis://127.0.0.1:{redis.port}", "timeout": "5s"},
            "backends": {"chat": {"targets": [upstream.url]}},
            "apis": [{"name": "chat", "type": "websocket", "base_path": "/ws", "management": {"auth": "none"},
                      "routes": [{"match": "$connect", "backend": "chat"}, {"match": "$default", "mock": {"body": "here"}},
                                 {"match": "$disconnect", "backend": "chat"}]}], **more}


@pytest.fixture
def redis(rig):
    return rig.keep(RedisServer(rig.folder / "redis"))


@pytest.fixture
def upstream(rig):
    return rig.upstream()


def connected(gateways, nodes=GATEWAYS):
    for gateway in gateways:
        gateway.wait_metric("gatehouse_websocket_fleet_connected", 1)
        gateway.wait_metric("gatehouse_websocket_fleet_nodes", nodes)


@pytest.fixture
def fleet(rig, redis, upstream):
    gateways = [rig.gateway(config(redis, upstream)) for _ in range(GATEWAYS)]
    connected(gateways)
    yield gateways
    for gateway in rig.gateways:  # as long as the backend hears of ends
        gateway.stop()


class Member(Socket):
    """A client that knows its connection's id, as the backend heard it."""

    def __init__(self, gateway, upstream):
        before = len(upstream.requests)
        super().__init__(gateway)
        self.id = upstream.wait_requests(before + 1)[before].fields["x-gatehouse-connection-id"]


def told(upstream):
    """The $disconnect calls: how often for which connection."""
    return collections.Counter(seen.fields["x-gatehouse-connection-id"] for seen in list(upstream.requests)
                               if seen.fields["x-gatehouse-event"] == "DISCONNECT")


def ids(page):
    return {one["connectionId"] for one in page["connections"]}


def call(gateway, method, path, body=b""):
    return gateway.client().exchange(method, "/ws" + path, body=body)


def post(gateway, socket, message):
    return call(gateway, "POST", f"/@connections/{socket.id}", message)


def kill(rig, gateway):
    """Without a word to anybody."""
    gateway.process.kill()
    gateway.wait_exit()
    rig.gateways.remove(gateway)
    for client in gateway.clients:
        client.close()


def noted(redis):
    return sum(int(redis.cli("hlen", key)) for key in redis.cli("keys", "gatehouse:ws:connections:*").split())


def test_a_message_posted_to_one_gateway_reaches_a_socket_on_another_within_milliseconds(fleet, upstream, record_property):
    here, there, _ = fleet
    member = Member(there, upstream)
    client = here.client()
    took = []
    for number in range(200):
        began = time.perf_counter()
        answer = client.exchange("POST", f"/ws/@connections/{member.id}", body=b"message %d" % number)
        assert answer.status == 200, answer
        assert member.receive() == f"message {number}"
        took.append(time.perf_counter() - began)
    record_property("median_ms", round(statistics.median(took) * 1000, 2))
    assert statistics.median(took) < 0.1
    described = call(here, "GET", f"/@connections/{member.id}").json()
    assert described["identity"]["sourceIp"] == "127.0.0.1"
    assert post(here, member, b"x" * 200_000).status == 413
    assert call(here, "DELETE", f"/@connections/{member.id}").status == 204
    member.receive_close()
    member.client.send(close_frame(1000, b""))
    poll(lambda: told(upstream) == {member.id: 1}, "the end of the connection")
    assert call(here, "GET", f"/@connections/{member.id}").status == 410


def test_broadcasts_groups_and_lists_span_the_fleet(fleet, upstream):
    members = [Member(gateway, upstream) for gateway in fleet for _ in range(2)]
    answer = call(fleet[0], "POST", "/@connections", b"to all")
    assert (answer.status, answer.json()) == (200, {"sent": 6, "full": 0})
    assert [member.receive() for member in members] == ["to all"] * 6
    for member in members[::2]:
        assert call(fleet[1], "PUT", f"/@groups/room/connections/{member.id}").status == 204
    assert call(fleet[2], "POST", "/@groups/room", b"to some").json()["sent"] == 3
    assert [member.receive() for member in members[::2]] == ["to some"] * 3
    assert call(fleet[2], "DELETE", f"/@groups/room/connections/{members[0].id}").status == 204
    assert ids(call(fleet[0], "GET", "/@groups/room").json()) == {members[2].id, members[4].id}
    seen, query = set(), "?limit=4"
    while query:
        page = call(fleet[1], "GET", "/@connections" + query).json()
        assert not seen & ids(page)
        seen |= ids(page)
        query = f"?limit=4&next={page['next']}" if "next" in page else None
    assert seen == {member.id for member in members}


def test_operators_reach_other_gateways_connections_by_the_admin_listener(fleet, upstream):
    member = Member(fleet[2], upstream)
    answer = fleet[0].ask_admin(f"/apis/chat/@connections/{member.id}", method="POST", body=b"from an operator")
    assert answer.status == 200, answer
    assert member.receive() == "from an operator"


def test_a_killed_gateways_connections_are_gone_and_a_survivor_tells_their_ends_once(rig, fleet, upstream, redis):
    survivors, dying = fleet[:2], fleet[2]
    members = [Member(dying, upstream) for _ in range(100)]
    staying = Member(survivors[0], upstream)
    poll(lambda: noted(redis) == 101, "notes of all connections")
    kill(rig, dying)
    assert post(survivors[1], members[0], b"x").status == 503  # it may be about to come back
    poll(lambda: len(told(upstream)) >= 100, "the ends of the connections", patience=GONE)
    poll(lambda: noted(redis) == 1, "an end of the notes")
    assert told(upstream) == {member.id: 1 for member in members}
    ends = [seen for seen in upstream.requests if seen.fields["x-gatehouse-event"] == "DISCONNECT"]
    assert {seen.fields["x-forwarded-for"] for seen in ends} == {"127.0.0.1"}
    for survivor in survivors:
        poll(lambda one=survivor: post(one, members[1], b"x").status == 410, "410", patience=GONE)
        survivor.wait_metric("gatehouse_websocket_fleet_nodes", 2)
    assert sum(survivor.metric("gatehouse_websocket_fleet_taken_over_total") for survivor in survivors) == 100
    assert call(survivors[1], "POST", "/@connections", b"who is left").json() == {"sent": 1, "full": 0}
    assert staying.receive() == "who is left"
    assert staying.ask("still") == "here"


def test_redis_that_dies_and_comes_back_empty_costs_no_connection(rig, fleet, upstream, redis):
    members = [Member(gateway, upstream) for gateway in fleet]
    redis.kill()
    for gateway in fleet:
        gateway.wait_metric("gatehouse_websocket_fleet_connected", 0)
        assert gateway.wait_log(r" warn websocket_fleet_unavailable redis=127.0.0.1 reason=redis_unreachable")
    assert post(fleet[0], members[0], b"local").status == 200
    assert members[0].receive() == "local"
    assert members[1].ask("still") == "here"
    answer = post(fleet[0], members[1], b"x")
    assert (answer.status, answer.fields["retry-after"]) == (503, "1")
    assert call(fleet[0], "POST", "/@connections", b"near").json() == {"sent": 1, "full": 0, "complete": False}
    assert members[0].receive() == "near"
    meanwhile = Member(fleet[1], upstream)
    redis.start()
    connected(fleet)
    poll(lambda: noted(redis) == 4, "notes of all connections")
    assert post(fleet[0], members[1], b"again").status == 200
    assert members[1].receive() == "again"
    assert post(fleet[2], meanwhile, b"too").status == 200
    assert meanwhile.receive() == "too"
    assert told(upstream) == {}
    assert [gateway.log.text().count("websocket_fleet_unavailable") for gateway in fleet] == [1] * GATEWAYS
    # And then one dies for good.
    kill(rig, fleet[1])
    poll(lambda: told(upstream) == {members[1].id: 1, meanwhile.id: 1}, "the ends of its connections", patience=GONE)


def test_more_than_may_wait_for_redis_is_refused_with_429(rig, redis, upstream):
    """64 MB: seven messages of 9 MB and what is around them, while Redis takes nothing."""
    wide = config(redis, upstream)
    wide["shared"]["timeout"] = "60s"
    wide["apis"][0]["limits"] = {"message": "9MB", "frame": "9MB"}
    here, there = [rig.gateway(wide) for _ in range(2)]
    connected([here, there], nodes=2)
    member = Member(there, upstream)
    assert post(here, member, b"before").status == 200
    assert member.receive() == "before"
    redis.freeze()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(post, here, member, b"x" * 9_000_000) for _ in range(8)]
        # On a slow machine the first of them are given up (504) before the last has arrived.
        ended = (answer.result() for answer in concurrent.futures.as_completed(answers))
        refused = next(answer for answer in ended if answer.status != 504)
        redis.thaw()
        assert (refused.status, refused.fields["retry-after"]) == (429, "1")
        assert refused.fields["x-amzn-errortype"] == "LimitExceededException"
        assert refused.json() == {"message": "Too many such calls are under way"}
        assert here.wait_access(reason="websocket_busy")["status"] == 429
        assert here.metric("gatehouse_websocket_fleet_refused_total") == 1
        assert [answer.result().status for answer in answers].count(429) >= 1
    other = Member(there, upstream)
    poll(lambda: post(here, other, b"after").status == 200, "delivery as before")


def test_a_gateway_that_is_stopped_tells_its_ends_itself(fleet, upstream, redis):
    member = Member(fleet[0], upstream)
    staying = Member(fleet[1], upstream)
    fleet[0].stop()
    poll(lambda: told(upstream) == {member.id: 1}, "the end of its connection")
    assert redis.cli("hlen", "gatehouse:ws:nodes") == "2"
    poll(lambda: noted(redis) == 1, "an end of its notes")
    assert post(fleet[2], staying, b"x").status == 200


def test_reload_begins_and_ends_sharing(rig, redis, upstream):
    other = rig.gateway(config(redis, upstream))
    alone = {name: value for name, value in config(redis, upstream).items() if name != "shared"}
    gateway = rig.gateway(alone)
    member = Member(gateway, upstream)
    assert post(other, member, b"x").status in (410, 503)
    gateway.reload(config(redis, upstream))
    connected([gateway, other], nodes=2)
    poll(lambda: noted(redis) == 1, "a note of the connection")  # of before
    assert post(other, member, b"now").status == 200
    assert member.receive() == "now"
    gateway.reload(alone)
    poll(lambda: redis.cli("hlen", "gatehouse:ws:nodes") == "1", "the end of sharing")
    assert post(gateway, member, b"alone").status == 200
    assert member.receive() == "alone"
    assert noted(redis) == 0 and told(upstream) == {}


def test_identity_and_facts_are_there_for_a_survivors_call(rig, redis, upstream):
    """In Amazon's form, with what $connect was told of the caller."""
    keys = {"authorizers": {"keys": {"api_key": {"keys": [{"id": "ada", "key": "${KEY}"}]}}}}
    shared = config(redis, upstream, **keys)
    connect, _, disconnect = shared["apis"][0]["routes"]
    connect["auth"], disconnect["event"] = ["keys"], "aws"
    gateways = [rig.gateway(shared, environment={"KEY": "a long enough secret"}) for _ in range(2)]
    connected(gateways, nodes=2)
    socket = Socket(gateways[1], fields=[("X-Api-Key", "a long enough secret"), ("User-Agent", "test/1")])
    assert socket.ask("x") == "here"
    poll(lambda: noted(redis) == 1, "a note of the connection")
    kill(rig, gateways[1])
    seen = poll(lambda: upstream.requests[1:], "the end of the connection", patience=GONE)[0]
    event = json.loads(seen.body)["requestContext"]
    assert (event["eventType"], event["routeKey"]) == ("DISCONNECT", "$disconnect")
    assert event["connectionId"] == upstream.requests[0].fields["x-gatehouse-connection-id"]
    assert (event["disconnectStatusCode"], event["disconnectReason"]) == (1006, "websocket_gateway_gone")
    assert event["identity"]["userAgent"] == "test/1"
    assert event["identity"]["sourceIp"] == "127.0.0.1"
