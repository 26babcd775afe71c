"""The first minutes of a user: the smallest file, the default file, and clients that everybody has."""
import json
import re
import socket
import subprocess

import pytest
import requests
from gateway import BINARY, PROJECT, Lines, complete, run
from patience import PATIENCE

SMALLEST = """\
listeners: [{address: 127.0.0.1:8080}]
backends:
  echo: {targets: [http://127.0.0.1:19000]}
apis:
  - name: everything
    routes:
      - {match: "$default", backend: echo}
"""


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", *arguments], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_addresses(text, **addresses):
    """The text with nothing changed but addresses, each of which must be in it."""
    for old, new in addresses.values():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def smallest(shared_rig):
    def serve(request, connection):
        connection.answer(f"{request.method} {request.target} {len(request.body)}".encode(), fields=[("X-Seen", "yes")])

    upstream = shared_rig.upstream(serve)
    text = with_addresses(SMALLEST, listener=("127.0.0.1:8080", "127.0.0.1:0"), target=("127.0.0.1:19000", upstream.authority))
    # The admin listener's default port may be somebody else's on this machine.
    return shared_rig.gateway(text + "admin: {address: 127.0.0.1:0}\n")


def test_smallest_file_is_accepted_as_it_stands(tmp_path):
    (tmp_path / "gatehouse.yaml").write_text(SMALLEST)
    done = run("check", str(tmp_path / "gatehouse.yaml"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 listeners, 1 backends, 1 APIs, 1 routes" in done.stdout


def test_curl_gets_through_the_smallest_file(smallest):
    assert curl(f"{smallest.url}/a/b?c=d") == "GET /a/b?c=d 0"


def test_curl_posts_through_the_smallest_file(smallest):
    assert curl("-d", "x" * 5000, f"{smallest.url}/form") == "POST /form 5000"


def test_requests_keeps_one_connection_for_gets_and_posts(smallest):
    smallest.wait_metric("gatehouse_connections", 0)  # of the tests before
    with requests.Session() as session:
        for number in range(10):
            answer = session.get(f"{smallest.url}/{number}", timeout=PATIENCE)
            assert (answer.status_code, answer.text, answer.headers["X-Seen"]) == (200, f"GET /{number} 0", "yes")
            answer = session.post(f"{smallest.url}/{number}", data=b"y" * number, timeout=PATIENCE)
            assert answer.text == f"POST /{number} {number}"
        assert smallest.metric("gatehouse_connections") == 1


def test_requests_streams_a_chunked_upload(smallest):
    answer = requests.put(f"{smallest.url}/up", data=(b"z" * 1000 for _ in range(20)), timeout=PATIENCE)
    assert answer.text == "PUT /up 20000"


# ---- The default configuration with the demo backend

@pytest.fixture(scope="module")
def default(shared_rig, tmp_path_factory):
    """config/gatehouse.yaml in front of `gatehouse demo-backend`, on ports that are free."""
    process = subprocess.Popen([BINARY, "demo-backend", "--address", "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    log = Lines(process.stderr)
    address = log.wait(lambda lines: next((m for line in lines if (m := re.search(r"demo backend listening address=(\S+)", line))),
                                          None), "address of the demo backend")[1]
    text = (PROJECT / "config/gatehouse.yaml").read_text()
    text = with_addresses(text, listener=("0.0.0.0:8080", "127.0.0.1:0"), demo=("127.0.0.1:8081", address), tables=("127.0.0.1:8000", "127.0.0.1:0"))
    text = re.sub(r"127\.0\.0\.1:9180", "127.0.0.1:0", text) if "127.0.0.1:9180" in text else text + "\nadmin: {address: 127.0.0.1:0}\n"
    yield shared_rig.gateway(text)
    process.terminate()
    assert process.wait(PATIENCE) == 0


def test_default_file_proxies_to_the_demo_backend(default):
    told = json.loads(curl("-H", "X-Asked: it", f"{default.url}/demo/some/path?q=1"))
    assert (told["method"], told["path"], told["query"], told["headers"]["x-asked"]) == ("GET", "/some/path", "q=1", "it")
    told = json.loads(curl("--data-binary", "12345", f"{default.url}/demo/post"))
    assert (told["method"], told["path"], told["body_bytes"]) == ("POST", "/post", 5)


def test_default_file_answers_a_mock_route(default):
    answer = default.get("/hello")
    assert answer.status == 200
    assert answer.body


def test_default_file_answers_the_rest_with_not_found(default):
    answer = default.get("/nowhere")
    assert (answer.status, answer.json()) == (404, {"message": "Not Found"})


def test_demo_backend_gives_statuses_and_bytes(default):
    assert default.get("/demo/status/418").status == 418
    answer = default.get("/demo/bytes/300000")
    assert (answer.status, len(answer.body)) == (200, 300000)


def test_run_starts_the_demo_backend_or_says_why_not(rig, tmp_path):
    """Its port is fixed: when it is somebody else's, the message names it."""
    config = {"apis": [{"name": "demo", "routes": [{"match": "$default", "backend": "demo"}]}],
              "backends": {"demo": {"targets": ["http://127.0.0.1:8081"]}}}
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 8081))
        except OSError:
            probe = None
    if probe is None:
        (tmp_path / "taken.yaml").write_text(json.dumps(complete(config)))
        done = run("run", str(tmp_path / "taken.yaml"), "--demo-backend")
        assert done.returncode == 1
        assert "cannot listen on 127.0.0.1:8081" in done.stderr
    else:
        gateway = rig.gateway(config, arguments=["--demo-backend"])
        assert gateway.get("/x").json()["backend"] == "demo"
