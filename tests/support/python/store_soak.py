"""The overnight form of the store's tests: see scripts/soak-store.sh. Each turn has a seed of its own, printed before it runs;
`--seed N --turns 1` repeats one."""
import argparse
import itertools
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import linearizability
from differential import accepted, run
from patience import poll
from store_gateway import StoreGateway
from store_load import DEFINITION, Recorder, Writers, record

WRITERS = 32
KILLS = 20
REGISTERS = ["one", "two", "three", "four"]
REQUESTS = 20_000


def durability(folder, rng):
    """Kills at random moments; reads everything back each time."""
    store = StoreGateway(folder, {"durability": rng.choice(["sync", "sync", "interval", "none"])}, workers=2)
    try:
        with store.client() as client:
            client.expect("CreateTable", DEFINITION)
        writers = Writers(store, WRITERS, seed=rng.random())
        for number in range(KILLS):
            if number:
                writers.start()
            writers.wait_acknowledged(rng.randint(1, 20_000))
            store.kill()
            writers.end()
            store.start()
            writers.check()
    finally:
        store.stop()


def one_order(folder, rng):
    """Histories of few registers, one kill in each."""
    store = StoreGateway(folder, workers=2)
    try:
        with store.client() as client:
            client.expect("CreateTable", DEFINITION)
        histories = {register: [] for register in REGISTERS}
        for number in range(4):
            clients = [Recorder(store, f"r{number}c{index}", REGISTERS, rng.random(), 300) for index in range(8)]
            after = rng.randint(8, 8 * 300)

            def kill(clients=clients, after=after):
                poll(lambda: sum(len(client.history) for client in clients) >= after or not any(client.is_alive() for client in clients),
                     f"{after} operations")
                store.kill()

            for register, history in record(store, clients, kill).items():
                histories[register] += history
            store.start()
        for register, history in histories.items():
            verdict = linearizability.check(history)
            assert verdict, f"{register}: {verdict}"
    finally:
        store.stop()


def differential(folder, rng):
    panel = run.panel_for(folder)
    try:
        run.send_generated(panel, rng.randrange(2**32), REQUESTS)
    finally:
        panel.stop()
    found = run.unexplained(panel, accepted.read())
    assert not found, run.report(panel, found)


def broken_disks(folder, rng):
    """Power that fails at any change of the disk, and disks that refuse or are full, below the store itself."""
    seed = rng.randrange(2**30)
    environment = {**os.environ, "GATEHOUSE_SEED": str(seed), "TMPDIR": str(folder)}
    tests = pathlib.Path(os.environ["GATEHOUSE_BIN"]).parent / "tests/gatehouse_dynamo_engine_test"
    command = [tests, "--gtest_filter=Seeds/PowerFailureTest.*:*DiskFault*:*SyncFault*:*FullDisk*", "--gtest_brief=1"]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, f"GATEHOUSE_SEED={seed}\n{done.stdout}\n{done.stderr}"


TURNS = [durability, one_order, differential, broken_disks]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=8)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--turns", type=int, help="how many at most")
    options = parser.parse_args()
    end = time.monotonic() + options.hours * 3600
    for number in itertools.islice(itertools.count(options.seed), options.turns):
        if time.monotonic() > end:
            break
        for turn in TURNS:
            print(f"{time.strftime('%H:%M:%S')} seed {number}: {turn.__name__}", flush=True)
            with tempfile.TemporaryDirectory() as folder:
                turn(pathlib.Path(folder), random.Random(f"{number} {turn.__name__}"))
    print("nothing failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
