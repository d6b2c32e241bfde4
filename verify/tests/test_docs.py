"""What docs/SELECTION.md computes is what the first golden folder holds."""

import re
import subprocess
import sys
import unittest

from basics import Tickets
from draw import Outcomes
from folder import Folder
from tests.support import TINY

ROOT = TINY.parents[4]
TEXT = (ROOT / "docs/SELECTION.md").read_text(encoding="utf-8")
TRAITS = {"D": 1, "P": 2, "W": 4, "-": 0}


class Example(unittest.TestCase):
    def test_every_person(self):
        folder = Folder(TINY)
        tickets = Tickets(bytes.fromhex(folder.seed["seed"]))
        outcomes = Outcomes(folder)
        people = []
        for index, member in enumerate(folder.members(1571)):
            people.append((tickets.of(member.entry, member.weight).hex(), index, member))
        lines = re.findall(r"^\| ([A-N]) \| (.+) \| (\w{8}) \| (\w{16}) \| (.*) \|$", TEXT, re.M)
        self.assertEqual([line[0] for line in lines], list("ABCDEFGHIJKLMN"))
        for line, (ticket, index, member) in zip(lines, sorted(people)):
            _, traits, entry, begin, words = line
            self.assertEqual(member.mask, sum(TRAITS[letter] for letter in traits))
            self.assertTrue(member.entry.hex().startswith(entry) and ticket.startswith(begin))
            rank = outcomes.rank(index)
            self.assertIn(f"waits, rank {rank}" if rank else "step ", words)

    def test_numbers_and_code(self):
        """Whole digests are those of seed.json, and the lines of Python print the tickets."""
        seed = (TINY / "seed.json").read_text()
        for number in re.findall(r"\b[0-9a-f]{64}\b", TEXT):
            self.assertIn(number, seed)
        code = re.search(r"```python\n(.*?)```", TEXT, re.S)[1]
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "verify",
                             capture_output=True, text=True, check=True)  # fmt: skip
        found = [line.split()[2][:16] for line in run.stdout.splitlines()]
        listed = re.findall(r"^\| [A-N] \| .+ \| \w{8} \| (\w{16}) \|", TEXT, re.M)
        self.assertEqual(found, listed)
