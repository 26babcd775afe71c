"""A Node.js backend behind the gateway and a Node.js client in front of it."""
import json
import pathlib

import pytest
from servers import Node, run

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="module")
def front(shared_rig):
    node = shared_rig.keep(Node(HERE / "node_backend.js"))
    return shared_rig.proxy(node, backend={"ejection": {"failures": 0}})


@pytest.fixture(scope="module")
def told(front):
    """What the client reports of one run."""
    done = run("node", HERE / "node_client.js", front.url)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_many_requests_share_few_connections(told):
    assert told["many"] == [True] * 200
    assert told["connections"] == 4


def test_bodies_pass_in_every_framing(told):
    assert told["posted"] == 100_000
    assert told["chunked"]["size"] == 70_005
    assert told["chunked"]["headers"]["transfer-encoding"] == "chunked"
    assert told["mirror"] == 300_000


def test_events_trailers_and_hints_pass(told):
    assert told["events"] == "".join(f"data: {n}\n\n" for n in range(1, 6))
    assert told["trailers"] == {"x-sum": "4"}
    assert told["hints"] == "</style.css>; rel=preload; as=style"


def test_failures_are_answers(told):
    assert (told["crash"], told["missing"]) == (502, 404)


def test_backend_sees_the_client_behind_the_gateway(front):
    told = front.get("/echo").json()
    assert told["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert told["headers"]["x-forwarded-host"] == "gateway.test"
    assert told["headers"]["via"] == "1.1 gatehouse"


def test_connections_to_the_backend_are_kept(front):
    assert len({front.get("/echo").json()["port"] for _ in range(10)}) == 1
