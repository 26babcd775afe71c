"""Is a recorded history of one register linearizable? Wing and Gong's search with Lowe's memory of configurations: an order of the
operations is looked for in which each lies between its call and its return and each answer is right.

A history is a list of Operation. One whose answer never came (`returned` is None) may have had its effect at any time after its call, or
never."""
import dataclasses
import math

ABSENT = None  # the value of a register that was never written, or deleted


@dataclasses.dataclass
class Operation:
    """`kind`: "put" (argument: the value), "delete", "get" (result: the value), "swap" (argument: (expected, value); result: whether the
    condition held). Times are of one clock."""
    kind: str
    called: float
    returned: float | None = None
    argument: object = None
    result: object = None

    @property
    def unknown(self):
        return self.returned is None

    @property
    def end(self):
        return math.inf if self.returned is None else self.returned


def after(value, operation):
    """The register's value after this operation, or raises Impossible when its answer cannot be."""
    if operation.kind == "put":
        return operation.argument
    if operation.kind == "delete":
        return ABSENT
    if operation.kind == "get":
        if not operation.unknown and operation.result != value:
            raise Impossible
        return value
    expected, wanted = operation.argument
    held = value == expected
    if not operation.unknown and operation.result != held:
        raise Impossible
    return wanted if held else value


class Impossible(Exception):
    pass


@dataclasses.dataclass
class Verdict:
    linearizable: bool
    stuck: list  # when not: the operations of which none could come next in the longest order found
    value: object = None

    def __bool__(self):
        return self.linearizable

    def __str__(self):
        if self.linearizable:
            return "linearizable"
        return f"no order explains the history: with the value {self.value!r} none of these can be next:\n" + "\n".join(map(str, self.stuck))


def check(history, initial=ABSENT):
    """The search goes deep first, without recursion: a history may have thousands of operations."""
    operations = sorted(history, key=lambda operation: operation.called)
    needed = sum(1 << index for index, operation in enumerate(operations) if not operation.unknown)
    seen = {(0, initial)}
    path = [(0, initial, candidates(operations, 0))]
    longest, stuck = -1, Verdict(False, [], initial)
    while path:
        done, value, choices = path[-1]
        if done & needed == needed:
            return Verdict(True, [])
        for index in choices:  # an iterator: it goes on where it stopped
            try:
                following = done | 1 << index, after(value, operations[index])
            except Impossible:
                continue
            if following not in seen:
                seen.add(following)
                path.append((*following, candidates(operations, following[0])))
                break
        else:
            if len(path) > longest:
                longest = len(path)
                stuck = Verdict(False, [operations[index] for index in candidates(operations, done)], value)
            path.pop()
    return stuck


def candidates(operations, done):
    """Those that may be next: none that is not done yet had returned before they were called. Those with an answer first."""
    found, limit = [], math.inf
    first = (~done & done + 1).bit_length() - 1  # all before it are done
    for index in range(first, len(operations)):
        operation = operations[index]
        if operation.called > limit:
            break
        if not done >> index & 1:
            found.append(index)
            limit = min(limit, operation.end)
    found = [index for index in found if operations[index].called <= limit]
    return iter(sorted(found, key=lambda index: operations[index].end))
