"""The command line beside `run`: what it prints, where it points at, and its exit codes."""
import json

import pytest
from gateway import PROJECT, complete, run

GOOD = complete({"apis": [{"name": "a", "routes": [{"match": "GET /x", "mock": {"status": 200}}]}]})
BROKEN = """\
listeners:
  - address: 127.0.0.1:0
    limits: {boddy: 1MB}
backends:
  orders:
    targets: [http://127.0.0.1:9]
    timeouts: {connect: soon}
apis:
  - name: shop
    routes:
      - {match: GET /a, backend: order}
      - {match: "GET b", backend: orders}
"""


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.yaml"
    path.write_text(json.dumps(GOOD))
    return str(path)


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    return str(path)


def test_check_accepts_a_good_file(good):
    done = run("check", good)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ok: 1 listeners, 0 backends, 1 APIs, 1 routes" in done.stdout
    done = run("check", good, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"ok": True, "problems": []})


def test_check_reports_every_problem_with_its_place(broken):
    done = run("check", broken)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[-1] == "4 problems"
    for place, what in ((":3:", "boddy"), (":7:", "soon"), (":11:", "order"), (":12:", "must begin with")):
        assert any(place in line and what in line for line in lines), (place, what, done.stderr)
    assert "apis.shop.routes[0].backend" in done.stderr
    assert "did you mean 'orders'" in done.stderr


def test_check_as_json_says_the_same(broken):
    done = run("check", broken, "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert [one["line"] for one in told["problems"]] == [3, 7, 11, 12]
    assert {"file", "line", "column", "path", "message", "fix"} <= set(told["problems"][0])


def test_run_refuses_a_broken_file_as_check_does(broken):
    done = run("run", broken)
    assert done.returncode == 1
    assert done.stderr == run("check", broken).stderr


@pytest.mark.parametrize("command", [["run"], ["check"], ["routes"], ["explain", "GET", "/", "-c"]])
def test_missing_file_is_said(command, tmp_path):
    done = run(*command, str(tmp_path / "absent.yaml"))
    assert done.returncode == 1
    assert "absent.yaml" in done.stderr


@pytest.mark.parametrize("command", ["run", "check", "routes", "explain", "schema", "version", "demo-backend", "health"])
def test_every_command_has_help(command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_help_names_every_command():
    done = run("--help")
    assert done.returncode == 0
    for command in ("run", "check", "routes", "explain", "schema", "version", "demo-backend"):
        assert command in done.stdout


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["check", "--nonsense"], ["explain", "GET"]])
def test_wrong_arguments_are_refused(arguments):
    assert run(*arguments).returncode != 0


def test_version_is_told():
    done = run("version")
    assert done.returncode == 0
    assert done.stdout.startswith("gatehouse 0.")


def test_schema_is_the_committed_one():
    done = run("schema")
    assert done.returncode == 0
    assert done.stdout == (PROJECT / "config/gatehouse.schema.json").read_text()
    assert json.loads(done.stdout)["$schema"].endswith("2020-12/schema")


def test_every_example_is_accepted():
    files = [PROJECT / "config/gatehouse.yaml", *sorted((PROJECT / "config/examples").glob("*.yaml"))]
    assert len(files) >= 8
    for file in files:
        done = run("check", str(file))
        assert done.returncode == 0, f"{file}: {done.stderr}"


def test_secrets_come_from_the_environment_or_a_file(tmp_path):
    config = complete({
        "authorizers": {"k": {"api_key": {"keys": [{"id": "a", "key": "${SOME_SECRET}"}, {"id": "b", "key": f"file:{tmp_path}/secret"}]}}},
        "apis": [{"name": "a", "auth": ["k"], "routes": [{"match": "GET /x", "mock": {"status": 200}}]}]})
    file = tmp_path / "gatehouse.yaml"
    file.write_text(json.dumps(config))
    done = run("check", str(file))
    assert done.returncode == 1
    assert "SOME_SECRET" in done.stderr and f"{tmp_path}/secret" in done.stderr
    (tmp_path / "secret").write_text("very secret\n")
    assert run("check", str(file), environment={"SOME_SECRET": "other"}).returncode == 0
