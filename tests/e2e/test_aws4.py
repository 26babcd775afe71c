"""aws4, the signer that many programs for Node.js use, against the authorizer of signatures."""
import json
import pathlib
import subprocess

import pytest
import references

CLIENT = pathlib.Path(__file__).parent / "clients/aws4_client.js"
PACKAGES = {"aws4": "1.13.2"}
KEYS = {"accessKeyId": "ci", "secretAccessKey": "0123456789abcdef0123456789abcdef"}


@pytest.fixture(scope="module")
def modules():
    with references.required():
        return references.node_modules("aws4", PACKAGES)


@pytest.fixture
def shop(rig):
    gateway = rig.proxy(rig.upstream(), route={"auth": ["machines"]},
                        authorizers={"machines": {"sigv4": {"access_keys": [{"id": "ci", "secret": KEYS["secretAccessKey"]}, {
                            "id": "session", "secret": KEYS["secretAccessKey"], "session_token": "a token/with+signs=="}]}}})
    return gateway


def send(modules, gateway, *requests):
    asked = [{"keys": KEYS, **request} for request in requests]
    done = subprocess.run(["node", CLIENT, modules, str(gateway.address[1])], input=json.dumps(asked), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_it_signs_passes(modules, shop):
    session = {**KEYS, "accessKeyId": "session", "sessionToken": "a token/with+signs=="}
    requests = [{"path": "/"}, {"path": "/orders/7?b=2&a=1&a=0&empty="}, {"path": "/a%20b/%C3%BC?q=%20x%2Fy"},
                {"method": "POST", "path": "/orders", "body": '{"item": "pen"}', "headers": {"Content-Type": "application/json"}},
                {"method": "DELETE", "path": "/orders/7"}, {"path": "/orders?x=1&X-Amz-Expires=60", "signQuery": True}, {"path": "/", "keys": session}]
    answers = send(modules, shop, *requests)
    assert [answer["status"] for answer in answers] == [200] * len(requests), answers


def test_what_it_signed_for_something_else_does_not(modules, shop):
    other = {**KEYS, "secretAccessKey": "another"}
    answers = send(modules, shop, {"path": "/", "keys": other}, {"path": "/", "service": "s3"},
                   {"method": "POST", "path": "/", "body": "signed", "sent": "change"})
    assert [answer["status"] for answer in answers] == [403] * 3
    assert [json.loads(answer["body"])["reason"] for answer in answers] == ["sigv4_mismatch", "sigv4_scope", "sigv4_mismatch"]
