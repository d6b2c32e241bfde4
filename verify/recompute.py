#!/usr/bin/env python3
"""Computes quota.json, result.json, selected.bin and waitlist.bin from a folder's inputs.

python3 verify/recompute.py FOLDER OUT [--opened FILE [--key FILE]]

Read are policy.json, entries.bin, the lines of quota.json about earlier waves, the plan, the
reveals and the beacon's signature; nothing is checked. Hidden masks need --opened: a CSV file
with columns `mask` and `e` (hexadecimal), or `mask` and `nik` and then also --key, the wave's
secret K in hexadecimal.
"""

import argparse
import csv
import pathlib
import sys

import beacon
import draw
import formats
import lottery
import quota
from basics import MAC, Failed, T, require
from folder import Folder
from policy import HIDDEN


def recompute(folder, opened=None):
    """The four files, by name."""
    table = solve(folder, opened or {})
    return {"quota.json": formats.canonical(table)} | outcome(folder, table, opened or {})


def solve(folder, opened):
    """The table of seats."""
    counts = quota.count_regions(folder, lambda members: true_masks(members, opened))
    require(not any(count.hidden() for count in counts.values()), "hidden masks need --opened")
    return quota.solve(folder.policy, folder.ctx, counts, folder.quota)


def outcome(folder, table, opened):
    """The files about the outcome, from the seats and the sources of the seed."""
    number, signature = int(folder.plan["round"]), bytes.fromhex(folder.seed["signature"])
    seed = beacon.derive(folder, number, signature, beacon.read_reveals(folder))[2]
    rows, ranks = [], []
    for row in table["regions"]:
        members = folder.members(row["code"])
        masks = true_masks(members, opened)
        drawn = lottery.RegionDraw(folder.policy, row, members, masks, seed)
        rows.append(drawn.result(folder.policy, row["code"]))
        ranks += drawn.ranks()
    result = draw.make_result(folder, table, folder.digest("plan.json"), seed, rows)
    selected, waitlist = draw.pack(ranks)
    return {
        "result.json": formats.canonical(result),
        "selected.bin": selected,
        "waitlist.bin": waitlist,
    }


def true_masks(members, opened):
    """The masks of people, those of hidden records opened where they are known."""
    return [opened.get(m.entry, HIDDEN) if m.mask == HIDDEN else m.mask for m in members]


def read_opened(path, folder, key):
    """Reads true masks by entry."""
    opened = {}
    with open(path, newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if "e" in line:
                entry = bytes.fromhex(line["e"])
            else:
                require(key is not None, "a file of NIKs needs --key")
                entry = MAC(key, T("entry"), folder.ctx, line["nik"].encode())[:16]
            opened[entry] = int(line["mask"])
    return opened


def main(arguments):
    """Runs the command; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], prog="recompute.py")
    parser.add_argument("folder", help="the published folder of a wave")
    parser.add_argument("out", help="where to write; made if it is not there")
    parser.add_argument("--opened", help="a CSV file of true masks")
    parser.add_argument("--key", help="a file with the wave's secret, to find entries by NIK")
    options = parser.parse_args(arguments)
    folder, out = Folder(options.folder), pathlib.Path(options.out)
    try:
        key = bytes.fromhex(pathlib.Path(options.key).read_text()) if options.key else None
        opened = read_opened(options.opened, folder, key) if options.opened else None
        files = recompute(folder, opened)
        out.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (out / name).write_bytes(data)
    except (Failed, OSError, ValueError, KeyError) as error:
        print(f"could not recompute: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
