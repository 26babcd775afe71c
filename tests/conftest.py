"""Fixtures of the tests that run the whole gateway."""
import pytest
from rig import Rig


def run_rig(folder):
    rig = Rig(folder)
    yield rig
    rig.stop()


@pytest.fixture
def rig(tmp_path):
    """For one test."""
    yield from run_rig(tmp_path)


@pytest.fixture(scope="module")
def shared_rig(tmp_path_factory):
    """For all tests of a file that only ask and change nothing."""
    yield from run_rig(tmp_path_factory.mktemp("shared"))
