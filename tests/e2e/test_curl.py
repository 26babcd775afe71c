"""curl's ways of asking."""
import json
import re

import pytest
from servers import run


@pytest.fixture(scope="module")
def front(shared_rig):
    def serve(request, connection):
        if request.target.startswith("/gzip"):
            return connection.answer(b"\x1f\x8bnot really", fields=[("Content-Encoding", "gzip")])
        if request.target.startswith("/redirect"):
            return connection.answer(b"", status=302, fields=[("Location", "/target")])
        return connection.answer(json.dumps({"method": request.method, "target": request.target, "size": len(request.body),
                                             "fields": request.fields.pairs}).encode())

    upstream = shared_rig.upstream(serve)
    gateway = shared_rig.proxy(upstream)
    gateway.upstream = upstream
    return gateway


def curl(*arguments):
    done = run("curl", "-sS", "--max-time", "20", *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def told(*arguments):
    return json.loads(curl(*arguments))


def test_plain_get(front):
    assert told(f"{front.url}/a?b=c")["target"] == "/a?b=c"


def test_http10(front):
    out = curl("-i", "--http1.0", f"{front.url}/old").decode()
    assert out.startswith("HTTP/1.1 200")
    assert re.search(r"(?i)^connection: close\r$", out, re.M)


def test_head(front):
    assert curl("-I", f"{front.url}/head").startswith(b"HTTP/1.1 200")
    assert front.upstream.last.method == "HEAD"


def test_upload_with_expectation(front, tmp_path):
    file = tmp_path / "large"
    file.write_bytes(b"x" * 3_000_000)
    done = run("curl", "-sSv", "--max-time", "20", "-T", file, "-H", "Expect: 100-continue", f"{front.url}/up")
    assert done.returncode == 0
    assert b"100 Continue" in done.stderr
    answer = json.loads(done.stdout)
    assert (answer["method"], answer["size"]) == ("PUT", 3_000_000)
    assert "expect" not in {name.lower() for name, _ in answer["fields"]}


def test_upload_of_unknown_length(front, tmp_path):
    file = tmp_path / "large"
    file.write_bytes(b"x" * 500_000)
    answer = told("-T", file, "-H", "Transfer-Encoding: chunked", f"{front.url}/up")
    assert answer["size"] == 500_000


def test_form_with_files(front, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"content")
    answer = told("-F", f"part=@{file}", "-F", "a=b", f"{front.url}/form")
    assert answer["method"] == "POST"
    assert b"content" in front.upstream.last.body


def test_compressed_bodies_are_untouched(front):
    assert curl("-H", "Accept-Encoding: gzip", f"{front.url}/gzip") == b"\x1f\x8bnot really"
    assert front.upstream.last.fields["accept-encoding"] == "gzip"


def test_path_as_it_is(front):
    assert told("--path-as-is", f"{front.url}/a/../b/./c")["target"] == "/b/c"


def test_redirects_are_for_the_client(front):
    assert told("-L", f"{front.url}/redirect")["target"] == "/target"


def test_several_urls_share_a_connection(front):
    out = curl("-w", "%{num_connects}\n", "-o", "/dev/null", f"{front.url}/1", "-o", "/dev/null", f"{front.url}/2", "-o", "/dev/null",
               f"{front.url}/3")
    assert out == b"1\n0\n0\n"


def test_parallel_requests(front):
    out = curl("-Z", "--parallel-max", "20", "-o", "/dev/null", "-w", "%{http_code}\n", f"{front.url}/[1-100]")
    assert out.split() == [b"200"] * 100


def test_resumed_download_passes_its_range(front):
    told_ = told("-r", "100-", f"{front.url}/range")
    assert ["Range", "bytes=100-"] in told_["fields"]


def test_request_to_upgrade_to_http2_is_answered_in_http1(front):
    out = curl("-i", "--http2", f"{front.url}/h2")
    assert out.startswith(b"HTTP/1.1 200")


def test_as_a_forward_proxy_for_a_host_it_serves(front):
    """curl -x sends the absolute form; the gateway is no open proxy, but answers for what it routes."""
    answer = told("-x", front.url, "http://shop.test/a?b")
    assert answer["target"] == "/a?b"
    assert ["X-Forwarded-Host", "shop.test"] in answer["fields"]


def test_no_tunnels(front):
    done = run("curl", "-sS", "--max-time", "20", "-p", "-x", front.url, "http://shop.test/")
    assert done.returncode != 0
    assert b"405" in done.stderr
