"""Other servers of the DynamoDB protocol, as references for tests and measurements. They are no part of the product: the package
managers fetch them into build/references when a test first needs them. Each serves on loopback, in memory, until it is stopped."""
import contextlib
import fcntl
import functools
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest
from gateway import Lines, free_port
from patience import PATIENCE, poll

PROJECT = pathlib.Path(__file__).resolve().parents[3]
CACHE = pathlib.Path(os.environ.get("GATEHOUSE_REFERENCES", PROJECT / "build/references"))
LAUNCHER = pathlib.Path(__file__).parent / "dynamodb_local/LoopbackServer.java"
NODE_PACKAGES = {"@dynoxide/linux-x64": "1.2.1", "dynalite": "4.0.0"}
SDK_PACKAGES = {"@aws-sdk/client-dynamodb": "3", "@aws-sdk/client-dynamodb-streams": "3", "@aws-sdk/lib-dynamodb": "3"}
WEBSOCKET_PACKAGES = {"ws": "8.18.0"}
PYTHON_PACKAGES = {"pynamodb": "6.1.0"}
DYNAMODB_LOCAL = "2.6.1"
INSTALL_SECONDS = 600
PING_SECONDS = 20

POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>gatehouse.tests</groupId><artifactId>reference</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>{version}</version></dependency>
  </dependencies>
</project>
"""


class Unreachable(Exception):
    """The package could not be fetched: this machine has no such program or no registry."""


@functools.cache
def registry_answers():
    """Whether packages can be fetched at all. Asked once a process, and without npm's own patience: tests would wait for it in a row."""
    ask = ["npm", "ping", "--fetch-retries=0", f"--fetch-timeout={PING_SECONDS * 1000}"]
    try:
        return subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * PING_SECONDS).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


def fetch(name, facts, steps):
    """Runs `steps(folder)` once for these facts, whichever test process comes first; returns the folder."""
    folder = CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "stamp.json"
    wanted = json.dumps(facts, sort_keys=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            if not registry_answers():
                raise Unreachable("no registry of packages answers")
            steps(folder)
            stamp.write_text(wanted)
    return folder


def execute(*command, folder):
    if not shutil.which(command[0]):
        raise Unreachable(f"{command[0]} is not installed")
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise Unreachable(f"{' '.join(command)} took more than {INSTALL_SECONDS} s") from late
    if done.returncode != 0:
        raise Unreachable(f"{' '.join(command)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")


def node_modules(name, packages):
    """A folder with these npm packages in node_modules."""
    def steps(folder):
        (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": packages}))
        execute("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", folder=folder)

    return fetch(name, packages, steps) / "node_modules"


def python_with(packages=PYTHON_PACKAGES):
    """The interpreter of a virtual environment with these packages; Debian's own are visible too."""
    def steps(folder):
        execute("/usr/bin/python3", "-m", "venv", "--system-site-packages", "--clear", "venv", folder=folder)
        pins = [f"{name}=={version}" for name, version in packages.items()]
        execute(str(folder / "venv/bin/python"), "-m", "pip", "install", "--quiet", *pins, folder=folder)

    return fetch("python", packages, steps) / "venv/bin/python"


def dynamodb_local_jars():
    def steps(folder):
        (folder / "pom.xml").write_text(POM.format(version=DYNAMODB_LOCAL))
        execute("mvn", "--batch-mode", "--quiet", "dependency:copy-dependencies", "-DoutputDirectory=lib", folder=folder)

    return fetch("dynamodb-local", {"version": DYNAMODB_LOCAL}, steps) / "lib"


@contextlib.contextmanager
def required():
    """Around a test that needs packages: a failure to fetch one fails the test where there is a registry to fetch from, and skips it
    only where there is none."""
    try:
        yield
    except Unreachable as missing:
        if registry_answers():
            raise
        pytest.skip(f"no registry of packages here: {missing}")


class Reference:
    """A running reference server."""

    def __init__(self, name, command, port=None, cores=None, **how):
        self.name = name
        pin = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
        self.process = subprocess.Popen([*pin, *map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        **how)
        self.output = Lines(self.process.stdout)
        try:
            self.port = port or self.told_port()
            poll(self.answers, f"{name} answering", patience=PATIENCE * 3)
        except BaseException:
            self.stop()
            raise

    def told_port(self):
        found = self.output.wait(lambda lines: next((m for line in lines if (m := re.match(r"listening (\d+)", line))), None),
                                 f"port of {self.name}")
        return int(found[1])

    def answers(self):
        assert self.process.poll() is None, f"{self.name} ended:\n{self.output.text()}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True

    @property
    def pid(self):
        return self.process.pid

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.thread.join(PATIENCE)


def dynamodb_local(**how):
    """The vendor's own, in Java."""
    jars = dynamodb_local_jars()
    command = ["java", "-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Djava.library.path={jars}", "-cp", f"{jars}/*", LAUNCHER,
               "-inMemory", "-sharedDb", "-disableTelemetry", "-port", "8000"]
    return Reference("dynamodb-local", command, **how)


def dynoxide(**how):
    """A server in Rust on SQLite."""
    binary = node_modules("node", NODE_PACKAGES) / "@dynoxide/linux-x64/dynoxide"
    binary.chmod(0o755)
    port = free_port()
    return Reference("dynoxide", [binary, "serve", "--port", port], port=port, **how)


def dynalite(**how):
    """A server in JavaScript whose messages were recorded from the service."""
    script = node_modules("node", NODE_PACKAGES) / "dynalite/cli.js"
    port = free_port()
    delays = ["--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0"]
    return Reference("dynalite", ["node", script, "--host", "127.0.0.1", "--port", port, *delays], port=port, **how)


def fetch_all():
    """Most of what tests fetch, so that none has to wait for it. What cannot be fetched is theirs to complain about."""
    for steps in (dynamodb_local_jars, lambda: node_modules("node", NODE_PACKAGES), lambda: node_modules("sdk", SDK_PACKAGES), python_with):
        try:
            print("fetched", steps(), flush=True)
        except Unreachable as missing:
            print(missing, flush=True)


KINDS = {"dynamodb-local": dynamodb_local, "dynoxide": dynoxide, "dynalite": dynalite}

if __name__ == "__main__":
    fetch_all()
