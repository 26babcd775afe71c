"""A new configuration in a running gateway: complete or not at all, and nobody notices who does not have to."""
import json
import signal
import threading

import pytest
from gateway import endpoint
from patience import PATIENCE, poll
from raw_client import RawClient, request

BAD = {"backends": {"fake": {"targets": ["http://127.0.0.1:1"], "retires": {}}},
       "apis": [{"name": "a", "routes": [{"match": "GET /x", "backend": "fke"}]}]}


def mocks(text, **more):
    return {"apis": [{"name": "a", "routes": [{"match": "$default", "mock": {"body": text}}]}], **more}


def test_reload_takes_effect_on_open_connections(rig):
    gateway = rig.gateway(mocks("one"))
    client = gateway.client()
    assert client.get("/").body == b"one"
    gateway.reload(mocks("two"))
    assert client.get("/").body == b"two"
    assert gateway.status()["config_version"] == 2
    assert gateway.metric("gatehouse_config_version") == 2
    assert gateway.metric("gatehouse_config_reload_success") == 1


def test_reload_under_load_fails_no_request(rig):
    upstream = rig.upstream()

    def config(version):
        return {"backends": {"fake": {"targets": [upstream.url]}, f"other{version}": {"targets": [upstream.url]}},
                "apis": [{"name": "a", "routes": [
                    {"match": "$default", "backend": "fake", "response": {"set_header": {"x-version": str(version)}}},
                    {"match": "GET /other", "backend": f"other{version}", "response": {"set_header": {"x-version": str(version)}}}]}]}

    gateway = rig.gateway({**config(0), "workers": 2})
    over = threading.Event()
    failures, versions = [], [[] for _ in range(6)]

    def work(number):
        try:
            with RawClient(gateway.address) as client:
                while not over.is_set():
                    answer = client.get("/other" if number % 2 else "/")
                    assert (answer.status, answer.body, answer.closes) == (200, b"upstream\n", False)
                    versions[number].append(int(answer.fields["x-version"]))
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    try:
        for version in range(1, 6):
            seen = [len(one) for one in versions]
            poll(lambda: failures or all(len(one) > before + 20 for one, before in zip(versions, seen)), "load")
            gateway.reload({**config(version), "workers": 2})
        poll(lambda: failures or all(one and one[-1] == 5 for one in versions), "the last version everywhere")
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert failures == []
    for seen in versions:
        assert seen == sorted(seen)  # never back to an older one
        assert set(seen) == set(range(6))


def test_request_in_progress_ends_on_the_old_configuration(rig):
    release = threading.Event()

    def serve(_request, connection):
        connection.upstream.pause(release)
        connection.answer(b"old backend")

    upstream = rig.upstream(serve)
    gateway = rig.proxy(upstream, route={"response": {"set_header": {"x-version": "old"}}})
    client = gateway.client()
    client.send(request("GET", "/"))
    upstream.wait_requests(1)
    gateway.reload(mocks("new"))
    assert gateway.get("/").body == b"new"
    release.set()
    answer = client.read_response()
    assert (answer.status, answer.body, answer.fields["x-version"]) == (200, b"old backend", "old")
    assert client.get("/").body == b"new"
    # The old backend's pool goes with its last request.
    assert upstream.connections[0].ended.wait(PATIENCE)


def test_connections_of_an_unchanged_backend_are_kept(rig):
    upstream = rig.upstream()
    gateway = rig.proxy(upstream)
    assert gateway.get("/").status == 200
    config = json.loads(gateway.file.read_text())
    config["apis"][0]["routes"][0]["response"] = {"set_header": {"x-new": "yes"}}
    gateway.reload(config)
    assert gateway.get("/").fields["x-new"] == "yes"
    assert len(upstream.connections) == 1


def test_changed_backend_is_used_from_the_next_request_on(rig):
    old, new = (rig.upstream(lambda _, c, name=name: c.answer(name)) for name in (b"old", b"new"))
    gateway = rig.proxy(old)
    client = gateway.client()
    assert client.get("/").body == b"old"
    config = json.loads(gateway.file.read_text())
    config["backends"]["fake"]["targets"] = [new.url]
    gateway.reload(config)
    assert client.get("/").body == b"new"


def test_bad_file_changes_nothing_and_is_seen_everywhere(rig):
    gateway = rig.gateway(mocks("good"))
    gateway.allowed_errors.append("reload failed")
    client = gateway.client()
    gateway.write(BAD)
    gateway.signal(signal.SIGHUP)
    line = gateway.wait_log(r" error reload failed, nothing changed .*").group()
    assert "retires" in line and "retries" in line and "fke" in line  # every problem, with the nearest name
    status = gateway.status()
    assert (status["last_reload_ok"], status["config_version"]) == (False, 1)
    assert "fke" in status["last_reload_error"]
    assert gateway.metric("gatehouse_config_reload_success") == 0
    assert client.get("/").body == b"good"
    gateway.reload(mocks("better"))
    status = gateway.status()
    assert (status["last_reload_ok"], status["config_version"], "last_reload_error" in status) == (True, 2, False)
    assert gateway.metric("gatehouse_config_reload_success") == 1
    assert client.get("/").body == b"better"


@pytest.mark.parametrize("text", ["", "listeners: [", "- just\n- a list\n", "\x00", "a: &a [*a]"])
def test_file_that_is_no_configuration_changes_nothing(rig, text):
    gateway = rig.gateway(mocks("good"))
    gateway.allowed_errors.append("reload failed")
    gateway.write(text)
    gateway.signal(signal.SIGHUP)
    gateway.wait_log(r" error reload failed, nothing changed ")
    assert gateway.get("/").body == b"good"


def test_file_that_is_gone_changes_nothing(rig):
    gateway = rig.gateway(mocks("good"))
    gateway.allowed_errors.append("reload failed")
    gateway.file.unlink()
    gateway.signal(signal.SIGHUP)
    assert "gatehouse.yaml" in gateway.wait_log(r" error reload failed, nothing changed .*").group()
    assert gateway.get("/").body == b"good"


def test_listener_that_cannot_be_bound_changes_nothing(rig):
    other = rig.gateway(mocks("other"))
    gateway = rig.gateway(mocks("good"))
    gateway.allowed_errors.append("reload failed")
    gateway.write(mocks("bad", listeners=[{"address": "127.0.0.1:0"}, {"address": other.authority}]))
    gateway.signal(signal.SIGHUP)
    assert other.authority in gateway.wait_log(r" error reload failed, nothing changed .*").group()
    assert gateway.get("/").body == b"good"
    assert gateway.status()["listeners"] == [gateway.authority]
    assert [other.get("/").body for _ in range(10)] == [b"other"] * 10


def test_reload_adds_and_removes_listeners(rig):
    gateway = rig.gateway(mocks("one"))
    gateway.reload(mocks("two", listeners=[{"address": "127.0.0.1:0"}, {"address": "127.0.0.2:0"}]))
    first, second = map(endpoint, gateway.status()["listeners"])
    assert first == gateway.address  # it stayed where it was
    busy = RawClient(second)
    gateway.clients.append(busy)
    assert busy.get("/").body == b"two"
    assert gateway.get("/").body == b"two"
    gateway.reload(mocks("three"))
    poll(lambda: refuses(second), "the second listener's end")
    busy.expect_closed()  # it was idle
    assert gateway.get("/").body == b"three"
    assert gateway.status()["listeners"] == [gateway.authority]


def refuses(address):
    try:
        RawClient(address).close()
    except ConnectionRefusedError:
        return True
    return False


def test_request_on_a_listener_that_is_removed_is_finished(rig):
    release = threading.Event()

    def serve(_request, connection):
        connection.upstream.pause(release)
        connection.answer()

    upstream = rig.upstream(serve)
    gateway = rig.proxy(upstream, listeners=[{"address": "127.0.0.1:0"}, {"address": "127.0.0.2:0"}])
    client = gateway.client(1)
    client.send(request("GET", "/"))
    upstream.wait_requests(1)
    config = json.loads(gateway.file.read_text())
    config["listeners"].pop()
    gateway.reload(config)
    release.set()
    answer = client.read_response()
    assert (answer.status, answer.closes) == (200, True)
    client.expect_closed()


def test_limits_of_a_listener_change_with_a_reload(rig):
    gateway = rig.gateway(mocks("x"))
    client = gateway.client()
    assert client.exchange("POST", "/", body=b"x" * 5000).status == 200
    gateway.reload(mocks("x", listeners=[{"address": "127.0.0.1:0", "limits": {"headers": 3}}]))
    assert client.get("/", fields=[("X-A", "b")] * 5).status == 431


def test_admin_reloads_too_and_tells_what_is_wrong(rig):
    gateway = rig.gateway(mocks("one"))
    gateway.allowed_errors.append("reload failed")
    gateway.write(mocks("two"))
    answer = gateway.ask_admin("/reload", "POST", body=b"")
    assert (answer.status, answer.json()["config_version"]) == (200, 2)
    assert gateway.get("/").body == b"two"
    gateway.write(BAD)
    answer = gateway.ask_admin("/reload", "POST", body=b"")
    assert answer.status == 422
    assert "fke" in answer.json()["problems"]
    gateway.write(mocks("three"))
    answer = gateway.ask_admin("/reload", "POST", body=b"", fields=[("Origin", "https://evil.test")])
    assert answer.status == 403
    assert gateway.get("/").body == b"two"


def test_changing_the_number_of_workers_is_said_to_need_a_start(rig):
    gateway = rig.gateway(mocks("one"))
    gateway.reload(mocks("two", workers=3))
    assert gateway.find_log(r" warn the number of workers changes at the next start")
    assert gateway.status()["workers"] == 1
    assert gateway.get("/").body == b"two"


def test_many_reloads_in_a_row(rig):
    gateway = rig.gateway(mocks("0"))
    for number in range(1, 30):
        gateway.reload(mocks(str(number)))
    assert gateway.get("/").body == b"29"
    assert gateway.status()["config_version"] == 30


def test_sigusr1_reopens_the_log(rig, tmp_path):
    log, old = tmp_path / "access.log", tmp_path / "access.log.1"
    gateway = rig.proxy(rig.upstream(), access_log={"to": str(log)})
    assert gateway.get("/before").status == 200
    poll(lambda: log.exists() and "/before" in log.read_text(), "the first line")
    log.rename(old)
    gateway.signal(signal.SIGUSR1)
    poll(log.exists, "the new file")
    assert gateway.get("/after").status == 200
    poll(lambda: "/after" in log.read_text(), "the second line")
    assert "/after" not in old.read_text()
    assert "/before" not in log.read_text()


def test_access_log_moves_with_a_reload(rig, tmp_path):
    gateway = rig.gateway(mocks("x", access_log={"to": str(tmp_path / "one.log")}))
    assert gateway.get("/first").status == 200
    gateway.reload(mocks("x", access_log={"to": str(tmp_path / "two.log")}))
    assert gateway.get("/second").status == 200
    gateway.stop()
    paths = [[json.loads(line)["path"] for line in (tmp_path / name).read_text().splitlines()] for name in ("one.log", "two.log")]
    assert paths == [["/first"], ["/second"]]
