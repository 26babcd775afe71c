"""The response cache in front of origins that no one here wrote: nginx, and the web server of Python's library."""
import os
import socket
import subprocess
import sys

import pytest
from gateway import free_port
from patience import poll
from servers import Nginx, Server


class PythonServer(Server):
    """`python3 -m http.server`: Last-Modified and no word about caching. Its log says what it was asked."""

    def __init__(self, folder, port):
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "server.log"
        self.file = self.log.open("wb")
        super().__init__([sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(folder), str(port)],
                         stdout=self.file, stderr=subprocess.STDOUT)
        poll(lambda: self.listens(port), "the server of Python")

    @staticmethod
    def listens(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def asked(self, path):
        return sum(f'"GET {path} ' in line for line in self.log.read_text().splitlines())

    def stop(self):
        super().stop()
        self.file.close()


@pytest.fixture
def nginx(rig, tmp_path):
    server = rig.keep(Nginx(tmp_path / "nginx", free_port()))
    (server.folder / "www/text.txt").write_text("some text\n" * 100)
    return server


def served(nginx, path):
    return sum(f'"GET {path} ' in line for line in nginx.served())


def test_what_nginx_serves_is_kept_and_asked_about_again(rig, nginx):
    gateway = rig.proxy(nginx, route={"cache": {"ttl": "3s"}})
    answers = [gateway.get("/text.txt") for _ in range(5)]
    assert {answer.body for answer in answers} == {b"some text\n" * 100}
    assert [answer.fields["cache-status"].split(";")[1].strip() for answer in answers] == ["fwd=uri-miss"] + ["hit"] * 4
    poll(lambda: served(nginx, "/text.txt") == 1, "one request in the log of nginx")
    assert [line["cache"].partition(";")[0] for line in gateway.wait_access(5, path="/text.txt")] == ["fwd=uri-miss"] + ["hit"] * 4
    again = poll(lambda: (answer := gateway.get("/text.txt")).fields["cache-status"].startswith("gatehouse; fwd=stale") and answer, "a stale answer", every=0.1)
    assert (again.status, again.body) == (200, b"some text\n" * 100)
    poll(lambda: any('" 304 ' in line for line in nginx.served()), "a 304: it was only asked whether it is still the same")
    (nginx.folder / "www/text.txt").write_text("another text\n")
    os.utime(nginx.folder / "www/text.txt", (1, 1))
    poll(lambda: gateway.get("/text.txt").body == b"another text\n", "the new text", every=0.1)


def test_encodings_of_nginx_are_told_apart(rig, nginx):
    gateway = rig.proxy(nginx, route={"cache": {"ttl": "1h"}})
    for _ in range(2):
        assert gateway.get("/vary/text.txt", fields=[("Accept-Encoding", "gzip")]).fields["content-encoding"] == "gzip"
        assert "content-encoding" not in gateway.get("/vary/text.txt").fields
    poll(lambda: served(nginx, "/vary/text.txt") == 2, "two requests in the log of nginx")


def test_what_pythons_server_serves_is_kept_where_a_ttl_says_so(rig, tmp_path):
    (tmp_path / "page.html").write_text("<p>a page</p>")
    origin = rig.keep(PythonServer(tmp_path, free_port()))
    silent = rig.proxy(origin, route={"cache": True})
    assert [silent.get("/page.html").body for _ in range(2)] == [b"<p>a page</p>"] * 2
    assert origin.asked("/page.html") == 2  # nothing is guessed from Last-Modified
    told = rig.proxy(origin, route={"cache": {"ttl": "1h"}})
    assert [told.get("/page.html").body for _ in range(3)] == [b"<p>a page</p>"] * 3
    assert origin.asked("/page.html") == 3
    assert told.get("/page.html", fields=[("If-Modified-Since", told.get("/page.html").fields["last-modified"])]).status == 304
    assert told.get("/absent.html").status == 404
    assert origin.asked("/page.html") == 3
