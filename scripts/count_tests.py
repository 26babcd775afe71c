#!/usr/bin/env python3
"""Adds up what ran: count_tests.py RESULTS_FOLDER STATUS

Reads ctest.xml, the GoogleTest files beside it (<ctest name>.json), pytest.xml and sanitizer/report.*. Prints
`N passed, N failed[, N skipped]` as the last line. Exit status 1 when something failed, nothing ran, or STATUS is not 0.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as xml


def from_gtest(path):
    total = json.loads(path.read_text(encoding="utf-8"))
    cases = [case for suite in total["testsuites"] for case in suite["testsuite"]]
    failed = sum("failures" in case for case in cases)
    skipped = sum(case["result"] in ("SKIPPED", "SUPPRESSED") and "failures" not in case for case in cases)
    # Cases outside this shard or filter are listed as not run.
    passed = sum(case["result"] == "COMPLETED" and "failures" not in case for case in cases)
    return passed, failed, skipped


def from_ctest(folder):
    counts = [0, 0, 0]
    for case in xml.parse(folder / "ctest.xml").iter("testcase"):
        bad = case.get("status") == "fail" or case.find("failure") is not None
        found = folder / (case.get("name") + ".json")
        try:
            one = list(from_gtest(found))
        except (OSError, ValueError, KeyError):  # no test binary of GoogleTest, or it died
            one = [0, 1, 0] if bad else [0, 0, 1] if case.get("status") in ("notrun", "disabled") else [1, 0, 0]
        if bad and one[1] == 0:
            one[1] = 1
        counts = [a + b for a, b in zip(counts, one)]
    return counts


def from_pytest(path):
    counts = [0, 0, 0]
    for suite in xml.parse(path).iter("testsuite"):
        total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        counts = [a + b for a, b in zip(counts, (total - failed - skipped, failed, skipped))]
    return counts


def main():
    folder, status = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    passed = failed = skipped = 0
    for path, read in ((folder / "ctest.xml", lambda _: from_ctest(folder)), (folder / "pytest.xml", from_pytest)):
        if path.exists():
            one = read(path)
            print(f"{path.stem}: {one[0]} passed, {one[1]} failed, {one[2]} skipped.")
            passed, failed, skipped = passed + one[0], failed + one[1], skipped + one[2]
    for report in sorted((folder / "sanitizer").glob("report*")):
        print(f"sanitizer finding ({report.name}):\n{report.read_text(encoding='utf-8', errors='replace')}")
        failed += 1
    if status and not failed:
        failed = 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
