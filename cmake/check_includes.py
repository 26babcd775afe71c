#!/usr/bin/env python3
"""Holds the #include lines of src/ and include/ to the architecture. Exit status 1 and one line per breach.

    check_includes.py --root DIR [--modules FILE]

FILE is what cmake writes (`name: used used ...` per module, see gatehouse_add_module). The rules:
  - a module's USES lie below it in ALLOWED (docs/architecture.md draws the same table);
  - it includes <gatehouse/m/...> only for itself, the modules in its USES and what those use in turn;
  - it never includes another module's private header;
  - yaml-cpp only in src/config; Asio and Beast never in include/.
Without --modules, ALLOWED alone decides.
"""
import argparse
import os
import re
import sys

ALLOWED = {
    "base": [],
    "crypto": ["base"],
    "json": ["base"],
    "net": ["base"],
    "redis": ["net"],
    "observe": ["base"],
    "http": ["net", "base"],
    "upstream": ["http", "net", "observe"],
    "dynamo/wire": ["base"],
    "dynamo/expr": ["dynamo/wire"],
    "dynamo/engine": ["dynamo/expr", "dynamo/wire", "upstream", "crypto"],
    "dynamo/adapter": ["dynamo/engine"],
    "plans": ["dynamo/engine", "dynamo/wire", "observe", "crypto", "redis"],
    "pipeline": ["http", "observe", "crypto"],
    "routing": ["pipeline"],
    "middleware": ["pipeline", "plans", "crypto", "json", "upstream"],
    "integration": ["pipeline", "upstream", "json", "dynamo/adapter"],
    "wsapi": ["pipeline", "http", "integration", "redis"],
    "config": ["routing", "middleware", "integration", "wsapi", "redis"],
    "gateway": ["config", "routing", "middleware", "integration", "wsapi", "redis"],
    "admin": ["gateway", "observe"],
    "app": ["admin", "gateway"],
}
FOREIGN = {"boost"}  # folders of src/ that hold no module of ours
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = (".hpp", ".cpp", ".h", ".cc", ".ipp")


def closure(graph, name):
    seen, todo = set(), list(graph.get(name, []))
    while todo:
        module = todo.pop()
        if module not in seen:
            seen.add(module)
            todo += graph.get(module, [])
    return seen


def module_of(path):
    """The module that owns a path below src/ or include/gatehouse/, or None: the longest name in ALLOWED that fits."""
    parts = path.split("/")[:-1]
    while parts:
        if "/".join(parts) in ALLOWED:
            return "/".join(parts)
        parts.pop()
    return None


def read_modules(path):
    uses = {}
    with open(path, encoding="utf-8") as lines:
        for line in filter(str.strip, lines):
            name, _, used = line.partition(":")
            uses[name.strip()] = used.split()
    return uses


def check_uses(uses):
    for name, used in uses.items():
        if name not in ALLOWED:
            yield f"module {name} is not in ALLOWED of cmake/check_includes.py"
            continue
        below = closure(ALLOWED, name)
        for module in used:
            if module not in below:
                yield f"module {name}: USES {module}, which is not below it in the architecture"


def check_file(root, path, graph):
    public = path.startswith("include/")
    base = "include/gatehouse/" if public else "src/"
    owner = module_of(path[len(base):])
    if owner is None:
        if public or path[len(base):].split("/")[0] not in FOREIGN:
            yield f"{path}:1: belongs to no module in ALLOWED of cmake/check_includes.py"
        return
    reachable = closure(graph, owner) | {owner}
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, name = match.groups()
            at = f"{path}:{number}"
            if name.startswith("gatehouse/"):
                module = module_of(name[len("gatehouse/"):])
                if module is None:
                    yield f"{at}: <{name}> belongs to no module"
                elif module not in reachable:
                    yield f"{at}: {owner} must not include <{name}>: {module} is not in its USES or below them"
            elif name.startswith("yaml-cpp/") and (public or owner != "config"):
                yield f"{at}: yaml-cpp may be included in src/config only"
            elif public and re.match(r"boost/(asio|beast)\b", name):
                yield f"{at}: a public header must not include <{name}>"
            elif quote == '"':
                near = os.path.normpath(os.path.join(os.path.dirname(path), name))
                for target in (near, "src/" + name):
                    if os.path.isfile(os.path.join(root, target)):
                        if target.startswith("src/") and (public or module_of(target[4:]) != owner):
                            yield f"{at}: \"{name}\" is a private header of another module"
                        break


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=".")
    parser.add_argument("--modules")
    args = parser.parse_args()

    problems, graph = [], ALLOWED
    if args.modules:
        declared = read_modules(args.modules)
        problems += check_uses(declared)
        graph = {**ALLOWED, **declared}
    count = 0
    for top in ("include/gatehouse", "src"):
        for folder, folders, files in os.walk(os.path.join(args.root, top)):
            folders.sort()
            for file in sorted(files):
                if file.endswith(SOURCES):
                    count += 1
                    problems += check_file(args.root, os.path.relpath(os.path.join(folder, file), args.root), graph)
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"{count} files, {len(problems)} breaches of the architecture")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
