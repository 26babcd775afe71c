"""What is measured: load, system calls, instructions and allocations, idle memory, scaling."""

import dataclasses
import itertools
import json
import pathlib
import re
import resource
import select
import signal
import statistics
import subprocess
import time
from collections import Counter

from client import HOST, Connection, exchange, request_bytes
from servers import BenchError, Server, Servers

WRK_SCRIPT = pathlib.Path(__file__).parent / "wrk.lua"
ALLOCATORS = {"malloc", "calloc", "realloc", "memalign", "posix_memalign", "aligned_alloc"}
WARM_UP_CONNECTIONS = 8
SCALING_CONNECTIONS = 256


@dataclasses.dataclass(frozen=True)
class Case:
    """One kind of request; `body_bytes` 0 is a GET, `exact_rounds` requests go over each connection under callgrind."""

    name: str
    title: str
    path: str
    body_bytes: int
    exact_rounds: int
    connections: int = 64


CASES = [
    Case("small", "GET 100 B", "/small", 0, 40),
    Case("10k", "GET 10 KB", "/10k", 0, 40),
    Case("1m", "GET 1 MB", "/1m", 0, 4),
    Case("post1k", "POST 1 KB", "/post", 1024, 40),
    Case("post64k", "POST 64 KB", "/post", 64 * 1024, 20),
]


MOCK = Case("mock", "mock", "/ping", 0, 0)  # answered by the gateway itself


def wrk(server: Server, case: Case, cores: list[int], seconds: int) -> dict:
    """Runs wrk; its outcome as in wrk.lua."""
    command = ["taskset", "-c", ",".join(map(str, cores)), "wrk", f"-t{min(2, len(cores))}", f"-c{case.connections}",
               f"-d{seconds}s", "--timeout", "10s", "-s", WRK_SCRIPT, f"http://{HOST}:{server.port}{case.path}", "--", str(case.body_bytes)]
    output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    outcome = json.loads(output.splitlines()[-1])
    if outcome["errors"] or not outcome["requests"]:
        raise BenchError(f"{outcome['errors']} errors in {outcome['requests']} requests")
    return outcome


def load(server: Server, case: Case, cores: list[int], seconds: int) -> dict:
    """Throughput, latency and the proxy's CPU time per completed request."""
    before = server.cpu_ns()
    outcome = wrk(server, case, cores, seconds)
    cpu_ns = server.cpu_ns() - before
    server.drop_access_log()
    return {
        "cpu_us": cpu_ns / 1e3 / outcome["requests"],
        "busy_cores": cpu_ns / 1e9 / outcome["seconds"],
        "requests_per_s": outcome["requests"] / outcome["seconds"],
        "p50_us": outcome["p50_us"],
        "p99_us": outcome["p99_us"],
    }


def syscalls(server: Server, case: Case, cores: list[int]) -> float:
    """System calls per request, all threads, under wrk's load; the few that open connections are in it."""
    summary = server.dir / "strace.txt"
    targets = [f"--attach={pid}" for pid in server.pids()]
    command = ["strace", "-c", "-f", "-U", "calls,name", "-o", summary, *targets]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        for _ in targets:
            said = tracer.stderr.readline().strip()
            if "attached" not in said:
                raise BenchError(said)
        requests = wrk(server, case, cores, 2)["requests"]
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=30)
    rows = re.findall(r"^\s*(\d+)\s+(\w+)$", summary.read_text(), re.MULTILINE)
    return sum(int(calls) for calls, name in rows if name != "total") / requests


def callgrind(servers: Servers, kind: str, backend: Server, cores: list[int], cases: list[Case]) -> dict[str, dict]:
    """User instructions and allocations per request, over connections that are open and warm."""
    under = ["valgrind", "--tool=callgrind", "--callgrind-out-file=callgrind.out"]
    results = {}
    with servers.proxy(kind, backend, cores, under=under) as server:
        for case in cases:
            request = request_bytes(case.path, case.body_bytes)
            connections = [Connection(server.port) for _ in range(case.connections)]
            exchange(connections, request, 3)
            monitor(server.process.pid, "zero")
            exchange(connections, request, case.exact_rounds)
            monitor(server.process.pid, "dump")
            newest = max(server.dir.glob("callgrind.out.*"), key=lambda file: int(file.suffix[1:]))
            instructions, allocations = read_profile(newest)
            requests = case.exact_rounds * case.connections
            results[case.name] = {"instructions": instructions / requests, "allocations": allocations / requests}
    return results


def monitor(pid: int, command: str):
    """Has callgrind in this process zero or dump its counters."""
    result = subprocess.run(["vgdb", f"--pid={pid}", command], capture_output=True, text=True, timeout=60)
    if result.returncode:
        raise BenchError(result.stderr.strip())


def read_profile(path: pathlib.Path) -> tuple[int, int]:
    """Instructions and calls of the C allocator (operator new ends there) in one callgrind dump."""
    names: dict[str, str] = {}
    calls: Counter[str] = Counter()
    total = 0
    callee = ""
    for line in path.read_text().splitlines():
        if match := re.match(r"(c?)fn=\((\d+)\)(?: (.*))?", line):
            called, number, name = match.groups()
            if name:
                names[number] = name.split("'")[0]
            if called:
                callee = names[number]
        elif line.startswith("calls="):
            calls[callee] += int(line[6:].split()[0])
        elif line.startswith("totals:"):
            total = int(line.split()[1])
    return total, sum(calls[name] for name in ALLOCATORS)


def settled_bytes(server: Server) -> int:
    """The server's memory once it has been the same for a second: the server has gone idle."""
    same = 0
    last = -1
    for _ in range(150):
        now = server.anonymous_bytes()
        same = same + 1 if now == last else 0
        if same == 5:
            return now
        last = now
        time.sleep(0.2)
    raise BenchError(f"{server.kind}: memory not steady within 30 s")


def idle_bytes(servers: Servers, kind: str, backend: Server, cores: list[int], count: int) -> float:
    """User memory per idle keep-alive connection that has served one request."""
    request = request_bytes("/small")
    with servers.proxy(kind, backend, cores) as server:
        exchange([Connection(server.port) for _ in range(WARM_UP_CONNECTIONS)], request, 50)
        before = settled_bytes(server)
        connections = []
        for _ in range(count):
            connections.append(Connection(server.port))
            exchange(connections[-1:], request)
        after = settled_bytes(server)
        closed = select.poll()
        for connection in connections:
            closed.register(connection.socket, select.POLLIN)
        if ended := closed.poll(0):
            raise BenchError(f"{kind} closed {len(ended)} of {count} idle connections")
    return (after - before) / count


def scaling(servers: Servers, kind: str, case: Case, cores: list[int], seconds: int, rounds: int) -> dict[str, dict]:
    """The same requests through one and through two workers, with the same cores for load and backend. Ratios are to one
    worker in the same round."""
    case = dataclasses.replace(case, connections=SCALING_CONNECTIONS)
    rest = cores[2:]
    samples: dict[int, list[dict]] = {1: [], 2: []}
    with servers.backend(rest) as backend:
        for _, workers in itertools.product(range(rounds), samples):
            with servers.proxy(kind, backend, cores[:workers], workers) as server:
                wrk(server, case, rest, 1)
                server.pin_busiest(cores[:workers])
                idle, busy = idle_seconds(rest), load_seconds(backend)
                sample = load(server, case, rest, seconds)
                sample["load_busy_cores"] = (load_seconds(backend) - busy) / seconds
                sample["load_idle_cores"] = (idle_seconds(rest) - idle) / seconds
                samples[workers].append(sample)
    result = {}
    for workers, found in samples.items():
        pairs = list(zip(found, samples[1]))
        result[str(workers)] = medians(found) | {
            "requests_to_one": statistics.median(sample["requests_per_s"] / one["requests_per_s"] for sample, one in pairs),
            "cpu_to_one": statistics.median(sample["cpu_us"] / one["cpu_us"] for sample, one in pairs),
        }
    return result


def idle_seconds(cores: list[int]) -> float:
    """Idle time of these cores so far, from /proc/stat in its ticks of 10 ms."""
    rows = (line.split() for line in pathlib.Path("/proc/stat").read_text().splitlines())
    return sum(int(row[4]) for row in rows if row[0] in {f"cpu{core}" for core in cores}) / 100


def load_seconds(backend: Server) -> float:
    """CPU time so far of the backend and of the children that have ended: every wrk."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return backend.cpu_ns() / 1e9 + children.ru_utime + children.ru_stime


def medians(samples: list[dict]) -> dict:
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}
