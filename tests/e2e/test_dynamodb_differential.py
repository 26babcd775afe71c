"""The gateway's store against the strongest reference that runs here: the same requests to both, recorded ones and generated ones, valid
and invalid. Each kind of difference is either listed with its reason in docs/dynamodb-compatibility.md or a failure.

DynamoDB Local decides what is accepted and what comes back, because its evaluator is the service's own. Its texts of errors are abridged in
places, so the message of dynoxide or dynalite, which were recorded from the service, is as good. `python3 -m differential.run` in
tests/support/python is the long form."""
import pytest
import references
from differential import accepted, run

SEED = 20_120_810
GENERATED = 2500


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    with references.required():
        panel = run.panel_for(tmp_path_factory.mktemp("differential"))
    yield panel
    panel.stop()


def check(panel):
    found = run.unexplained(panel, accepted.read())
    assert not found, run.report(panel, found)


def test_answers_recorded_requests_as_the_reference_does(panel):
    run.send_corpus(panel)
    check(panel)


def test_answers_generated_requests_as_the_reference_does(panel):
    run.send_generated(panel, SEED, GENERATED)
    check(panel)
