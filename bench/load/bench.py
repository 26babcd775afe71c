"""Gateway, nginx and HAProxy in turn: measures, then prints markdown. Started by run.sh; README.md says how to read it."""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import resource
import signal
import statistics
import subprocess
import sys

import passes
import report
from servers import BenchError, Servers, program

PROXIES = ["gateway", "nginx", "nginx-tuned", "haproxy"]
PASSES = ["load", "syscalls", "instructions", "idle", "scaling"]
CASES = {case.name: case for case in passes.CASES}
IDLE_CONNECTIONS = 9000
GATEWAY = pathlib.Path(__file__).resolve().parents[2] / "build/release/gatehouse"


def names_of(known):
    """An argparse type: a comma-separated choice, in the order of `known`."""

    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := set(chosen) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(known)}")
        return [name for name in known if name in chosen]

    return parse


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6, help="rounds of the load pass; every other one in reversed order")
    parser.add_argument("--seconds", type=int, default=2, help="seconds of load per proxy, case and round")
    parser.add_argument("--cases", type=names_of(CASES), default=",".join(CASES), help="kinds of request")
    parser.add_argument("--only", type=names_of(PROXIES), default=",".join(PROXIES), help="proxies")
    parser.add_argument("--passes", type=names_of(PASSES), default=",".join(PASSES), help="what to measure")
    parser.add_argument("--gateway", type=lambda path: pathlib.Path(path).absolute(), default=GATEWAY, help="the gateway's binary")
    parser.add_argument("--json", type=pathlib.Path, help="also write all figures, with every round's, to this file")
    parser.add_argument("--tmp", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


class Bench:
    """One run: what was asked for, the machine's cores, and what has been found so far."""

    def __init__(self, options: argparse.Namespace, cores: list[int], idle_connections: int):
        self.options = options
        self.cores = cores
        self.proxy_cores, self.load_cores = cores[:1], cores[1:]
        self.idle_connections = idle_connections
        self.cases = [CASES[name] for name in options.cases]
        self.servers = Servers(options.tmp, options.gateway, idle_connections + 500)
        self.rounds: dict = {case.name: {kind: {} for kind in options.only} for case in self.cases}
        self.extra: dict = {case.name: {kind: {} for kind in options.only} for case in self.cases}
        self.idle: dict = {}
        self.scaling: dict = {}
        self.missing: list[str] = []
        self.failed = False

    def run(self):
        wanted = self.options.passes
        with self.servers.backend(self.load_cores) as backend:
            if "load" in wanted or "syscalls" in wanted:
                with contextlib.ExitStack() as stack:
                    proxies = [stack.enter_context(self.servers.proxy(kind, backend, self.proxy_cores)) for kind in self.options.only]
                    if "load" in wanted:
                        self.run_load(proxies)
                    if "syscalls" in wanted:
                        self.run_syscalls(proxies)
            if "instructions" in wanted:
                self.run_instructions(backend)
            if "idle" in wanted:
                self.run_idle(backend)
        if "scaling" in wanted:
            self.run_scaling()

    def run_load(self, proxies: list):
        for case in self.cases:
            for server in proxies:
                with self.attempt(f"warm-up: {case.title}, {server.kind}"):
                    passes.wrk(server, case, self.load_cores, 1)
        for number in range(self.options.rounds):
            for case in self.cases:
                for server in reversed(proxies) if number % 2 else proxies:
                    with self.attempt(f"round {number + 1} of {self.options.rounds}: {case.title}, {server.kind}"):
                        sample = passes.load(server, case, self.load_cores, self.options.seconds)
                        self.rounds[case.name][server.kind][number] = sample

    def run_syscalls(self, proxies: list):
        for case in self.cases:
            for server in proxies:
                with self.attempt(f"system calls: {case.title}, {server.kind}"):
                    self.extra[case.name][server.kind]["syscalls"] = passes.syscalls(server, case, self.load_cores)

    def run_instructions(self, backend):
        for kind in self.options.only:
            with self.attempt(f"instructions and allocations: {kind}"):
                for name, figures in passes.callgrind(self.servers, kind, backend, self.proxy_cores, self.cases).items():
                    self.extra[name][kind] |= figures

    def run_idle(self, backend):
        for kind in self.options.only:
            with self.attempt(f"{self.idle_connections} idle connections: {kind}"):
                self.idle[kind] = passes.idle_bytes(self.servers, kind, backend, self.proxy_cores, self.idle_connections)

    def run_scaling(self):
        if len(self.cores) < 3:
            self.missing.append(f"one and two workers: needs 3 cores or more, here are {len(self.cores)}")
            return
        measured = [(kind, kind, passes.CASES[0]) for kind in self.options.only]
        if "gateway" in self.options.only:
            measured.insert(1, ("gateway, mock", "gateway", passes.MOCK))
        for name, kind, case in measured:
            with self.attempt(f"one and two workers: {name}"):
                self.scaling[name] = passes.scaling(self.servers, kind, case, self.cores, self.options.seconds, self.options.rounds)

    @contextlib.contextmanager
    def attempt(self, what: str):
        """Says what is being done; a failure is reported at the end and leaves a dash in the table."""
        print(what, file=sys.stderr, flush=True)
        try:
            yield
        except (BenchError, OSError, subprocess.SubprocessError) as error:
            self.failed = True
            self.missing.append(f"{what}: {error}")

    def load_medians(self) -> dict:
        """case → proxy → medians over the rounds; the ratio is to nginx in the same round."""
        result: dict = {}
        for case, proxies in self.rounds.items():
            result[case] = {}
            for kind, samples in proxies.items():
                result[case][kind] = passes.medians(list(samples.values())) if samples else {}
                base = proxies.get("nginx", {})
                if ratios := [sample["cpu_us"] / base[number]["cpu_us"] for number, sample in samples.items() if number in base]:
                    result[case][kind]["ratio"] = statistics.median(ratios)
                result[case][kind] |= self.extra[case][kind]
        return result

    def facts(self) -> dict:
        """What the figures depend on."""
        versions = {
            "gateway": [self.options.gateway, "version"],
            "nginx": ["nginx", "-v"],
            "haproxy": ["haproxy", "-v"],
        }
        programs = dict.fromkeys(map(program, self.options.only))
        outputs = {name: subprocess.run(versions[name], capture_output=True, text=True, check=True) for name in programs}
        return {
            "cores": len(self.cores),
            "kernel": platform.release(),
            "rounds": self.options.rounds,
            "seconds": self.options.seconds,
            "versions": {name: (output.stdout + output.stderr).splitlines()[0] for name, output in outputs.items()},
        }


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is ended on the way out
    options = parse_options()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("needs two cores: one for the proxy, one for load and backend")
    if "gateway" in options.only and not os.access(options.gateway, os.X_OK):
        sys.exit(f"no gateway at {options.gateway}: build it, or say --gateway PATH or --only nginx,haproxy")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    options.tmp.chmod(0o755)  # nginx drops root and must still reach its folder

    bench = Bench(options, cores, min(IDLE_CONNECTIONS, most // 2 - 1000))
    facts = bench.facts()
    try:
        bench.run()
    except BenchError as error:
        sys.exit(f"bench: {error}")
    medians = bench.load_medians()
    print(report.page(facts, bench.cases, medians, bench.idle, bench.idle_connections, bench.scaling, bench.missing))
    if options.json:
        figures = {"facts": facts, "medians": medians, "rounds": bench.rounds, "idle_bytes": bench.idle,
                   "idle_connections": bench.idle_connections, "scaling": bench.scaling, "missing": bench.missing}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
