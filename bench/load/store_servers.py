"""The servers of the store's bench: the gateway with a store on disk, and the references in memory."""

import contextlib
import os
import pathlib
import re
import signal
import string
import subprocess
import sys

from client import HOST
from servers import CONF, BenchError, free_port, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/support/python"))
import references  # noqa: E402
from dynamo_client import ACCESS_KEY, SECRET_KEY, DynamoClient  # noqa: E402


class Measured:
    """A process whose figures are read through /proc."""

    def __init__(self, kind: str, port: int, pid: int):
        self.kind = kind
        self.port = port
        self.pid = pid

    @property
    def host(self) -> str:
        return f"{HOST}:{self.port}"

    def client(self) -> DynamoClient:
        return DynamoClient(HOST, self.port)

    def cpu_ns(self) -> int:
        """User and system time of all threads so far: the committer and the background work of the store too."""
        return sum(int(file.read_text().split()[0]) for file in pathlib.Path(f"/proc/{self.pid}/task").glob("*/schedstat"))

    def memory(self, field: str) -> int:
        """A field of /proc/PID/status in bytes, such as VmRSS, RssAnon, VmHWM."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) * 1024

    def reset_peak(self):
        """VmHWM counts anew."""
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")


@contextlib.contextmanager
def reference(kind: str, cores: list[int]):
    server = references.KINDS[kind](cores=cores)
    try:
        yield Measured(kind, server.port, server.pid)
    finally:
        server.stop()


@contextlib.contextmanager
def gateway(binary: pathlib.Path, folder: pathlib.Path, cores: list[int], durability: str, under=()):
    """`under`: a command that runs the gateway, such as strace. The store is in `folder`/data and stays there."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = folder / "store.conf"
    values = {"port": free_port(), "admin": free_port(), "dynamodb": port, "dir": folder, "data": folder / "data", "durability": durability,
              "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    config.write_text(string.Template((CONF / "store.conf").read_text()).substitute(values))
    output = folder / "output.log"
    command = ["taskset", "-c", ",".join(map(str, cores)), *under, str(binary), "run", str(config)]
    with output.open("wb") as sink:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, cwd=folder)
    try:
        server = Measured("gateway", port, process.pid)
        wait_until(lambda: answers(server, process, output), 120, "the gateway answering")
        server.pid = innermost(process.pid) if under else process.pid
        yield server
    finally:
        if process.poll() is None:
            os.kill(innermost(process.pid) if under else process.pid, signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(server: Measured, process: subprocess.Popen, output: pathlib.Path) -> bool:
    if process.poll() is not None:
        raise BenchError(f"the gateway ended with {process.returncode}: {output.read_text()[-2000:]}")
    try:
        with server.client() as client:
            return client.call("ListTables", {}).status == 200
    except OSError:
        return False


def innermost(pid: int) -> int:
    """The process that a wrapper runs."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return innermost(int(children[0])) if children else pid
