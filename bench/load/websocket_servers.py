"""The programs of the WebSocket bench beside the proxies: the tool of the build, and a hub in Node by the `ws` package."""

import json
import pathlib
import shutil
import subprocess
import sys

from servers import BenchError, anonymous_bytes, free_port, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/support/python"))
import references  # noqa: E402

HUB = pathlib.Path(__file__).parent / "websocket/node_hub.cjs"


class Tool:
    """One run of a program: a server or a client, pinned, ended with the scope. Says what it prints, line by line."""

    def __init__(self, program: pathlib.Path | str, cores: list[int], *arguments):
        argv = ["taskset", "-c", ",".join(map(str, cores)), program, *map(str, arguments)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def line(self) -> dict:
        said = self.process.stdout.readline()
        if not said:
            raise BenchError(f"{self.process.args[3:]} ended with {self.process.wait()}")
        return json.loads(said)

    def cpu_ns(self) -> int:
        files = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(file.read_text().split()[0]) for file in files)


class NodeHub(Tool):
    """node_hub.cjs."""

    kind = "Node's ws"

    def __init__(self, modules: pathlib.Path, cores: list[int], *arguments):
        self.port = free_port()
        super().__init__("env", cores, f"NODE_PATH={modules}", "node", "--expose-gc", HUB, self.port, *arguments)
        try:
            wait_until(self._listens, 30, f"{self.kind} listening")
        except BaseException:
            self.__exit__()
            raise

    def _listens(self) -> bool:
        if self.process.poll() is not None:
            raise BenchError(f"{self.kind} ended with {self.process.returncode}")
        return listening(self.port)

    def anonymous_bytes(self) -> int:
        """Without garbage."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.line()
        return anonymous_bytes([self.process.pid])


def node_modules() -> pathlib.Path:
    """Where the package is. Raises references.Unreachable where it cannot be."""
    if not shutil.which("node"):
        raise references.Unreachable("node is not installed")
    return references.node_modules("websocket", references.WEBSOCKET_PACKAGES)


def listening(port: int) -> bool:
    wanted = f"0100007F:{port:04X}"
    return any(line.split()[1] == wanted and line.split()[3] == "0A" for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])
