#!/usr/bin/env python3
"""Checks a published draw from its folder alone. See README.md beside this file.

python3 verify/verify.py FOLDER [--previous FOLDER]... [--keys FILE] [--json]
python3 verify/verify.py me RECEIPT --folder FOLDER [--nik NIK] [--keys FILE]
"""

import argparse
import json
import sys

import announcements
import beacon
import conservation
import draw
import entries
import quota
import receipt
from basics import Failed
from folder import Folder, read_regular


def run(folder, previous=(), pinned=None):
    """Runs all six steps, each on its own; returns the report of 16.11."""
    steps = [
        ("log", lambda: announcements.check(folder, pinned)),
        ("entries", lambda: entries.check(folder)),
        ("quota", lambda: quota.check(folder)),
        ("seed", lambda: beacon.check(folder)),
        ("draw", lambda: draw.check(folder)),
        ("conservation", lambda: conservation.check(folder, previous)),
    ]
    report = [run_step(number, *step) for number, step in enumerate(steps, 1)]
    return {
        "ok": all(step["status"] == "pass" for step in report),
        "records": value_or(lambda: folder.count, 0),
        "steps": report,
        "test_beacon": value_or(lambda: folder.policy["beacon"]["test"], False),
    }


def run_step(number, name, step):
    """One line of the report."""
    line = {"detail": "", "name": name, "status": "pass", "step": number}
    try:
        line["detail"] = step()
    except Failed as failed:
        line |= {"detail": failed.detail, "status": "fail"}
        if failed.index is not None:
            line["index"] = failed.index
    except (MemoryError, OSError) as error:
        # A folder that makes the machine run out of something must get a verdict too.
        line |= {"detail": f"could not be checked: {type(error).__name__}", "status": "fail"}
    return line


def value_or(read, otherwise):
    try:
        return read()
    except (Failed, MemoryError, OSError):
        return otherwise


def show(report):
    """The report for people: a line a step, and the verdict in Indonesian and English."""
    for step in report["steps"]:
        place = f" (record {step['index']})" if "index" in step else ""
        print(f"{step['step']} {step['name']:<13} {step['status'].upper()}  {step['detail']}{place}")
    if report["test_beacon"]:
        print("TEST BEACON: suar uji, hasilnya dapat diramal / the outcome was predictable")
    if report["ok"]:
        print(f"LULUS, {report['records']} peserta / PASS, {report['records']} records")
    else:
        print("GAGAL: folder ini tidak dapat dipercaya / FAIL: do not trust this folder")


def main(arguments):
    """Runs the command; returns the exit code."""
    is_receipt = arguments[:1] == ["me"]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], prog="verify.py")
    parser.add_argument("--keys", help="a file of keys to trust instead of the policy's")
    if is_receipt:
        parser.add_argument("receipt", help="the receipt, a JSON file")
        parser.add_argument("--folder", required=True, help="the published folder of the wave")
        parser.add_argument("--nik", help="your NIK, to prove that the entry is yours")
    else:
        parser.add_argument("folder", help="the published folder of a wave")
        parser.add_argument("--previous", action="append", default=[], help="an earlier folder")
        parser.add_argument("--json", action="store_true", help="print a report for programs")
    options = parser.parse_args(arguments[1:] if is_receipt else arguments)
    pinned = None
    if options.keys:
        try:
            pinned = announcements.read_pinned(read_regular(options.keys, options.keys))
        except Failed as error:
            parser.error(f"could not use the keys: {error}")
    folder = Folder(options.folder)
    if is_receipt:
        return receipt.show(options.receipt, folder, options.nik, pinned)
    report = run(folder, [Folder(path) for path in options.previous], pinned)
    if options.json:
        print(json.dumps(report, sort_keys=True))
    else:
        show(report)
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
