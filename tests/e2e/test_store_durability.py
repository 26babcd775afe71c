"""kill -9 at random moments under concurrent load: every acknowledged write is there, none is invented, transactions are whole, indexes
agree, and the store is back within five seconds."""
import random
import time

import pytest
from patience import SLOW
from store_gateway import StoreGateway
from store_load import DEFINITION, Writers

ROUNDS = 5
WRITERS = 16
RESTART_SECONDS = 25 if SLOW else 5


@pytest.mark.parametrize("durability", ["sync", "interval", "none"])
def test_acknowledged_writes_survive_kill_9_under_load(tmp_path, durability):
    store = StoreGateway(tmp_path, {"durability": durability}, workers=2)
    try:
        with store.client() as client:
            client.expect("CreateTable", DEFINITION)
        writers = Writers(store, WRITERS, seed=durability)
        rng = random.Random(ROUNDS)
        for number in range(ROUNDS if durability == "sync" else 1):
            if number:
                writers.start()
            writers.wait_acknowledged(rng.randint(200, 1500))
            store.kill()
            writers.end()
            begun = time.monotonic()
            store.start()
            with store.client() as client:
                client.expect("DescribeTable", {"TableName": DEFINITION["TableName"]})
            assert time.monotonic() - begun < RESTART_SECONDS
            writers.check()
    finally:
        store.stop()


def test_an_orderly_end_under_load_loses_nothing_and_answers_what_it_took(tmp_path):
    store = StoreGateway(tmp_path, workers=2)
    try:
        with store.client() as client:
            client.expect("CreateTable", DEFINITION)
        writers = Writers(store, WRITERS, seed=1)
        writers.wait_acknowledged(500)
        store.stop()
        writers.end()
        store.start()
        writers.check()
    finally:
        store.stop()
