"""Real servers and clients that no one here wrote, started for a test and ended with it."""
import pathlib
import re
import shutil
import subprocess

from gateway import Lines
from patience import PATIENCE, poll


def tool(name):
    for folder in (None, "/usr/sbin:/usr/bin"):
        if found := shutil.which(name, path=folder):
            return found
    raise AssertionError(f"{name} is not installed")


class Server:
    """A process that serves until it is stopped."""

    def __init__(self, arguments, **how):
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, **how)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  default_type text/plain;
  keepalive_requests {requests};
  server {{
    listen unix:{folder}/ready.sock;
    listen {address};
    client_max_body_size 100m;
    root {folder}/www;
    location = /connection {{ return 200 "$connection $connection_requests\\n"; }}
    location = /echo-headers {{ return 200 "$host|$http_x_forwarded_for|$http_via\\n"; }}
    location = /no-content {{ return 204; }}
    location = /teapot {{ return 418; }}
    location /gzip/ {{ alias {folder}/www/; gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; }}
    location /vary/ {{ alias {folder}/www/; gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; gzip_vary on; }}
    location /upload {{ return 200 "$content_length\\n"; }}
    location /buffered {{ proxy_pass http://unix:{folder}/ready.sock:/upload; }}
  }}
}}
"""


class Nginx(Server):
    """nginx-light with one worker, on a port of its own."""

    def __init__(self, folder, port, requests=1000):
        self.folder = pathlib.Path(folder)
        (self.folder / "www").mkdir(parents=True, exist_ok=True)
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=self.folder, address=self.address, requests=requests))
        super().__init__([tool("nginx"), "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", str(config)])
        poll(self.is_ready, "nginx being ready")

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "error.log").read_text()
        return (self.folder / "nginx.pid").exists()

    def served(self):
        """The lines of its access log so far."""
        return (self.folder / "access.log").read_text().splitlines()


class Node(Server):
    """A Node.js script that prints `listening PORT` when it serves."""

    def __init__(self, script, *arguments):
        super().__init__([tool("node"), str(script), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = Lines(self.process.stdout)
        found = self.output.wait(lambda lines: next((m for line in lines if (m := re.match(r"listening (\d+)", line))), None),
                                 "port of the node server")
        self.port = int(found[1])
        self.url = f"http://127.0.0.1:{self.port}"


def run(*arguments, patience=PATIENCE, **how):
    """A client, to its end: exit code, stdout, stderr."""
    return subprocess.run([tool(arguments[0]), *map(str, arguments[1:])], stdin=subprocess.DEVNULL, capture_output=True, timeout=patience,
                          **how)
