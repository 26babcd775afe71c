"""WebSocket side by side: relayed messages and idle pairs against nginx, the gateway's own end of a connection and its broadcasts against
Beast's stream and a hub in Node, messages that a WebSocket API answers. Started by websocket.sh; README.md says how to read it."""

import argparse
import contextlib
import functools
import os
import pathlib
import statistics
import sys

import passes
from client import Connection, exchange, request_bytes
from report import number, table
from servers import NGINX, BenchError, Server, free_port, wait_until
from websocket_servers import NodeHub, Tool, listening, node_modules, references

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build/release"
PASSES = ["relay", "echo", "broadcast", "api", "idle"]
OF_A_HUB = {"echo", "broadcast", "idle"}
API = """\
  - name: chat
    type: websocket
    base_path: /ws
    limits: {idle: 10m}
    routes:
      - {match: $default, mock: {body: '{"ok":true}'}, reply: true}
"""


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="websocket.sh", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6, help="rounds; every other one in reversed order")
    parser.add_argument("--seconds", type=float, default=2, help="seconds of load per server and round")
    parser.add_argument("--connections", type=int, default=64, help="connections of the load")
    parser.add_argument("--idle", type=int, default=4000, help="idle connections; a relayed one needs four descriptors of this machine")
    parser.add_argument("--clients", type=int, default=5000, help="clients of a broadcast")
    parser.add_argument("--passes", default=",".join(PASSES), help="what to measure")
    parser.add_argument("--gateway", type=lambda path: pathlib.Path(path).absolute(), default=BUILD / "gatehouse", help="the gateway's binary")
    parser.add_argument("--tool", type=lambda path: pathlib.Path(path).absolute(), default=BUILD / "bench/websocket_tool",
                        help="target websocket_tool of the build")
    parser.add_argument("--tmp", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.passes = options.passes.split(",")
    if unknown := set(options.passes) - set(PASSES):
        parser.error(f"{', '.join(unknown)}: not one of {', '.join(PASSES)}")
    for program in (options.gateway, options.tool):
        if not os.access(program, os.X_OK):
            parser.error(f"no {program}: build the targets gatehouse and websocket_tool")
    return options


class Bench:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        options.tmp.chmod(0o755)  # nginx drops root and must still reach its folder
        cores = sorted(os.sched_getaffinity(0))
        self.measured, self.others = cores[:1], cores[1:] or cores
        self.modules: pathlib.Path | None = None
        self.left_out: list[str] = []
        if OF_A_HUB.isdisjoint(options.passes):
            return
        try:
            self.modules = node_modules()
        except references.Unreachable as missing:
            self.left_out.append(f"{NodeHub.kind}: {missing}")

    def tool_server(self, cores: list[int], what: str, *arguments) -> tuple[Tool, int]:
        port = free_port()
        tool = Tool(self.options.tool, cores, what, port, *arguments)
        wait_until(lambda: listening(port), 10, f"{what} listening")
        return tool, port

    def proxy(self, kind: str, backend: int, api: str = "") -> Server:
        command = NGINX if kind == "wsnginx" else [self.options.gateway, "run"]
        return Server(kind, command, self.options.tmp, self.measured, 1, backend=backend, admin=free_port(), api=api)

    def load(self, server, port: int, path: str) -> float:
        """CPU microseconds of the server per message that came back."""
        options = self.options
        with Tool(options.tool, self.others, "load", port, path, options.connections, 100, options.seconds) as client:
            client.line()
            before = server.cpu_ns()
            outcome = client.line()
            return (server.cpu_ns() - before) / 1e3 / outcome["messages"]

    def in_turn(self, kinds: dict, measure) -> dict[str, list[float]]:
        """Every kind once a round, every other round in reverse; the first round warms up."""
        samples: dict[str, list[float]] = {kind: [] for kind in kinds}
        for index in range(self.options.rounds + 1):
            for kind in reversed(list(kinds)) if index % 2 else kinds:
                print(f"{kind}: round {index} of {self.options.rounds}", file=sys.stderr, flush=True)
                sample = measure(kind)
                if index > 0:
                    samples[kind].append(sample)
        return samples

    def relay(self) -> list[list[str]]:
        backend, port = self.tool_server(self.others, "echo-own")
        with backend, self.proxy("wsgateway", port) as gateway, self.proxy("wsnginx", port) as nginx:
            servers = {"gateway": gateway, "nginx": nginx}
            # A message that comes back was relayed twice.
            samples = self.in_turn(servers, lambda kind: self.load(servers[kind], servers[kind].port, "/echo") / 2)
        return rows("relayed message of 100 B, CPU µs", samples, "nginx", "≤ 0.95")

    def echo(self) -> list[list[str]]:
        own, own_port = self.tool_server(self.measured, "echo-own")
        beast, beast_port = self.tool_server(self.measured, "echo-beast")
        with own, beast, contextlib.ExitStack() as further:
            servers = {"gateway's endpoint": (own, own_port), "Beast's stream": (beast, beast_port)}
            if self.modules:
                hub = further.enter_context(NodeHub(self.modules, self.measured))
                servers[hub.kind] = (hub, hub.port)
            samples = self.in_turn(servers, lambda kind: self.load(*servers[kind], "/"))
        return rows("echo of 100 B, CPU µs", samples, "Beast's stream", "≤ 0.85")

    def broadcast(self) -> list[list[str]]:
        rounds = 20

        def one(kind: str) -> float:
            tool, port = kinds[kind](self.options.clients, 1024, rounds)
            with tool, Tool(self.options.tool, self.others, "drain", port, "/", self.options.clients, rounds) as clients:
                clients.line()
                return tool.line()["cpu_us"]

        def node_hub(*arguments) -> tuple[Tool, int]:
            hub = NodeHub(self.modules, self.measured, *arguments)
            return hub, hub.port

        kinds = {"gateway's registry": functools.partial(self.tool_server, self.measured, "broadcast-own"),
                 "Beast's stream": functools.partial(self.tool_server, self.measured, "broadcast-beast")}
        if self.modules:
            kinds[NodeHub.kind] = node_hub
        title = f"1 KB to {self.options.clients} sockets, CPU µs a delivery"
        return rows(title, self.in_turn(kinds, one), "Beast's stream", "≤ 0.85")

    def api(self) -> list[list[str]]:
        with self.proxy("wsgateway", 9, API) as gateway:
            samples = self.in_turn({"gateway": gateway}, lambda _: self.load(gateway, gateway.port, "/ws"))
        return rows("message to mock reply, CPU µs", samples, None, "≤ 12")

    def idle_bytes(self, server: Server, path: str) -> float:
        # What the first requests and log lines make the server keep for good.
        exchange([Connection(server.port) for _ in range(50)], request_bytes("/small"), 300)
        return self.growth(server, path)

    def growth(self, server: Server | NodeHub, path: str) -> float:
        with Tool(self.options.tool, self.others, "hold", server.port, path, 500) as client:
            client.line()
        before = passes.settled_bytes(server)
        with Tool(self.options.tool, self.others, "hold", server.port, path, self.options.idle) as client:
            client.line()
            return (passes.settled_bytes(server) - before) / self.options.idle

    def idle(self) -> list[list[str]]:
        found = []
        backend, port = self.tool_server(self.others, "echo-own")
        with backend:
            for kind, name in (("wsgateway", "gateway"), ("wsnginx", "nginx")):
                with self.proxy(kind, port) as server:
                    found.append([f"{self.options.idle} idle relayed pairs, bytes a pair", name, number(self.idle_bytes(server, "/echo"), 0), "-",
                                  "≤ 1,024" if name == "gateway" else ""])
        title = f"{self.options.idle} idle sockets of an API or a hub, bytes a socket"
        with self.proxy("wsgateway", 9, API) as server:
            found.append([title, "gateway", number(self.idle_bytes(server, "/ws"), 0), "-", "≤ 600"])
        if self.modules:
            with NodeHub(self.modules, self.measured) as hub:
                found.append([title, hub.kind, number(self.growth(hub, "/"), 0), "-", ""])
        return found

    def run(self) -> int:
        found, missing = [], []
        for name in PASSES:
            if name not in self.options.passes:
                continue
            try:
                found += getattr(self, name)()
            except (BenchError, OSError) as error:
                missing.append(f"{name}: {error}")
        print(table(["measured, one worker", "", "median", "ratio", "goal"], found))
        for reason in self.left_out:
            print(f"left out: {reason}", file=sys.stderr)
        print(*missing, sep="\n", file=sys.stderr)
        return 1 if missing else 0


def rows(title: str, samples: dict[str, list[float]], base: str | None, goal: str) -> list[list[str]]:
    """The ratio is the median of the ratios within a round."""
    found = []
    for kind, values in samples.items():
        ratio = statistics.median(one / other for one, other in zip(values, samples[base])) if base else None
        first = not found
        found.append([title, kind, number(statistics.median(values), 2), number(ratio, 2) if kind != base else "1", goal if first else ""])
    return found


sys.exit(Bench(parse_options()).run())
