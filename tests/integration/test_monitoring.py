"""What Prometheus and Grafana make of the gateway: formats, alert rules, the dashboard, and every metric that these name."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest
from gateway import free_port
from otlp_collector import Collector
from patience import PATIENCE, poll

PROJECT = pathlib.Path(__file__).resolve().parents[2]
RULES = PROJECT / "docker/prometheus/rules.yml"
DASHBOARD = PROJECT / "docker/grafana/dashboards/gatehouse.json"
METRIC = re.compile(r"\bgatehouse_\w+")
OPEN_METRICS = ("Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")


def promtool(*arguments, **how):
    tool = shutil.which("promtool")
    assert tool, "promtool (Debian package prometheus) is missing"
    return subprocess.run([tool, *arguments], capture_output=True, timeout=PATIENCE * 3, **how)


@pytest.fixture(scope="module")
def busy(shared_rig):
    """A gateway that has seen a bit of everything."""
    collector = shared_rig.keep(Collector())
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}},
        "authorizers": {"partners": {"api_key": {"keys": [{"id": "one", "key": "${TEST_KEY:-right}"}]}}},
        "tracing": {"otlp": collector.url, "sample": "100%"},
        "tables": {"notes": {"key": {"id": "S"}}},
        "apis": [{"name": "shop", "routes": [
            {"match": "GET /orders/{id}", "backend": "fake", "throttle": [{"rate": "1/min", "burst": 2}]},
            {"match": "GET /private", "backend": "fake", "auth": ["partners"]},
            {"match": "ANY /notes/{id}", "table": {"name": "notes", "key": {"id": "$path.id"}}}]}]})
    for _ in range(4):
        gateway.get("/orders/7")
    gateway.get("/private")
    gateway.get("/nothing")
    assert gateway.exchange("PUT", "/notes/1", body=b'{"text":"x"}', fields=[("Content-Type", "application/json")]).status < 300
    collector.wait_spans(9)  # two for what reached the backend, one for what did not
    gateway.wait_metric("gatehouse_requests_total", 7)
    return gateway


def test_both_styles_tell_the_same(busy):
    plain = busy.ask_admin("/metrics")
    opened = busy.ask_admin("/metrics", fields=[OPEN_METRICS])
    assert plain.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert opened.fields["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    lines = opened.body.decode().splitlines()
    assert lines[-1] == "# EOF" and lines.count("# EOF") == 1

    def series(body):
        return {line.partition(" # ")[0].rpartition(" ")[0] for line in body.decode().splitlines() if not line.startswith("#")}

    assert series(plain.body) == series(opened.body)
    types = dict(re.findall(r"^# TYPE (\S+) (\w+)$", opened.body.decode(), re.M))
    assert {name for name, kind in types.items() if kind == "counter" and name.endswith("_total")} == set()
    for line in lines:
        if not line.startswith("#"):
            name = re.match(r"\w+", line)[0]
            family = next(name.removesuffix(suffix) for suffix in ("_total", "_bucket", "_sum", "_count", "") if name.removesuffix(suffix) in types)
            assert (types[family] == "counter") == name.endswith("_total"), line


def test_histograms_lead_to_traces(busy):
    """Exemplars, in OpenMetrics only: the id of a trace that was sampled."""
    found = re.findall(r'^gatehouse_request_duration_seconds_bucket\{api="shop",route="GET /orders/\{id\}",le="\S+"\} \d+ '
                       r'# \{trace_id="([0-9a-f]{32})"\} [0-9.e-]+ [0-9]+\.[0-9]{3}$', busy.ask_admin("/metrics", fields=[OPEN_METRICS]).body.decode(), re.M)
    traces = {line["trace_id"] for line in busy.wait_access(4, route="GET /orders/{id}")}
    assert len(found) == 1 and set(found) <= traces
    assert b"trace_id" not in busy.ask_admin("/metrics").body


def test_promtool_finds_nothing_to_say(busy):
    checked = promtool("check", "metrics", input=busy.ask_admin("/metrics").body)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_the_rules_are_sound_and_do_what_they_say():
    for arguments in (("check", "rules", str(RULES)), ("test", "rules", str(RULES.with_name("rules_test.yml")))):
        done = promtool(*arguments)
        assert done.returncode == 0, (done.stdout + done.stderr).decode()


def test_every_metric_of_rules_and_dashboard_is_in_a_scrape(busy):
    """Those of the breaker, of lost lines and lost spans are there before anything is lost."""
    scraped = {line.split("{")[0].split(" ")[0] for line in busy.ask_admin("/metrics").body.decode().splitlines() if not line.startswith("#")}
    recorded = set(re.findall(r"record: (\S+)", RULES.read_text()))
    dashboard = json.loads(DASHBOARD.read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    expressions += [variable["definition"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
    named = set(METRIC.findall("\n".join(expressions))) | set(METRIC.findall(RULES.read_text()))
    assert len(named) > 20
    assert named - scraped - recorded == set()


def test_prometheus_scrapes_evaluates_and_knows_the_dashboards_queries(busy, tmp_path):
    """The real one: it asks for OpenMetrics, loads the rules, and answers every query of the dashboard."""
    program = shutil.which("prometheus")
    assert program, "prometheus (Debian package) is missing"
    port = free_port()
    (tmp_path / "prometheus.yml").write_text(json.dumps({
        "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"}, "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "gatehouse", "static_configs": [{"targets": ["%s:%d" % busy.admin]}]}]}))
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen([program, f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
                                f"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                               env={**os.environ, "NO_PROXY": "127.0.0.1"})

    def ask(path, **parameters):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=PATIENCE) as answer:
            return json.load(answer)["data"]

    def is_up():
        try:
            found = ask("query", query="gatehouse_config_version")["result"]
        except OSError:
            assert process.poll() is None, (tmp_path / "log").read_text()
            return None
        return found

    try:
        poll(is_up, "a scrape", patience=PATIENCE * 2, every=0.1)
        target, = ask("targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")
        assert ask("query", query="sum(gatehouse_requests_total)")["result"][0]["value"][1] == "7"
        metadata = ask("metadata", metric="gatehouse_requests")
        assert metadata["gatehouse_requests"][0]["type"] == "counter"  # so it read OpenMetrics, where the family has that name
        dashboard = json.loads(DASHBOARD.read_text())
        for panel in dashboard["panels"]:
            for query in panel["targets"]:
                text = query["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*").replace("$api", ".*")
                poll(lambda: ask("query", query=text)["result"], f"a series for {panel['title']}: {text}", every=0.1)
        series, = ask("query_exemplars", query='gatehouse_request_duration_seconds_bucket{route="GET /orders/{id}"}', start="0", end="9999999999")
        assert re.fullmatch("[0-9a-f]{32}", series["exemplars"][0]["labels"]["trace_id"])
        poll(lambda: all(rule["health"] == "ok" for group in ask("rules")["groups"] for rule in group["rules"]), "rules evaluated", every=0.1)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        log.close()


def test_the_dashboard_is_whole():
    dashboard = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert all(target["expr"] and target["legendFormat"] for target in panel["targets"])
    corners = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(corners)) == len(corners)
