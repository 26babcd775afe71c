"""The servers of the bench: started from conf/, pinned to cores, read through /proc, ended by their pid."""

import contextlib
import os
import pathlib
import random
import signal
import socket
import string
import subprocess
import time
import urllib.request

from client import HOST, Connection, exchange, request_bytes

CONF = pathlib.Path(__file__).parent / "conf"
FILES = {"small": 100, "10k": 10 * 1024, "1m": 1024 * 1024}
NGINX = ["nginx", "-e", "stderr", "-c"]
HAPROXY = ["haproxy", "-db", "-q", "-f"]

# nginx has its default response buffers and passes request bodies on as they come, as the gateway does (with its
# default request buffering, 64 KB would go through a file); nginx-tuned spends memory on both to be as fast as it gets.
NGINX_BODIES = {
    "nginx": "proxy_request_buffering off;",
    "nginx-tuned": "client_body_buffer_size 128k; proxy_buffer_size 32k; proxy_buffers 8 32k; proxy_busy_buffers_size 64k;",
}


class BenchError(Exception):
    """A measurement that cannot be made or trusted."""


def program(kind: str) -> str:
    """nginx-tuned is an nginx."""
    return kind.partition("-")[0]


def free_port() -> int:
    """A port below the ephemeral range, so that no client socket can take it before the server does."""
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port


def wait_until(condition, seconds: float, what: str):
    """Polls until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.02)


def anonymous_bytes(pids: list[int]) -> int:
    """User memory of processes: heap, stacks and written data, without code and page cache."""
    lines = (line for pid in pids for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines())
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))


class Server:
    """One running server with its own folder and port; a context manager that ends it."""

    def __init__(self, kind: str, command: list, tmp: pathlib.Path, cores: list[int], workers: int, **settings):
        self.kind = kind
        self.port = free_port()
        self.dir = tmp / f"{kind}-{self.port}"
        self.dir.mkdir()
        self.output = self.dir / "output.log"
        config = self.dir / "server.conf"
        template = string.Template((CONF / f"{program(kind)}.conf").read_text())
        config.write_text(template.substitute(settings, port=self.port, dir=self.dir, workers=workers))
        argv = ["taskset", "-c", ",".join(map(str, cores)), *map(str, command), str(config)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.dir)
        try:
            wait_until(self._answers, 60, f"{kind} answering")
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is not None:
            return
        pids = self.pids()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise BenchError(f"{self.kind} ended with {self.process.returncode}: {self.output.read_text()[-2000:]}")
        try:
            exchange([Connection(self.port)], request_bytes("/small"))
        except OSError:
            return False
        return True

    def pids(self) -> list[int]:
        """The process and its children: nginx serves from children of its master."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def thread_ns(self) -> dict[int, int]:
        """User and system time of each thread so far, by its id."""
        files = (file for pid in self.pids() for file in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))
        return {int(file.parent.name): int(file.read_text().split()[0]) for file in files}

    def cpu_ns(self) -> int:
        return sum(self.thread_ns().values())

    def pin_busiest(self, cores: list[int]):
        """One core for each of the busiest threads: after some load these are the workers."""
        spent = self.thread_ns()
        for core, thread in zip(cores, sorted(spent, key=spent.get, reverse=True)):
            os.sched_setaffinity(thread, {core})

    def anonymous_bytes(self) -> int:
        return anonymous_bytes(self.pids())

    def drop_access_log(self):
        """Keeps a long run from filling the disk; the gateway appends."""
        log = self.dir / "access.log"
        if log.exists():
            os.truncate(log, 0)


class Servers:
    """Knows how each kind is started."""

    def __init__(self, tmp: pathlib.Path, gateway: pathlib.Path, max_connections: int):
        self.tmp = tmp
        self.max_connections = max_connections
        self.commands = {"gateway": [gateway, "run"], "nginx": NGINX, "nginx-tuned": NGINX, "haproxy": HAPROXY}
        self.files = tmp / "files"
        self.files.mkdir()
        for name, size in FILES.items():
            (self.files / name).write_bytes(b"x" * size)

    def backend(self, cores: list[int]) -> Server:
        return Server("backend", NGINX, self.tmp, cores, workers=min(2, len(cores)), files=self.files)

    def proxy(self, kind: str, backend: Server, cores: list[int], workers: int = 1, under=()) -> Server:
        """`under` is a command to run the proxy under, such as valgrind, which then sees one process."""
        admin = free_port()
        settings = {
            "backend": backend.port,
            "admin": admin,
            "max_connections": self.max_connections,
            "bodies": NGINX_BODIES.get(kind),
            "master": "off" if under else "on",
        }
        server = Server(kind, [*under, *self.commands[kind]], self.tmp, cores, workers, **settings)
        if kind == "gateway":
            check_observed(server, admin)
        return server


def check_observed(gateway: Server, admin_port: int):
    """The gateway is measured with access log and metrics on: both must have noticed the first request."""
    log = gateway.dir / "access.log"
    try:
        wait_until(lambda: log.exists() and log.stat().st_size > 0, 10, "the gateway's access log")
        with urllib.request.urlopen(f"http://{HOST}:{admin_port}/metrics", timeout=10) as answer:
            if not answer.read():
                raise BenchError("the gateway's /metrics is empty")
    except BaseException:
        gateway.__exit__()
        raise
