"""What the features cost a proxied request: a bare gateway, one with everything on, one that verifies every token, and nginx, in turn.
Started by features.sh; README.md says how to read it."""

import argparse
import base64
import hashlib
import json
import os
import pathlib
import secrets
import statistics
import subprocess
import sys
import time

import passes
from client import Connection, exchange
from report import number, table
from servers import BenchError, Server, Servers, free_port

GATEWAY = pathlib.Path(__file__).resolve().parents[2] / "build/release/gatehouse"
SCRIPT = pathlib.Path(__file__).parent / "features.lua"
TOKENS = 3000  # more than the warm-up leaves in the smallest cache
KINDS = ["bare", "full", "full-miss", "nginx"]
TITLES = {"bare": "gateway, bare", "full": "gateway, everything", "full-miss": "gateway, everything, no token remembered", "nginx": "nginx, no logs"}
PARTS = {"OpenSSL": "libcrypto", "the kernel": "[kernel", "the gateway": ""}  # and how they are called in a profile, the last anything else
CASE = passes.Case("small", "GET 100 B", "/small", 0, 40)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """An RSA key made by openssl, its key set, and tokens signed with it."""

    def __init__(self, folder: pathlib.Path):
        self.key = folder / "issuer.pem"
        subprocess.run(["openssl", "genrsa", "-out", self.key, "2048"], check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", self.key, "-noout", "-modulus"], check=True, capture_output=True, text=True).stdout
        n = bytes.fromhex(modulus.strip().removeprefix("Modulus="))
        self.jwks = folder / "jwks.json"
        self.jwks.write_text(json.dumps({"keys": [{"kty": "RSA", "kid": "k", "alg": "RS256", "use": "sig", "n": base64url(n), "e": "AQAB"}]}))

    def token(self, subject: int) -> str:
        now = int(time.time())
        head = {"alg": "RS256", "kid": "k", "typ": "JWT"}
        claims = {"iss": "https://id.example.com", "aud": "shop", "sub": f"user-{subject}", "iat": now, "exp": now + 7200, "scope": "orders:read orders:write"}
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(), check=True, capture_output=True).stdout
        return f"{signed}.{base64url(signature)}"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="features.sh", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6, help="rounds of load; every other one in reversed order")
    parser.add_argument("--seconds", type=int, default=2, help="seconds of load per server and round")
    parser.add_argument("--no-instructions", action="store_true", help="leave out the pass under callgrind")
    parser.add_argument("--gateway", type=lambda path: pathlib.Path(path).absolute(), default=GATEWAY, help="the gateway's binary")
    parser.add_argument("--tmp", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


class Guarded(Server):
    """A gateway that answers only who shows a token and a key."""

    def __init__(self, request: bytes, *arguments, **settings):
        self.request = request
        super().__init__(*arguments, **settings)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise BenchError(f"{self.kind} ended with {self.process.returncode}: {self.output.read_text()[-2000:]}")
        try:
            exchange([Connection(self.port)], self.request)
        except OSError:
            return False
        return True


class Bench:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        options.tmp.chmod(0o755)  # nginx drops root and must still reach its folder
        cores = sorted(os.sched_getaffinity(0))
        self.proxy_cores, self.load_cores = cores[:1], cores[1:] or cores
        self.servers = Servers(options.tmp, options.gateway, 1000)
        issuer = Issuer(options.tmp)
        self.tokens = [issuer.token(i) for i in range(TOKENS)]
        self.key = secrets.token_urlsafe(32)
        self.tokens_file = options.tmp / "tokens.txt"
        self.tokens_file.write_text("\n".join(self.tokens))
        self.full = {
            "jwks": issuer.jwks,
            "key_sha256": hashlib.sha256(self.key.encode()).hexdigest(),
            "routes": "\n".join(f'      - {{match: "ANY /resource-{i}/{{id}}/items/{{item}}", backend: origin}}' for i in range(999)),
        }

    def start(self, kind: str, backend: Server, under=()) -> Server:
        if kind == "nginx":
            return self.servers.proxy(kind, backend, self.proxy_cores, under=under)
        settings = {"backend": backend.port, "admin": free_port()}
        if kind != "bare":
            settings |= self.full | {"token_cache": 0 if kind == "full-miss" else 10000}
        name = "bare" if kind == "bare" else "full"
        return Guarded(self.request(self.tokens[0]), name, [*under, self.options.gateway, "run"], self.options.tmp, self.proxy_cores, 1, **settings)

    def wrk(self, kind: str, server: Server, seconds: int) -> list:
        tokens = TOKENS if kind == "full-miss" else 1
        return ["taskset", "-c", ",".join(map(str, self.load_cores)), "wrk", f"-t{min(2, len(self.load_cores))}", f"-c{CASE.connections}",
                f"-d{seconds}s", "--timeout", "10s", "-s", SCRIPT, f"http://127.0.0.1:{server.port}{CASE.path}", "--", self.tokens_file, str(tokens),
                self.key]

    def load(self, kind: str, server: Server, seconds: int) -> float:
        """CPU microseconds of all threads per completed request."""
        before = server.cpu_ns()
        output = subprocess.run(self.wrk(kind, server, seconds), capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
        spent = server.cpu_ns() - before
        outcome = json.loads(output.splitlines()[-1])
        if outcome["errors"] or not outcome["requests"]:
            raise SystemExit(f"{kind}: {outcome['errors']} errors in {outcome['requests']} requests")
        server.drop_access_log()
        return spent / 1e3 / outcome["requests"]

    def request(self, token: str) -> bytes:
        return (f"GET {CASE.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://shop.example.com\r\nAuthorization: Bearer {token}\r\n"
                f"x-api-key: {self.key}\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n\r\n").encode()

    def instructions(self, kind: str, backend: Server) -> tuple[float, float]:
        """User instructions and allocations per request on warm connections."""
        under = ["valgrind", "--tool=callgrind", "--callgrind-out-file=callgrind.out"]
        with self.start(kind, backend, under) as server:
            connections = [Connection(server.port) for _ in range(CASE.connections)]
            exchange(connections, self.request(self.tokens[0]), 3)
            passes.monitor(server.process.pid, "zero")
            exchange(connections, self.request(self.tokens[0]), CASE.exact_rounds)
            passes.monitor(server.process.pid, "dump")
            newest = max(server.dir.glob("callgrind.out.*"), key=lambda file: int(file.suffix[1:]))
            total, allocations = passes.read_profile(newest)
            requests = CASE.exact_rounds * CASE.connections
            return total / requests, allocations / requests

    def shares(self, kind: str, server: Server, seconds: int) -> dict[str, float]:
        """Which parts of the CPU time are spent where, by samples taken under the same load."""
        samples = server.dir / "perf.data"
        record = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "4999", "-p", str(server.process.pid), "-o", samples, "--", "sleep", str(seconds)]
        with subprocess.Popen(self.wrk(kind, server, seconds + 1), stdout=subprocess.DEVNULL):
            subprocess.run(record, capture_output=True, timeout=seconds + 60, check=True)
        server.drop_access_log()
        report = ["perf", "report", "-q", "-i", samples, "--stdio", "--sort", "dso", "--field-separator", ";"]
        shares = subprocess.run(report, capture_output=True, text=True, timeout=60, check=True).stdout
        found = dict.fromkeys(PARTS, 0.0)
        for line in shares.splitlines():
            if ";" in line:
                share, where = line.split(";")
                found[next(part for part, name in PARTS.items() if name in where)] += float(share.strip().rstrip("%")) / 100
        return found

    def run(self):
        samples: dict[str, list[float]] = {kind: [] for kind in KINDS}
        shares: dict[str, list[dict[str, float]]] = {"full": [], "full-miss": []}
        counted = {}
        with self.servers.backend(self.load_cores) as backend:
            running = {kind: self.start(kind, backend) for kind in KINDS}
            try:
                for kind, server in running.items():
                    self.load(kind, server, 1)
                for index in range(self.options.rounds):
                    print(f"round {index + 1} of {self.options.rounds}", file=sys.stderr, flush=True)
                    for kind in reversed(KINDS) if index % 2 else KINDS:
                        samples[kind].append(self.load(kind, running[kind], self.options.seconds))
                    for kind, found in shares.items():
                        found.append(self.shares(kind, running[kind], self.options.seconds))
            finally:
                for server in running.values():
                    server.__exit__()
            if not self.options.no_instructions:
                for kind in KINDS:
                    print(f"instructions: {kind}", file=sys.stderr, flush=True)
                    counted[kind] = self.instructions(kind, backend)
        print(self.page(samples, counted))
        print(self.miss(samples, shares))

    @staticmethod
    def miss(samples: dict, shares: dict) -> str:
        """What a token costs that is not remembered, and where. The kernel's part is not the token's: it wakes clients and backends, which
        have the time to fall asleep when the gateway is slower."""
        def more(share) -> str:
            found = [miss * share(in_miss) - full * share(in_full) for miss, in_miss, full, in_full in
                     zip(samples["full-miss"], shares["full-miss"], samples["full"], shares["full"])]
            return number(statistics.median(found), 1)

        parts = ", ".join(f"{more(lambda shares, part=part: shares[part])} µs in {part}" for part in PARTS)
        return f"\nA token that is not remembered costs {more(lambda _: 1)} µs more: {parts}."

    @staticmethod
    def page(samples: dict, counted: dict) -> str:
        rows = []
        for kind, found in samples.items():
            more = statistics.median(one - bare for one, bare in zip(found, samples["bare"]))
            ratio = statistics.median(one / nginx for one, nginx in zip(found, samples["nginx"]))
            instructions, allocations = counted.get(kind, (None, None))
            rows.append([TITLES[kind], number(statistics.median(found), 1), number(more, 1), number(ratio, 2), number(instructions, 0),
                         number(allocations, 2)])
        head = ["one worker, 64 connections, GET 100 B", "CPU µs/request", "more than bare", "ratio to nginx", "user instructions", "allocations"]
        return table(head, rows)


Bench(parse_options()).run()
