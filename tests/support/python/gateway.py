"""The real gateway as a process, on ports that the system chooses, with a configuration written for the test."""
import copy
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import threading

from patience import PATIENCE, SANITIZED, SLOW, poll
from raw_client import RawClient

PROJECT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("GATEHOUSE_BIN", str(PROJECT / "build/release/gatehouse"))
SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:")
KEPT_BY_SANITIZERS = 128 * 2**20 if SANITIZED else 0  # twice the quarantine that scripts/test.sh sets: blocks are rounded up
SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)\Z")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Lines:
    """The lines of a stream, gathered by a thread; waiting for one needs no polling."""

    def __init__(self, stream):
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        self.thread = threading.Thread(target=self.read, args=(stream,), daemon=True)
        self.thread.start()

    def read(self, stream):
        with stream:
            for line in stream:
                with self.changed:
                    self.lines.append(line.decode("utf-8", "surrogateescape").rstrip("\n"))
                    self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait(self, look, what):
        """Waits until look(lines) is true, and returns that."""
        with self.changed:
            self.changed.wait_for(lambda: look(self.lines) or self.ended, PATIENCE)
            found = look(self.lines)
            assert found, f"no {what} in:\n" + "\n".join(self.lines[-50:])
            return found

    def text(self):
        with self.changed:
            return "\n".join(self.lines)


def endpoint(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def complete(config):
    """What every configuration of a test needs, unless it says otherwise."""
    whole = {"workers": 1, "listeners": [{"address": "127.0.0.1:0"}], "admin": {"address": "127.0.0.1:0"}}
    whole.update(copy.deepcopy(config))
    return whole


def run(*arguments, environment=None, patience=PATIENCE):
    """The binary as a command: its exit code and what it printed."""
    return subprocess.run([BINARY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience,
                          env={**os.environ, **(environment or {})})


def sanitizer_environment(folder):
    """Findings go to files of this gateway's own."""
    values = {}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
        values[name] = ":".join(filter(None, [os.environ.get(name), f"log_path={folder}/sanitizer"]))
    return values


class Gateway:
    """`config`: a dictionary, completed as above, or a file's text. `wrapper`: a command that starts the binary in its place."""

    def __init__(self, folder, config, arguments=(), environment=None, wrapper=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "gatehouse.yaml"
        self.allowed_errors = [" error upstream_failed "]  # patterns of error lines that a test provokes
        self.clients = []
        self.write(config)
        self.process = subprocess.Popen(
            [*wrapper, BINARY, "run", str(self.file), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.folder, env={**os.environ, **sanitizer_environment(self.folder), **(environment or {})})
        self.output = Lines(self.process.stdout)
        self.log = Lines(self.process.stderr)
        try:
            self.wait_log(r" info ready")
        except BaseException:
            self.process.kill()
            self.wait_exit()
            raise
        self.addresses = [endpoint(found) for found in self.find_log(r" info listening address=(\S+)")]
        self.admin = endpoint(self.find_log(r" info admin listening address=(\S+)")[0])

    @property
    def address(self):
        return self.addresses[0]

    @property
    def authority(self):
        return "%s:%d" % self.address

    @property
    def url(self):
        return f"http://{self.authority}"

    @property
    def pid(self):
        return self.process.pid

    # ---- Configuration

    def write(self, config):
        text = config if isinstance(config, str) else json.dumps(complete(config), indent=1, ensure_ascii=False)
        self.file.write_text(text, encoding="utf-8")

    def reload(self, config):
        """A new configuration by SIGHUP; returns when it is in force."""
        before = len(self.find_log(r" info reloaded"))
        self.write(config)
        self.signal(signal.SIGHUP)
        self.log.wait(lambda lines: sum(" info reloaded" in line for line in lines) > before, "reload")

    def signal(self, number):
        self.process.send_signal(number)

    # ---- Clients

    def client(self, index=0, **how):
        """A raw client, closed with the gateway at the latest."""
        client = RawClient(self.addresses[index], **how)
        self.clients.append(client)
        return client

    def get(self, target, **how):
        """One GET on a connection of its own."""
        return self.exchange("GET", target, **how)

    def exchange(self, method, target, **how):
        with RawClient(self.address) as client:
            return client.exchange(method, target, **how)

    # ---- What it tells

    def find_log(self, pattern):
        """The matches (the first group, if there is one) of a pattern in the diagnostics so far."""
        return re.findall(pattern, self.log.text())

    def wait_log(self, pattern):
        return self.log.wait(lambda lines: next((m for line in lines if (m := re.search(pattern, line))), None), f"line with {pattern!r}")

    def access_log(self):
        """The lines of the access log so far; they come a moment after the answer."""
        return [json.loads(line) for line in self.output.text().splitlines()]

    def wait_access(self, count=1, **where):
        """Waits for that many access-log lines that have these values, and returns them: the one line when count is 1."""
        def look(_):
            lines = [line for line in self.access_log() if all(line.get(key) == value for key, value in where.items())]
            return lines if len(lines) >= count else None

        found = self.output.wait(look, f"{count} access-log lines with {where}")
        return found[0] if count == 1 else found

    def ask_admin(self, target, method="GET", **how):
        with RawClient(self.admin) as client:
            return client.exchange(method, target, **how)

    def status(self):
        return self.ask_admin("/status").json()

    def metrics(self):
        """All samples: (name, {label: value}, number)."""
        samples = []
        for line in self.ask_admin("/metrics").body.decode().splitlines():
            if not line.startswith("#"):
                name, labels, value = SAMPLE.match(line).groups()
                samples.append((name, dict(LABEL.findall(labels or "")), float(value)))
        return samples

    def metric(self, name, **labels):
        """The sum of all samples with these labels, 0 when there are none."""
        return sum(value for found, has, value in self.metrics()
                   if found == name and all(has.get(label) == text for label, text in labels.items()))

    def wait_metric(self, name, expected, **labels):
        poll(lambda: self.metric(name, **labels) == expected, f"{name} {labels} == {expected}", every=0.02)

    def peak_memory(self):
        """The largest resident size so far, in bytes."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def expect_little_growth(self, before, most):
        """That the largest resident size was `before` and grew by less than `most` bytes since."""
        growth = self.peak_memory() - before
        assert growth < most + KEPT_BY_SANITIZERS, f"{growth / 2**20:.1f} MiB"

    # ---- The end

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def wait_exit(self):
        code = self.process.wait(PATIENCE)
        self.output.thread.join(PATIENCE)
        self.log.thread.join(PATIENCE)
        return code

    def findings(self):
        """Everything that must never happen, whatever the test was about."""
        found = [report.read_text(errors="replace") for report in self.folder.glob("sanitizer.*")]
        text = self.log.text()
        if SANITIZER.search(text):
            found.append(text)
        found += [line for line in text.splitlines()
                  if re.search(r"^\S+ error ", line) and not any(re.search(p, line) for p in self.allowed_errors)]
        return found

    def stop(self):
        """Ends the process as a service manager does, and fails on anything but a clean end."""
        for client in self.clients:
            client.close()
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(10 if SLOW else 3)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGTERM)  # the second one: close what is left
        try:
            code = self.wait_exit()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the gateway did not end:\n" + self.log.text()[-4000:]) from None
        found = self.findings()
        assert not found, "the gateway reported:\n" + "\n".join(found)
        assert code == 0, f"the gateway ended with {code}:\n{self.log.text()[-4000:]}"


def free_port():
    """A port that is free now, for configurations that cannot say 0; below those that the system gives to clients."""
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) != 0:
                return port
