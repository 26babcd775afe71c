"""A real Redis on a port of its own, that can be killed and started again."""
import pathlib
import shutil
import signal
import subprocess

from gateway import free_port
from patience import PATIENCE, poll

SERVER, CLI = shutil.which("redis-server") or "/usr/bin/redis-server", shutil.which("redis-cli") or "/usr/bin/redis-cli"


class RedisServer:
    """Keeps nothing on disk. `tls`: (certificate, key) files; then it speaks nothing else."""

    def __init__(self, folder, password=None, tls=None, start=True):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.password, self.tls = password, tls
        self.port = free_port()
        self.process = None
        if start:
            self.start()

    def start(self):
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        options += ["--requirepass", self.password] if self.password else []
        options += ["--port", str(self.port)] if not self.tls else [
            "--port", "0", "--tls-port", str(self.port), "--tls-cert-file", str(self.tls[0]), "--tls-key-file", str(self.tls[1]),
            "--tls-auth-clients", "no"]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([SERVER, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        poll(lambda: self.cli("ping") == "PONG", "an answer of Redis", every=0.02)

    def cli(self, *words, database=0):
        options = ["-p", str(self.port), "-n", str(database), "--no-auth-warning"]
        options += ["-a", self.password] if self.password else []
        options += ["--tls", "--insecure"] if self.tls else []
        return subprocess.run([CLI, *options, *words], capture_output=True, text=True, timeout=PATIENCE).stdout.strip()

    def freeze(self):
        """It takes what is sent to it and does nothing, until thaw()."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
