"""A differential run: the recorded corpus, then generated requests. By hand: `python -m differential.run --requests 100000 --seed 7`,
with GATEHOUSE_BIN naming the gateway; exits with 1 when a difference is not on the page."""
import argparse
import pathlib
import random
import sys
import tempfile

import references
from store_gateway import StoreGateway

from . import accepted
from .items import Items
from .many import Many
from .panel import Panel, Server, corpus_line
from .partiql import Partiql
from .reads import PAGED, Reads
from .tables import ALL, Keys
from .values import Values

CORPUS = pathlib.Path(__file__).parent / "corpus"
STATE_EVERY = 250
WEIGHTS = {Items: 10, Reads: 6, Many: 4, Partiql: 1}


def panel_for(folder, subject=None):
    """`subject` names a reference to be tested in the gateway's place: how the requests were shaped before there was one."""
    def server(name, **how):
        return None if name == subject else Server(name, references.KINDS[name], **how)

    oracle, voice, witness = server("dynamodb-local"), server("dynoxide"), server("dynalite", patience=3)
    mine = Server(subject, references.KINDS[subject]) if subject else Server("gateway", lambda: StoreGateway(folder, {"engine": "memory"}))
    return Panel(oracle, [voice] if voice else [], witness, mine, ALL)


def send_corpus(panel, names=None):
    for file in sorted(CORPUS.glob("*.jsonl")):
        if names is None or file.stem in names:
            for line in file.read_text(encoding="utf-8").splitlines():
                if pair := corpus_line(line):
                    panel.send(*pair)
    panel.check_all_state()


def send_generated(panel, seed, count):
    rng = random.Random(seed)
    keys = Keys(Values(rng))
    generators = {kind: kind(keys) for kind in WEIGHTS}
    for number in range(count):
        operation, request = rng.choices(list(generators.values()), list(WEIGHTS.values()))[0].make()
        if operation.startswith(PAGED):
            panel.send_paged(operation.removeprefix(PAGED), request)
        else:
            panel.send(operation, request)
        if number % STATE_EVERY == STATE_EVERY - 1:
            panel.check_all_state()
    panel.check_all_state()


def unexplained(panel, rows):
    """Differences that no row covers, the most frequent first."""
    found = [difference for difference in panel.differences.values() if not any(row.covers(difference) for row in rows)]
    return sorted(found, key=lambda difference: -panel.counts[difference.signature])


def report(panel, differences):
    lines = [f"{panel.requests} requests, {len(panel.differences)} kinds of differences, {len(differences)} of them not accepted:"]
    for difference in differences:
        lines.append(f"\n{panel.counts[difference.signature]} × {difference.operation}\n  reference: {difference.reference}\n"
                     f"  gateway:   {difference.gateway}\n  request:   {difference.request}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--subject", choices=["dynoxide", "dynalite"], help="a reference in the gateway's place")
    parser.add_argument("--no-corpus", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        panel = panel_for(folder, options.subject)
        try:
            if not options.no_corpus:
                send_corpus(panel)
            send_generated(panel, options.seed, options.requests)
        finally:
            panel.stop()
    rows = accepted.read()
    found = unexplained(panel, rows)
    print(report(panel, found))
    for row in rows:
        if not row.seen:
            print(f"not seen in this run: line {row.line} of {accepted.PAGE.name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
