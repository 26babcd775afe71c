"""Tokens of a real OpenID provider and of a real library for tokens, from npm."""
import pathlib

import pytest
import references
import requests

SERVER = pathlib.Path(__file__).parent / "clients/oidc_server.mjs"
PACKAGES = {"oidc-provider": "8.8.1", "jose": "5.9.6"}


@pytest.fixture(scope="module")
def provider(shared_rig):
    with references.required():
        modules = references.node_modules("oidc", PACKAGES)
    return shared_rig.keep(references.Reference("oidc-provider", ["node", SERVER, modules]))


@pytest.fixture(scope="module")
def shop(shared_rig, provider):
    upstream = shared_rig.upstream()
    gateway = shared_rig.gateway({
        "backends": {"fake": {"targets": [upstream.url]}},
        "authorizers": {"users": {"jwt": {"issuer": provider.url, "audience": ["shop"], "claims_to_headers": {"x-client": "client_id"}}},
                        "signed": {"jwt": {"issuer": "jose", "audience": ["shop"], "jwks": f"{provider.url}/jose/keys"}}},
        "apis": [{"name": "a", "routes": [
            {"match": "GET /orders", "backend": "fake", "auth": ["users"], "scopes": ["orders:read"]},
            {"match": "GET /signed", "backend": "fake", "auth": ["signed"]}]}]})
    gateway.upstream = upstream
    return gateway


def token(provider, resource, scope):
    answer = requests.post(f"{provider.url}/token", auth=("machine", "secret"), timeout=30,
                           data={"grant_type": "client_credentials", "resource": f"https://api.test/{resource}", "scope": scope})
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def ask(shop, target, token):
    return shop.get(target, fields=[("Authorization", f"Bearer {token}")])


def test_token_of_a_provider_passes(shop, provider):
    assert ask(shop, "/orders", token(provider, "shop", "orders:read")).status == 200
    assert shop.upstream.last.fields["x-client"] == "machine"


def test_token_for_another_audience_does_not_pass(shop, provider):
    before = len(shop.upstream.requests)
    answer = ask(shop, "/orders", token(provider, "other", "orders:read"))
    assert answer.status == 401
    assert answer.fields["www-authenticate"].endswith('error="invalid_token", error_description="the token is for another audience"')
    assert len(shop.upstream.requests) == before


def test_token_without_the_scope_does_not_pass(shop, provider):
    answer = ask(shop, "/orders", token(provider, "shop", "orders:write"))
    assert answer.status == 403
    assert answer.fields["www-authenticate"] == 'Bearer error="insufficient_scope", scope="orders:read"'


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES256", "ES512", "EdDSA"])
def test_token_of_a_library_passes(shop, provider, algorithm):
    signed = requests.get(f"{provider.url}/jose/sign?alg={algorithm}", timeout=30).json()["token"]
    assert ask(shop, "/signed", signed).status == 200
    assert ask(shop, "/signed", signed[:-9] + ("AAAAAAAAA" if not signed.endswith("AAAAAAAAA") else "BBBBBBBBB")).status == 401
