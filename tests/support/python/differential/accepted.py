"""The differences that docs/dynamodb-compatibility.md accepts: rows of its tables whose first three cells are `operation`, `reference`
and `gateway` in back-quotes, where * stands for any text. The fourth cell is the reason."""
import dataclasses
import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parents[4] / "docs/dynamodb-compatibility.md"
ROW = re.compile(r"\|\s*`(?P<operation>[^`]+)`\s*\|\s*`(?P<reference>[^`]+)`\s*\|\s*`(?P<gateway>[^`]+)`\s*\|\s*(?P<reason>[^|]+?)\s*\|\s*")


def pattern(text):
    return re.compile(".*".join(map(re.escape, text.replace("\\|", "|").split("*"))), re.DOTALL)


@dataclasses.dataclass
class Accepted:
    line: int
    operation: re.Pattern
    reference: re.Pattern
    gateway: re.Pattern
    reason: str
    seen: int = 0

    def covers(self, difference):
        found = all(mine.fullmatch(theirs) for mine, theirs in ((self.operation, difference.operation),
                                                                  (self.reference, difference.reference),
                                                                  (self.gateway, difference.gateway)))
        self.seen += found
        return found


def read(page=PAGE):
    rows = []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if found := ROW.fullmatch(line):
            rows.append(Accepted(number, pattern(found["operation"]), pattern(found["reference"]), pattern(found["gateway"]),
                                 found["reason"]))
    return rows
