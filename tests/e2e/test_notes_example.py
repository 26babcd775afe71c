"""The notes of config/examples with curl alone: two users, a schema, ETags, and a gateway that is killed."""
import json
import shutil

import pytest
from gateway import PROJECT
from servers import run

EXAMPLES = PROJECT / "config/examples"


def curl(*arguments):
    done = run("curl", "-sS", "--max-time", "20", *map(str, arguments))
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def status(*arguments):
    return int(curl("-o", "/dev/null", "-w", "%{http_code}", *arguments))


@pytest.fixture
def start(rig, tmp_path):
    """Starts the example, each time on the same data."""
    shutil.copy(EXAMPLES / "notes.schema.json", tmp_path / "notes.schema.json")
    text = (EXAMPLES / "notes.yaml").read_text().replace("127.0.0.1:8080", "127.0.0.1:0")
    text = text.replace("notes.schema.json", f"{tmp_path}/notes.schema.json")
    text += f"admin: {{address: 127.0.0.1:0}}\nstores: {{main: {{path: {tmp_path}/data}}}}\n"
    return lambda: rig.gateway(text)


def test_notes_from_the_first_to_a_restart(rig, start, tmp_path):
    gateway = start()
    ann, bob, notes = ("-H", "x-api-key: anns-key"), ("-H", "x-api-key: bobs-key"), f"{gateway.url}/notes"
    assert status(notes) == 401
    made = [json.loads(curl(*ann, notes, "--json", json.dumps({"title": title}))) for title in ("one", "two", "three")]
    assert status(*ann, notes, "--json", '{"text":"no title"}') == 400
    assert json.loads(curl(*bob, notes)) == {"items": []}
    assert status(*bob, f"{notes}/{made[0]['id']}") == 404

    first = json.loads(curl(*ann, f"{notes}?limit=2"))
    rest = json.loads(curl(*ann, f"{notes}?limit=2&cursor={first['cursor']}"))
    assert sorted(item["title"] for item in first["items"] + rest["items"]) == ["one", "three", "two"]
    dates = [item["created"] for item in first["items"] + rest["items"]]
    assert dates == sorted(dates, reverse=True)

    one, tag = f"{notes}/{made[0]['id']}", tmp_path / "tag"
    assert json.loads(curl(*ann, one, "--etag-save", tag)) == made[0]
    assert status(*ann, one, "--etag-compare", tag) == 304
    stale = ("-H", f"If-Match: {tag.read_text().strip()}")
    assert status(*ann, "-X", "PATCH", *stale, one, "--json", '{"tags":["new"]}') == 200
    assert status(*ann, "-X", "PATCH", *stale, one, "--json", '{"tags":[]}') == 412
    assert status(*ann, one, "--etag-compare", tag) == 200
    assert status(*ann, "-X", "DELETE", f"{notes}/{made[1]['id']}") == 204

    gateway.process.kill()
    gateway.wait_exit()
    rig.gateways.remove(gateway)
    after = json.loads(curl(*ann, f"{start().url}/notes"))["items"]
    assert {item["title"]: item.get("tags") for item in after} == {"one": ["new"], "three": None}
