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
    """For each of README's code blocks with prompts: (command, expected output) of every one. Commands of a block build on each other."""
    blocks = []
    for block in BLOCK.findall((PROJECT / "README.md").read_text(encoding="utf-8")):
        found = []
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = command[:-1] + more
            found.append((command, output))
        if found:
            blocks.append(found)
    return blocks


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
    commands = [command for block in examples() for command, _ in block]
    for word in ("curl", "explain", "check", "boto3"):
        assert any(word in command for command in commands), word


def output_of(command, gateway):
    ports = {"8080": gateway.authority, "9180": "%s:%d" % gateway.admin, "8000": "%s:%d" % gateway.addresses[1]}
    for port, authority in ports.items():
        command = re.sub(rf"(localhost|127\.0\.0\.1):{port}\b", authority, command)
    command = re.sub(r"(?<![\w/])(\./)?build/release/gatehouse\b|^gatehouse\b", BINARY, command)
    done = subprocess.run(["bash", "-c", command], cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return done.stdout


@pytest.mark.parametrize("block", examples(), ids=[block[0][0][:60] for block in examples()])
def test_commands_in_readme_print_what_is_shown(default, block):
    for command, expected in block:
        assert steady(output_of(command, default)) == steady(expected), command
