"""The chat of config/examples as two people see it in a browser: no service behind it but tables and their feeds."""
import json
import os
import pathlib
import subprocess

import pytest
from gateway import PROJECT
from references import node_modules, required
from servers import tool

HERE = pathlib.Path(__file__).parent
PACKAGES = {"playwright-core": "1.49.1"}


@pytest.fixture(scope="module")
def told(shared_rig):
    text = (PROJECT / "config/examples/chat.yaml").read_text().replace("127.0.0.1:8080", "127.0.0.1:0")
    text = text.replace("./chat", f"{PROJECT}/config/examples/chat").replace("./data", f"{shared_rig.folder}/chat-data")
    gateway = shared_rig.gateway(text + "admin: {address: 127.0.0.1:0}\n")
    with required():
        modules = node_modules("browser", PACKAGES)
    done = subprocess.run([tool("node"), str(HERE / "chat_browser.js"), tool("chromium"), gateway.url, "http://%s:%d" % gateway.admin],
                          capture_output=True, text=True, timeout=240, env={**os.environ, "NODE_PATH": str(modules)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_wrong_key_is_told_in_plain_words(told):
    assert told["refused"] == ["This key opens no door here. Try anns-key or bobs-key.", False]


def test_what_one_says_the_other_reads_as_it_was_said(told):
    said = ["ann: hello <b>bob</b>", "bob: hello ann"]
    assert told["said"] == [said, said]
    assert told["own"] == 1


def test_both_see_who_is_there_and_who_has_left(told):
    assert told["present"] == [["ann", "bob"], ["ann", "bob"]]
    assert told["left"] == ["ann"]


def test_a_list_that_comes_late_forgets_nobody_who_came_meanwhile(told):
    assert told["late"] == ["ann"]


def test_a_room_hears_only_its_own(told):
    assert told["rooms"] == [["bob: nobody here"], 2]


def test_a_page_that_is_loaded_again_shows_what_was_said(told):
    assert told["reloaded"] == ["ann: hello <b>bob</b>", "bob: hello ann"]


def test_pages_come_back_when_their_connections_are_ended(told):
    assert told["back"] == "bob: still there?"
