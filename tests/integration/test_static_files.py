"""A folder of files as a web application's browser asks for it."""
import email.utils
import os
import pathlib

import pytest
from raw_client import request

INDEX, SCRIPT, LARGE = b"<h1>home</h1>\n", b"let a = 1;\n", bytes(range(256)) * 12_000  # 3 MB


@pytest.fixture(scope="module")
def web(shared_rig, tmp_path_factory):
    base = tmp_path_factory.mktemp("files")
    root = base / "web"
    (root / "docs").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "assets").mkdir()
    for name, data in {"index.html": INDEX, "docs/index.html": b"docs\n", "assets/app.js": SCRIPT, "large.bin": LARGE, "zero.txt": b"",
                       "with space.txt": b"space\n", "gr\u00fc\u00dfe.txt": b"gruesse\n", "unknown.zzz": b"?", "style.css": b"a{}",
                       "image.svg": b"<svg/>", ".hidden": b"secret", "100%.txt": b"percent\n"}.items():
        (root / name).write_bytes(data)
    (root / ".git").mkdir()
    (root / ".git/config").write_text("secret")
    (base / "secret.txt").write_text("secret")
    (root / "outside.txt").symlink_to(base / "secret.txt")
    (root / "outside").symlink_to(base)
    (root / "inside.js").symlink_to("assets/app.js")
    os.mkfifo(root / "fifo")
    gateway = shared_rig.gateway({"apis": [{"name": "web", "routes": [
        {"match": "ANY /app/{file+}", "static_files": {"root": str(root), "cache_control": "max-age=60"}},
        {"match": "GET /spa/{file+}", "static_files": {"root": str(root), "fallback": "index.html"}},
        {"match": "GET /assets/{proxy+}", "static_files": {"root": "web-relative"}},
        {"match": "GET /docs/index.html", "static_files": {"root": str(root)}}]}]})
    gateway.root = root
    return gateway


def test_file_is_served_with_what_browsers_need(web):
    answer = web.get("/app/assets/app.js")
    assert (answer.status, answer.body) == (200, SCRIPT)
    assert answer.fields["content-type"] == "text/javascript; charset=utf-8"
    assert answer.fields["content-length"] == str(len(SCRIPT))
    assert answer.fields["x-content-type-options"] == "nosniff"
    assert answer.fields["cache-control"] == "max-age=60"
    assert answer.fields["accept-ranges"] == "bytes"
    assert answer.fields["etag"].startswith('"')
    modified = email.utils.parsedate_to_datetime(answer.fields["last-modified"]).timestamp()
    assert modified == int((web.root / "assets/app.js").stat().st_mtime)


@pytest.mark.parametrize("name, kind", [("style.css", "text/css; charset=utf-8"), ("image.svg", "image/svg+xml"),
                                        ("unknown.zzz", "application/octet-stream"), ("zero.txt", "text/plain; charset=utf-8")])
def test_types_follow_the_ending(web, name, kind):
    assert web.get(f"/app/{name}").fields["content-type"] == kind


def test_large_file_arrives_whole_and_the_connection_stays(web):
    client = web.client()
    for _ in range(2):
        answer = client.get("/app/large.bin")
        assert (answer.status, answer.body == LARGE) == (200, True)


def test_head_has_the_fields_alone(web):
    client = web.client()
    answer = client.exchange("HEAD", "/app/large.bin")
    assert (answer.status, answer.fields["content-length"]) == (200, str(len(LARGE)))
    assert client.get("/app/style.css").body == b"a{}"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_405(web, method):
    answer = web.exchange(method, "/app/style.css", body=b"x")
    assert (answer.status, answer.fields["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path, body", [("/app/", INDEX), ("/app/docs/", b"docs\n"), ("/app/with%20space.txt", b"space\n"),
                                        ("/app/gr%C3%BC%C3%9Fe.txt", b"gruesse\n"), ("/app/100%25.txt", b"percent\n"),
                                        ("/app/zero.txt", b""), ("/app/inside.js", SCRIPT), ("/docs/index.html", b"docs\n"),
                                        ("/app/x/../style.css", b"a{}"), ("/app//docs//", b"docs\n")])
def test_names_are_found(web, path, body):
    answer = web.get(path)
    assert (answer.status, answer.body) == (200, body)


def test_folder_without_a_slash_is_redirected(web):
    answer = web.get("/app/docs?a=b")
    assert (answer.status, answer.fields["location"]) == (308, "/app/docs/?a=b")
    assert web.get("/app//docs").fields["location"] == "/app/docs/"


@pytest.mark.parametrize("path", ["/app/absent", "/app/empty/", "/app/.hidden", "/app/.git/config", "/app/outside.txt",
                                  "/app/outside/secret.txt", "/app/docs%2Findex.html", "/app/style.css/", "/app/style.css/x",
                                  "/app/fifo", "/app/%2e%68idden", "/app/" + "n" * 300, "/app/" + "d/" * 200])
def test_what_is_not_there_or_not_for_everybody_is_404(web, path):
    answer = web.get(path)
    assert (answer.status, answer.json()) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("path", ["/app/../secret.txt", "/app/%2e%2e/secret.txt", "/app/..%2fsecret.txt", "/app/..%5csecret.txt",
                                  "/app/docs/../../../secret.txt", "/app/%00", "/app/a%00.css"])
def test_nobody_climbs_out(web, path):
    answer = web.get(path)
    assert answer.status in (400, 404)
    assert b"secret" not in answer.body


# ---- Conditions and ranges

def test_unchanged_file_is_304(web):
    client = web.client()
    first = client.get("/app/style.css")
    for fields in ([("If-None-Match", first.fields["etag"])], [("If-None-Match", f'"x", W/{first.fields["etag"]}')],
                   [("If-None-Match", "*")], [("If-Modified-Since", first.fields["last-modified"])]):
        answer = client.get("/app/style.css", fields=fields)
        assert (answer.status, answer.fields["etag"]) == (304, first.fields["etag"]), fields
    for fields in ([("If-None-Match", '"other"')], [("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT")],
                   [("If-None-Match", '"other"'), ("If-Modified-Since", first.fields["last-modified"])]):
        assert client.get("/app/style.css", fields=fields).status == 200, fields


def test_changed_file_has_another_tag(web):
    path = pathlib.Path(web.root, "changing.txt")
    path.write_text("one")
    first = web.get("/app/changing.txt")
    path.write_text("two!")
    answer = web.get("/app/changing.txt", fields=[("If-None-Match", first.fields["etag"])])
    assert (answer.status, answer.body) == (200, b"two!")


RANGES = [("bytes=0-4", 0, 4), ("bytes=5-", 5, len(LARGE) - 1), ("bytes=-7", len(LARGE) - 7, len(LARGE) - 1),
          ("bytes=100-99999999", 100, len(LARGE) - 1), ("bytes=1000000-2000000", 1_000_000, 2_000_000)]


@pytest.mark.parametrize("asked, first, last", RANGES)
def test_range_is_served_alone(web, asked, first, last):
    answer = web.get("/app/large.bin", fields=[("Range", asked)])
    assert (answer.status, answer.fields["content-range"]) == (206, f"bytes {first}-{last}/{len(LARGE)}")
    assert answer.body == LARGE[first:last + 1]


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=5-2", "lines=1-2", "bytes=", "bytes=a-b"])
def test_range_that_cannot_be_served_alone_gets_the_whole(web, asked):
    answer = web.get("/app/style.css", fields=[("Range", asked)])
    assert (answer.status, answer.body) == (200, b"a{}")


def test_range_beyond_the_end_is_416(web):
    answer = web.get("/app/style.css", fields=[("Range", "bytes=3-")])
    assert (answer.status, answer.fields["content-range"]) == (416, "bytes */3")


def test_if_range_decides_between_part_and_whole(web):
    etag = web.get("/app/style.css").fields["etag"]
    assert web.get("/app/style.css", fields=[("Range", "bytes=0-0"), ("If-Range", etag)]).body == b"a"
    assert web.get("/app/style.css", fields=[("Range", "bytes=0-0"), ("If-Range", '"old"')]).body == b"a{}"


# ---- Single-page applications, concurrency

def test_application_answers_for_its_own_routes(web):
    for path in ("/spa/", "/spa/orders/7", "/spa/absent"):
        answer = web.get(path)
        assert (answer.status, answer.body) == (200, INDEX), path
    assert web.get("/spa/assets/app.js").body == SCRIPT


def test_many_clients_read_at_once(web):
    clients = [web.client() for _ in range(20)]
    for client in clients:
        client.send(request("GET", "/app/large.bin"))
    for client in clients:
        assert client.read_response().body == LARGE


def test_client_that_leaves_within_a_file_leaves_nothing_behind(web):
    for _ in range(10):
        client = web.client()
        client.send(request("GET", "/app/large.bin"))
        assert client.read_head().status == 200
        client.reset()
    web.wait_metric("gatehouse_requests_in_flight", 0)
    assert web.get("/app/style.css").status == 200


def test_pipelined_files_come_in_order(web):
    client = web.client()
    client.send(request("GET", "/app/style.css") + request("GET", "/app/large.bin") + request("GET", "/app/zero.txt"))
    assert [len(client.read_response().body) for _ in range(3)] == [3, len(LARGE), 0]
