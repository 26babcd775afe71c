"""The store beside other servers of the DynamoDB protocol: CPU per request, fsyncs per durable write, and what ten million items cost.
See README.md; run by store.sh."""

import argparse
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time

import store_requests
import store_servers
from servers import BenchError

PROJECT = pathlib.Path(__file__).resolve().parents[2]
LUA = pathlib.Path(__file__).parent / "store.lua"
CASES = {"get": "GetItem", "put": "PutItem", "query": "Query of 100", "rewritten": "Query of 100, rewritten"}
REFERENCES = ["dynoxide", "dynalite", "dynamodb-local"]
SLOW = {"dynamodb-local"}  # a tenth of the requests are enough to measure it
SMALL_ITEMS = 50_000
BIG_ITEMS = 10_000_000
PREPARED = 40_000
PREPARED_BIG = 250_000
BATCH = 25
SETTLE_SECONDS = 10
LOOK_SECONDS = 0.2
IDLE_SHARE = 0.02  # of a processor: what a server takes that has nothing to do
SIGNED_SECONDS = 600  # a signature is good for 15 minutes
GOALS = {"get": (14, 0.35), "put": (22, 0.35), "query": (55, 0.1), "sync": (32, None)}
FSYNC_GOAL = 0.05


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="store.sh")
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all servers, every other one in reverse")
    parser.add_argument("--seconds", type=int, default=2, help="seconds of load per server, case and round")
    parser.add_argument("--only", default="gateway," + ",".join(REFERENCES), help="servers, separated by commas")
    parser.add_argument("--gateway", type=lambda path: pathlib.Path(path).absolute(), default=PROJECT / "build/release/gatehouse")
    parser.add_argument("--data", type=pathlib.Path, default=PROJECT / "build/bench-store", help="a folder on a real disk; emptied")
    parser.add_argument("--big", action="store_true", help=f"the gateway with {BIG_ITEMS:,} items: memory, Scan, random GetItem")
    parser.add_argument("--items", type=int, default=BIG_ITEMS, help="how many items --big means")
    parser.add_argument("--json", type=pathlib.Path, help="also write all figures to this file")
    return parser.parse_args()


def fill(server, items: int, processes: int = 3):
    """The table and its items, by batches on several connections."""
    with server.client() as client:
        client.call("CreateTable", store_requests.CREATE)
        deadline = time.monotonic() + 30
        while client.expect("DescribeTable", {"TableName": store_requests.TABLE})["Table"]["TableStatus"] != "ACTIVE":
            if time.monotonic() > deadline:
                raise BenchError(f"the table of {server.kind} does not become active")
    step = -(-items // processes // BATCH) * BATCH
    with concurrent.futures.ProcessPoolExecutor(processes) as pool:
        for done in [pool.submit(fill_part, server, first, min(items, first + step)) for first in range(0, items, step)]:
            done.result()


def fill_part(server, first: int, end: int):
    with server.client() as client:
        for at in range(first, end, BATCH):
            operation, request = store_requests.batch(at, min(BATCH, end - at))
            while request["RequestItems"]:
                request["RequestItems"] = client.expect(operation, request)["UnprocessedItems"]


def settled_cpu_ns(server) -> int:
    """When what the load left to be done has been done too: compactions after writes are the writes' cost, and not the next load's."""
    deadline = time.monotonic() + SETTLE_SECONDS
    spent = server.cpu_ns()
    while time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        before, spent = spent, server.cpu_ns()
        if spent - before < IDLE_SHARE * LOOK_SECONDS * 1e9:
            break
    return spent


def load(server, folder: pathlib.Path, case: str, cores: list[int], seconds: int, connections: int, items: int, *, seed: int = 1,
         prepared: int = PREPARED) -> dict:
    """CPU µs per request under replayed load; every answer must be 200."""
    requests = folder / f"{server.kind}-{server.port}-{case}-{seed}.requests"
    if not requests.exists() or time.time() - requests.stat().st_mtime > SIGNED_SECONDS:
        store_requests.write(requests, server.host, case, items, prepared // 10 if server.kind in SLOW else prepared, seed)
    threads = min(2, len(cores))
    command = ["taskset", "-c", ",".join(map(str, cores)), "wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s",
               "-s", LUA, f"http://{server.host}/", "--", str(requests), str(threads)]
    before = server.cpu_ns()
    output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 90, check=True).stdout
    cpu_ns = settled_cpu_ns(server) - before
    outcome = json.loads(output.splitlines()[-1])
    if outcome["errors"] or not outcome["requests"]:
        raise BenchError(f"{outcome['errors']} errors in {outcome['requests']} requests of {server.kind}")
    return {"cpu_us": cpu_ns / 1000 / outcome["requests"], "rps": outcome["requests"] / outcome["seconds"], "p50_us": outcome["p50_us"],
            "p99_us": outcome["p99_us"], "requests": outcome["requests"], "answer_bytes": outcome["bytes"] / outcome["requests"]}


class Bench:
    def __init__(self, options: argparse.Namespace, cores: list[int]):
        self.options = options
        self.server_cores, self.load_cores = cores[:1], cores[1:]
        self.kinds = options.only.split(",")
        self.samples: dict = {}
        self.figures: dict = {}
        self.notes: list[str] = []
        shutil.rmtree(options.data, ignore_errors=True)
        options.data.mkdir(parents=True)

    def gateway(self, name: str, durability: str, **how):
        return store_servers.gateway(self.options.gateway, self.options.data / name, self.server_cores, durability, **how)

    def run(self):
        with contextlib.ExitStack() as stack:
            servers = []
            for kind in self.kinds:
                say(f"starting and filling {kind}")
                if kind == "gateway":
                    servers.append(stack.enter_context(self.gateway("none", "none")))
                else:
                    try:
                        servers.append(stack.enter_context(store_servers.reference(kind, self.server_cores)))
                    except store_servers.references.Unreachable as missing:
                        self.notes.append(f"{kind}: {missing}")
                        continue
                fill(servers[-1], SMALL_ITEMS)
            for case in CASES:
                for server in servers:
                    load(server, self.options.data, case, self.load_cores, 1, 16, SMALL_ITEMS)  # warm
            for number in range(self.options.rounds):
                for case in CASES:
                    for server in reversed(servers) if number % 2 else servers:
                        say(f"round {number + 1} of {self.options.rounds}: {CASES[case]}, {server.kind}")
                        sample = load(server, self.options.data, case, self.load_cores, self.options.seconds, 16, SMALL_ITEMS)
                        self.samples.setdefault(case, {}).setdefault(server.kind, []).append(sample)
        if "gateway" in self.kinds:
            self.run_sync()

    def run_sync(self):
        """Durable writes at 64 connections; the fsyncs are counted in a run of their own, under strace."""
        with self.gateway("sync", "sync") as server:
            fill(server, SMALL_ITEMS)
            for number in range(self.options.rounds):
                say(f"round {number + 1} of {self.options.rounds}: durable PutItem")
                sample = load(server, self.options.data, "put", self.load_cores, self.options.seconds, 64, SMALL_ITEMS)
                self.samples.setdefault("sync", {}).setdefault("gateway", []).append(sample)
        counts = self.options.data / "fsyncs"
        strace = ["strace", "-f", "--seccomp-bpf", "-c", "-U", "calls,name", "-o", str(counts), "-e", "trace=fsync,fdatasync"]
        say("counting fsyncs")
        with self.gateway("sync", "sync", under=strace) as server:
            writes = load(server, self.options.data, "put", self.load_cores, self.options.seconds, 64, SMALL_ITEMS)["requests"]
        calls = sum(int(found) for found in re.findall(r"^\s*(\d+)\s+f(?:data)?sync$", counts.read_text(), re.MULTILINE))
        self.figures["fsyncs_per_write"] = calls / writes

    def run_big(self):
        items = self.options.items
        with self.gateway("big", "none") as server:
            say(f"writing {items:,} items")
            begun, cpu = time.monotonic(), server.cpu_ns()
            fill(server, items)
            self.figures["write_seconds"] = time.monotonic() - begun
            self.figures["write_cpu_us"] = (server.cpu_ns() - cpu) / 1000 / items
        with self.gateway("big", "none") as server:
            self.figures["empty_anonymous"] = server.memory("RssAnon")
            # More than are sent, and others in each round: no item is asked for twice but by chance.
            samples = [load(server, self.options.data, "get", self.load_cores, self.options.seconds, 16, items, seed=seed, prepared=PREPARED_BIG)
                       for seed in range(self.options.rounds + 1)]
            self.samples["big get"] = {"gateway": samples[1:]}
            self.figures["resident"] = server.memory("VmRSS")
            self.figures["anonymous"] = server.memory("RssAnon")
            self.run_scan(server, items)
        size = sum(file.stat().st_size for file in (self.options.data / "big/data").rglob("*") if file.is_file())
        self.figures["disk"] = size

    def run_scan(self, server, items: int):
        say("scanning all of it")
        server.reset_peak()
        before, cpu, begun = server.memory("RssAnon"), server.cpu_ns(), time.monotonic()
        highest, ending = [before], threading.Event()

        def watch():
            while not ending.wait(0.05):
                highest[0] = max(highest[0], server.memory("RssAnon"))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            found = scan_count(server)
        finally:
            ending.set()
            watcher.join()
        if found != items:
            raise BenchError(f"the scan found {found:,} of {items:,} items")
        self.figures["scan_growth"] = highest[0] - before
        self.figures["scan_peak"] = server.memory("VmHWM")
        self.figures["scan_cpu_ns"] = (server.cpu_ns() - cpu) / items
        self.figures["scan_seconds"] = time.monotonic() - begun

    def median(self, case: str, kind: str, figure: str = "cpu_us") -> float | None:
        samples = self.samples.get(case, {}).get(kind)
        return statistics.median(sample[figure] for sample in samples) if samples else None

    def ratio(self, case: str) -> float | None:
        """To the best peer of the same round, the median of the rounds."""
        peers = [samples for kind, samples in self.samples.get(case, {}).items() if kind != "gateway"]
        mine = self.samples.get(case, {}).get("gateway")
        if not peers or not mine:
            return None
        return statistics.median(sample["cpu_us"] / min(peer[number]["cpu_us"] for peer in peers) for number, sample in enumerate(mine))


def scan_count(server) -> int:
    found, start = 0, None
    with server.client() as client:
        while True:
            page = client.expect("Scan", {"TableName": store_requests.TABLE, **({"ExclusiveStartKey": start} if start else {})})
            found += page["Count"]
            start = page.get("LastEvaluatedKey")
            if not start:
                return found


def say(what: str):
    print(what, file=sys.stderr, flush=True)


def figure(value, digits=1) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def megabytes(value) -> str:
    return f"{value / 2**20:,.0f} MB"


def page(bench: Bench) -> str:
    lines = []
    if any(case in bench.samples for case in CASES):
        lines += [f"CPU µs per request, {SMALL_ITEMS:,} items of {store_requests.ITEM_BYTES} B, one worker, 16 connections (medians of "
                  f"{bench.options.rounds} rounds of {bench.options.seconds} s). Signatures are checked by the gateway only; the others are in memory.", "",
                  "| | " + " | ".join(bench.kinds) + " | to the best peer | goal |", "|---" * (len(bench.kinds) + 3) + "|"]
        for case, title in CASES.items():
            goal, share = GOALS.get(case, (None, None))
            cells = [figure(bench.median(case, kind)) for kind in bench.kinds]
            lines.append(f"| {title} | " + " | ".join(cells) + f" | {figure(bench.ratio(case), 2)} | {f'≤ {goal} µs, ≤ {share}' if goal else ''} |")
        for case, title in CASES.items():
            cells = [figure(bench.median(case, kind, "rps"), 0) for kind in bench.kinds]
            lines.append(f"| {title}, requests/s | " + " | ".join(cells) + " | | |")
        lines.append("")
    if "sync" in bench.samples:
        lines.append(f"Durable PutItem, 64 connections: {figure(bench.median('sync', 'gateway'))} CPU µs (goal ≤ {GOALS['sync'][0]}), "
                     f"{figure(bench.median('sync', 'gateway', 'rps'), 0)} requests/s, p99 {figure(bench.median('sync', 'gateway', 'p99_us'), 0)} µs, "
                     f"{bench.figures['fsyncs_per_write']:.3f} fsyncs a write (goal ≤ {FSYNC_GOAL}).")
    if "resident" in bench.figures:
        got = bench.figures
        lines += [f"{bench.options.items:,} items of {store_requests.ITEM_BYTES} B: {megabytes(got['disk'])} on disk, written in {got['write_seconds']:.0f} s "
                  f"by batches of {BATCH} ({got['write_cpu_us']:.1f} CPU µs an item).",
                  f"Resident {megabytes(got['resident'])}, anonymous {megabytes(got['anonymous'])} (goal ≤ 300 MB with a 64 MB cache).",
                  f"Random GetItem {figure(bench.median('big get', 'gateway'))} CPU µs (goal ≤ 35).",
                  f"Scan of all: {got['scan_cpu_ns']:.0f} CPU ns an item, {got['scan_seconds']:.0f} s, memory grew by {megabytes(got['scan_growth'])}."]
    return "\n".join(lines + [f"Note: {note}" for note in bench.notes])


def main() -> int:
    options = parse_options()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("needs two cores: one for the server, one for the load")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    bench = Bench(options, cores)
    try:
        bench.run_big() if options.big else bench.run()
    except (BenchError, OSError, AssertionError, http.client.HTTPException, subprocess.SubprocessError) as error:
        print(page(bench))
        print(f"store.sh: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(options.data, ignore_errors=True)
    print(page(bench))
    if options.json:
        options.json.write_text(json.dumps({"samples": bench.samples, "figures": bench.figures}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
