"""What README shows is what happens: every `$ command` in it is run, and prints what stands below it there."""
import os
import re
import subprocess

import pytest
from gateway import BINARY, PROJECT, Lines
from patience import PATIENCE

BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.M | re.S)
# What differs from run to run.
CHANGING = [(re.compile(r"\b[0-9a-f]{32}\b|\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
            (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"), "TIME"),
            (re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), "DATE"),
            (re.compile(r'("(?:duration|upstream|connect)_ms":)[\d.]+'), r"\1MS"),
            (re.compile(r"(127\.0\.0\.1|localhost):\d+"), r"\1:PORT"),
            (re.compile(r"curl/[\d.]+"), "curl/VERSION")]


def examples():
    """(command, expected output) of every prompt in README's code blocks."""
    found = []
    for block in BLOCK.findall((PROJECT / "README.md").read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = command[:-1] + more
            found.append((command, output))
    return found


def steady(text):
    for pattern, instead in CHANGING:
        text = pattern.sub(instead, text)
    return text.strip()


@pytest.fixture(scope="module")
def default(shared_rig, tmp_path_factory):
    """The default configuration and the demo backend, on free ports."""
    demo = subprocess.Popen([BINARY, "demo-backend", "--address", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    log = Lines(demo.stderr)
    address = log.wait(lambda lines: next((m for line in lines if (m := re.search(r"listening address=(\S+)", line))), None), "address")[1]
    text = (PROJECT / "config/gatehouse.yaml").read_text()
    for old, new in (("0.0.0.0:8080", "127.0.0.1:0"), ("127.0.0.1:8081", address), ("127.0.0.1:9180", "127.0.0.1:0"),
                     ("address: 127.0.0.1:8000", "address: 127.0.0.1:0")):
        text = text.replace(old, new)
    text += f"\nstores: {{main: {{path: {tmp_path_factory.mktemp('readme') / 'data'}}}}}\n"
    yield shared_rig.gateway(text)
    demo.terminate()
    assert demo.wait(PATIENCE) == 0


def test_readme_shows_requests_and_commands():
    commands = [command for command, _ in examples()]
    assert any("curl" in command for command in commands)
    assert any("explain" in command for command in commands)
    assert any("check" in command for command in commands)


@pytest.mark.parametrize("command, expected", examples(), ids=[command[:60] for command, _ in examples()])
def test_command_in_readme_prints_what_is_shown(default, command, expected):
    for old, new in (("localhost:8080", default.authority), ("127.0.0.1:8080", default.authority),
                     ("127.0.0.1:9180", "%s:%d" % default.admin), ("localhost:9180", "%s:%d" % default.admin)):
        command = command.replace(old, new)
    command = re.sub(r"(?<![\w/])(\./)?build/release/gatehouse\b|^gatehouse\b", BINARY, command)
    done = subprocess.run(["bash", "-c", command], cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert steady(done.stdout) == steady(expected)
