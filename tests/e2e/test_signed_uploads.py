"""restic keeps its backups in a bucket behind the gateway: its client for S3 signs every upload chunk by chunk."""
import http.server
import os
import subprocess
import threading
import urllib.parse
import xml.sax.saxutils

import pytest
from patience import PATIENCE

KEY, SECRET = "backup", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
BUCKET = "/bucket/"
CHANGED = "Sun, 22 Nov 2026 12:00:00 GMT"


class Bucket(http.server.ThreadingHTTPServer):
    """One bucket of S3, as far as restic asks for it; asks nobody who they are."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Call)
        self.objects = {}
        self.puts = []  # the header fields of uploads
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class Call(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **fields):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **fields}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code):
        self.answer(status, f"<Error><Code>{code}</Code></Error>".encode(), Content_Type="application/xml")

    def name(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        return path.removeprefix(BUCKET) if path.startswith(BUCKET) else None

    def do_PUT(self):
        self.server.puts.append({name.lower(): value for name, value in self.headers.items()})
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.objects[self.name()] = body
        self.answer(200, ETag='"0"')

    def do_DELETE(self):
        self.server.objects.pop(self.name(), None)
        self.answer(204)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        name = self.name()
        if not name:
            return self.list()
        if name not in self.server.objects:
            return self.error(404, "NoSuchKey")
        body, status, facts = self.server.objects[name], 200, {"ETag": '"0"', "Last_Modified": CHANGED}
        if given := self.headers.get("Range"):
            first, _, last = given.removeprefix("bytes=").partition("-")
            end = min(int(last or len(body)), len(body) - 1)
            facts["Content_Range"] = f"bytes {first}-{end}/{len(body)}"
            body, status = body[int(first):end + 1], 206
        return self.answer(status, body, **facts)

    def list(self):
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        found = sorted(name for name in self.server.objects if name.startswith(asked.get("prefix", "")))
        rows = "".join(f"<Contents><Key>{xml.sax.saxutils.escape(name)}</Key><LastModified>2026-11-22T12:00:00.000Z</LastModified><ETag>0</ETag>"
                       f"<Size>{len(self.server.objects[name])}</Size></Contents>" for name in found)
        self.answer(200, f"<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode(),
                    Content_Type="application/xml")


@pytest.fixture
def bucket(rig):
    return rig.keep(Bucket())


@pytest.fixture
def gateway(rig, bucket):
    keys = {"access_keys": [{"id": KEY, "secret": "${SECRET}"}]}
    return rig.gateway({
        "listeners": [{"address": "127.0.0.1:0", "limits": {"body": "64MB"}}],
        "backends": {"bucket": {"targets": [bucket.url]}}, "authorizers": {"machines": {"sigv4": {**keys, "service": "s3", "body": "1MB"}}},
        "apis": [{"name": "backups", "auth": ["machines"], "request": {"set_header": {"x-signed": "$header.x-amz-content-sha256"}}, "routes": [{"match": "$default", "backend": "bucket"}]}]}, environment={"SECRET": SECRET})


def restic(gateway, folder, *arguments, secret=SECRET):
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": secret, "RESTIC_PASSWORD": "p", "HOME": str(folder)}
    return subprocess.run(["restic", "-r", f"s3:{gateway.url}/bucket", "-o", "s3.region=us-east-1", "--no-cache", *arguments], cwd=folder, env=environment,
                          capture_output=True, text=True, timeout=2 * PATIENCE)


def done(result):
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_backup_comes_back_as_it_was(gateway, bucket, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    files = {"large": os.urandom(5_000_000), "small": b"hello", "empty": b""}
    for name, content in files.items():
        (data / name).write_bytes(content)
    done(restic(gateway, tmp_path, "init"))
    done(restic(gateway, tmp_path, "backup", "data"))
    done(restic(gateway, tmp_path, "check", "--read-data"))
    done(restic(gateway, tmp_path, "restore", "latest", "--target", "back"))
    assert {name: (tmp_path / "back" / "data" / name).read_bytes() for name in files} == files
    # Every upload was signed in chunks; the bucket has what was in them, and nothing of how it came.
    assert {put["x-signed"] for put in bucket.puts} == {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    assert sum(map(len, bucket.objects.values())) < 5_500_000
    for put in bucket.puts:
        assert not put.keys() & {"authorization", "x-amz-content-sha256", "x-amz-decoded-content-length", "content-encoding"}


def test_who_has_another_secret_leaves_nothing(gateway, bucket, tmp_path):
    refused = restic(gateway, tmp_path, "init", secret="another")
    assert refused.returncode != 0
    assert bucket.objects == {}
