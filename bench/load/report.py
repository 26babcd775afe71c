"""The markdown that run.sh prints."""

LOAD_COLUMNS = [  # key, heading, digits, divisor
    ("cpu_us", "CPU µs/request", 1, 1),
    ("ratio", "ratio to nginx", 2, 1),
    ("syscalls", "syscalls/request", 2, 1),
    ("instructions", "user instructions/request", 0, 1),
    ("allocations", "allocations/request", 2, 1),
    ("requests_per_s", "requests/s", 0, 1),
    ("p50_us", "p50 ms", 2, 1000),
    ("p99_us", "p99 ms", 2, 1000),
]
SCALING_COLUMNS = [
    ("requests_per_s", "requests/s", 0),
    ("requests_to_one", "to one worker", 2),
    ("cpu_us", "CPU µs/request", 1),
    ("cpu_to_one", "to one worker", 2),
    ("busy_cores", "busy cores: proxy", 2),
    ("load_busy_cores", "load and backend", 2),
    ("load_idle_cores", "idle cores left to these", 2),
]


def page(facts: dict, cases: list, load: dict, idle: dict, idle_count: int, scaling: dict, missing: list[str]) -> str:
    versions = "; ".join(facts["versions"].values())
    parts = [
        f"{facts['cores']} cores, Linux {facts['kernel']}; {facts['rounds']} rounds of {facts['seconds']} s; {versions}. "
        "The gateway with access log and metrics on, the others without logs; one worker each, 64 connections."
    ]
    if any(figures for proxies in load.values() for figures in proxies.values()):
        parts.append(load_table({case.name: case.title for case in cases}, load))
    if idle:
        rows = [[kind, number(value, 0)] for kind, value in idle.items()]
        parts.append(table(["proxy", f"bytes per idle connection, {idle_count:,} open"], rows))
    if scaling:
        parts.append(scaling_table(scaling))
        parts.append(f"Two workers on two cores, load and backend on the other {facts['cores'] - 2}.")
    if missing:
        parts.append("Not measured:\n" + "\n".join(f"- {what}" for what in missing))
    return "\n\n".join(parts)


def load_table(titles: dict[str, str], load: dict) -> str:
    rows = [(titles[case], kind, figures) for case, proxies in load.items() for kind, figures in proxies.items()]
    columns = [column for column in LOAD_COLUMNS if any(column[0] in figures for _, _, figures in rows)]
    lines = [
        [title, kind, *(number(figures.get(key), digits, divisor) for key, _, digits, divisor in columns)]
        for title, kind, figures in rows
    ]
    return table(["case", "proxy", *(heading for _, heading, _, _ in columns)], lines)


def scaling_table(scaling: dict) -> str:
    rows = []
    for kind, found in scaling.items():
        for workers, figures in found.items():
            rows.append([kind, workers, *(number(figures[key], digits) for key, _, digits in SCALING_COLUMNS)])
    return table(["proxy", "workers", *(heading for _, heading, _ in SCALING_COLUMNS)], rows)


def number(value: float | None, digits: int, divisor: int = 1) -> str:
    return "–" if value is None else f"{value / divisor:,.{digits}f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])
