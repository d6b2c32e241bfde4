"""The second implementation's side of the test: answers one question a line, all in one process.

python3 judge.py VERIFY, with VERIFY the folder of the second implementation.

A question is a JSON object: the `folder` to verify, its `previous` ones, perhaps a file of `keys`, and
perhaps where to write the recomputed files (`out`), with the file of `opened` masks.
The answer is one too: the steps that `failed`, or the `error` that stopped the program.
"""

import functools
import json
import pathlib
import sys
import traceback

sys.path.insert(0, sys.argv[1])

import announcements
import bls
import ed25519
import recompute
import verify
from folder import Folder

# A signature is good or not whoever asks, and the folders of a wave share most of them.
bls.verify = functools.lru_cache(maxsize=None)(bls.verify)
ed25519.verify = functools.lru_cache(maxsize=None)(ed25519.verify)


def answer(question):
    """The steps that failed; writes the recomputed files where that is asked for."""
    keys = question.get("keys")
    pinned = keys and announcements.read_pinned(pathlib.Path(keys).read_bytes())
    previous = [Folder(path) for path in question["previous"]]
    report = verify.run(Folder(question["folder"]), previous, pinned)
    failed = {step["name"]: step["detail"] for step in report["steps"] if step["status"] != "pass"}
    if "out" in question:
        arguments = [question["folder"], question["out"], "--opened", question["opened"]]
        if recompute.main(arguments) != 0:
            return {"error": "recompute.py could not compute the files again, see above"}
    return {"failed": failed}


for line in sys.stdin:
    try:
        found = answer(json.loads(line))
    except Exception:  # Whatever it is, it must be said which wave it was.
        found = {"error": traceback.format_exc()}
    print(json.dumps(found), flush=True)
