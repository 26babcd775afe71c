"""The checker itself, then what the store's clients saw: concurrent puts, conditional puts, deletes and gets of few keys must be
explained by one order, also when the process is killed amid them."""
import random

import pytest
from linearizability import Operation, check
from patience import poll
from store_gateway import StoreGateway
from store_load import DEFINITION, Recorder, record

CLIENTS = 8
OPERATIONS = 120
REGISTERS = ["one", "two", "three"]


def put(called, returned, value):
    return Operation("put", called, returned, value)


def get(called, returned, result):
    return Operation("get", called, returned, None, result)


def swap(called, returned, expected, value, held):
    return Operation("swap", called, returned, (expected, value), held)


ACCEPTED = {
    "nothing": [],
    "one after the other": [put(0, 1, "a"), get(2, 3, "a"), put(4, 5, "b"), get(6, 7, "b")],
    "a get beside a put sees the old value or the new": [put(0, 1, "a"), put(2, 5, "b"), get(3, 4, "a"), get(3, 4, "b")],
    "two puts at once, seen in one order": [put(0, 3, "a"), put(1, 3, "b"), get(4, 5, "a")],
    "the winner of two conditional puts": [swap(0, 3, None, "a", True), swap(1, 3, None, "b", False), get(4, 5, "a")],
    "a put without an answer that took effect": [put(0, None, "a"), get(5, 6, "a")],
    "a put without an answer that never did": [put(0, None, "a"), get(5, 6, None), get(7, 8, None)],
    "a put without an answer that took effect late": [put(0, None, "a"), get(5, 6, None), get(7, 8, "a")],
    "deleted": [put(0, 1, "a"), Operation("delete", 2, 3), get(4, 5, None)],
    "a conditional put without an answer": [put(0, 1, "a"), swap(2, None, "a", "b", None), get(3, 4, "b")],
}
REJECTED = {
    "a lost write": [put(0, 1, "a"), get(2, 3, None)],
    "a stale read": [put(0, 1, "a"), put(2, 3, "b"), get(4, 5, "a")],
    "an invented value": [put(0, 1, "a"), get(2, 3, "b")],
    "there and back": [put(0, 1, "a"), put(2, 9, "b"), get(3, 4, "b"), get(5, 6, "a")],
    "both of two conditional puts": [swap(0, 3, None, "a", True), swap(1, 3, None, "b", True)],
    "a condition that failed though it held": [put(0, 1, "a"), swap(2, 3, "a", "b", False)],
    "a condition that held though it could not": [put(0, 1, "a"), swap(2, 3, "x", "b", True)],
    "an unanswered put seen and then gone": [put(0, 1, "a"), put(2, None, "b"), get(3, 4, "b"), get(5, 6, "a")],
    "an effect before the call": [get(0, 1, "a"), put(2, None, "a")],
    "back from the dead": [put(0, 1, "a"), Operation("delete", 2, 3), get(4, 5, "a")],
    "two reads that order two puts differently": [put(0, 9, "a"), put(0, 9, "b"), get(1, 2, "a"), get(3, 4, "b"), get(5, 6, "a")],
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_checker_finds_an_order(name):
    assert check(ACCEPTED[name])


@pytest.mark.parametrize("name", REJECTED)
def test_checker_refuses_what_no_order_explains(name):
    verdict = check(REJECTED[name])
    assert not verdict
    assert verdict.stuck


def simulated(rng, clients, count, stale):
    """A history of a real register whose clients overlap; with `stale`, one late read answers with what was overwritten before."""
    time, value, history = 0.0, None, []
    free = [0.0] * clients
    overwritten = []  # (value, when it was gone)
    for number in range(count):
        client = min(range(clients), key=free.__getitem__)
        called = max(free[client], time - rng.random() * 3)
        time = max(time, called) + rng.random()  # its effect: these instants are in order
        free[client] = time + rng.random() * 3
        if rng.random() < 0.5:
            history.append(get(called, free[client], value))
        else:
            overwritten.append((value, time))
            value = f"v{number}"
            history.append(put(called, free[client], value))
    if stale:
        old = next(gone for gone, when in overwritten[5:] if gone is not None)
        end = max(free) + 1
        history.append(get(end, end + 1, old))
    return history


@pytest.mark.parametrize("seed", range(20))
def test_checker_knows_a_real_history_from_one_with_a_stale_read(seed):
    assert check(simulated(random.Random(seed), 8, 300, stale=False))
    assert not check(simulated(random.Random(seed), 8, 300, stale=True))


# ---- The store


@pytest.fixture
def store(tmp_path):
    store = StoreGateway(tmp_path, workers=2)
    with store.client() as client:
        client.expect("CreateTable", DEFINITION)
    yield store
    store.stop()


def recorders(store, seed, prefix=""):
    return [Recorder(store, f"{prefix}c{number}", REGISTERS, seed * 100 + number, OPERATIONS) for number in range(CLIENTS)]


def check_all(histories):
    assert set(histories) == set(REGISTERS)
    for register, history in histories.items():
        verdict = check(history)
        assert verdict, f"{register}: {verdict}"


@pytest.mark.parametrize("seed", range(2))
def test_concurrent_clients_see_one_order(store, seed):
    histories = record(store, recorders(store, seed))
    assert sum(map(len, histories.values())) == CLIENTS * OPERATIONS
    check_all(histories)


def test_one_order_explains_a_history_across_a_kill(store):
    clients = recorders(store, 7, "before-")

    def kill_amid():
        poll(lambda: sum(len(client.history) for client in clients) > CLIENTS * OPERATIONS // 3, "a third of the operations")
        store.kill()

    before = record(store, clients, kill_amid)
    assert any(operation.unknown for history in before.values() for operation in history), "the kill came when nothing was under way"
    store.start()
    after = record(store, recorders(store, 8, "after-"))
    check_all({register: before.get(register, []) + after.get(register, []) for register in REGISTERS})
