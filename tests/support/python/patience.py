"""How long tests wait for what must happen: far beyond what a busy machine needs, so that only what never happens fails."""
import os
import time

PRESET = os.environ.get("GATEHOUSE_PRESET", "release")
SANITIZED = PRESET in ("asan", "tsan")
SLOW = SANITIZED or PRESET == "dev"
PATIENCE = 60.0 if SLOW else 20.0


def wait_for(event, what="the event"):
    """Waits for a threading.Event."""
    assert event.wait(PATIENCE), f"{what} did not happen within {PATIENCE} s"


def poll(look, what, patience=PATIENCE, every=0.005):
    """Calls look() until it returns something true, and returns that; for what sends no event, such as a file or a metric."""
    end = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < end, f"{what} did not happen within {patience} s"
        time.sleep(every)
    return found
