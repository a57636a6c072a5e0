"""That the header is read right, that bindings are what is made of it, and that a broken promise is seen.

python3 -m unittest -v test_promises, in this folder; needs a C compiler. What runtimes do is asked by run.py.
"""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import unittest
from pathlib import Path

import promises
import run
from header import Header, Type

ROOT = Path(__file__).resolve().parent.parent.parent
HEADER = (ROOT / "include" / "polyfind.h").read_text()
FILES = runpy.run_path(str(ROOT / "bindings" / "generate"), run_name="files")["FILES"]
FUNCTION = "pf_status pf_points_check(const struct pf_points *points, struct pf_error *err);\n"


class TheHeader(unittest.TestCase):
    def test_has_the_layout_of_the_compiler(self) -> None:
        header = Header.read(HEADER)
        sizes = " ".join(f"{each.name} {each.size}" for each in header.structures.values())
        placed = [(each.name, field) for each in header.structures.values() for field in each.fields]
        places = " ".join(f"{name}.{field.name} {field.place}" for name, field in placed)
        self.assertEqual(run.layout(), f"structures {sizes}\nfields {places}\n")

    def test_is_read_whole(self) -> None:
        header = Header.read(HEADER)
        bare = re.sub(r"/\*.*?\*/", "", HEADER, flags=re.DOTALL)
        self.assertEqual(set(header.functions), set(re.findall(r"\b(pf_\w+)\((?!\*)", bare)))
        self.assertEqual(set(header.constants), set(re.findall(r"#define (PF_\w+)", HEADER)))
        self.assertEqual(header.functions["pf_index_build"].parameters[3].type, Type("pf_index", stars=2))
        self.assertEqual(header.functions["pf_version"].result, Type("char", stars=1, const=True))

    def test_with_something_new_in_it_is_refused(self) -> None:
        for new, words in (
            ("pf_status pf_new(const struct pf_unknown *it);\n", "pf_unknown"),
            ("pf_status pf_new(const struct pf_points *);\n", "without a name|does not know"),
            ("extern int32_t pf_global;\n", "declarations"),
            ('#define PF_NAME "x"\n', "invalid literal"),
        ):
            with self.assertRaisesRegex(ValueError, words):
                Header.read(HEADER.replace(FUNCTION, FUNCTION + new))


class Bindings(unittest.TestCase):
    def test_are_what_the_header_says(self) -> None:
        done = subprocess.run([sys.executable, ROOT / "bindings" / "generate", "check"], capture_output=True, text=True)
        self.assertEqual((done.stdout, done.returncode), ("", 0), "python3 bindings/generate writes them anew")

    def test_get_what_is_new_in_the_header(self) -> None:
        """All of them: a function, a constant and a field at the end of a structure."""
        new = HEADER.replace(
            FUNCTION, FUNCTION + "pf_status pf_new(const struct pf_points *points, struct pf_error *err);\n"
        )
        new = new.replace("#define PF_NONE -1\n", "#define PF_NONE -1\n#define PF_NEW 77\n")
        new = new.replace("  uint64_t max_pairs;\n", "  uint64_t max_pairs;\n  uint32_t brand_new;\n")
        for name, emit in FILES.items():
            before, after = (emit(Header.read(text), "") for text in (HEADER, new))
            added = set(after.splitlines()) - set(before.splitlines())
            for word in ("pf_new", "pf_new.*77", "brand_new"):
                found = [line for line in added if re.search(word, line.replace("-", "_"), re.IGNORECASE)]
                self.assertTrue(found, f"{word} is not in {name}")


class Promises(unittest.TestCase):
    def setUp(self) -> None:
        self.all = promises.of_the_readme()

    def test_are_about_functions_of_the_header(self) -> None:
        header = Header.read(HEADER)
        for each in self.all:
            self.assertLessEqual(each.functions, set(header.functions), each.runtime)

    def test_are_made_for_what_can_be_run_and_for_nothing_else(self) -> None:
        self.assertEqual([each.runtime for each in self.all], list(run.RUNTIMES))
        in_ci = [each.runtime for each in self.all if each.in_ci]
        self.assertEqual(in_ci, ["Java", "Node.js", "LuaJIT", "Ruby", "Perl"])

    def test_of_all_runtimes_have_the_core(self) -> None:
        core = {"build", "locate", "find", "nothing", "nearest", "point error", "layout error"}
        for each in self.all:
            self.assertLessEqual(core, each.checks, each.runtime)
            self.assertTrue({"cancel", "cancel flag"} & each.checks, each.runtime)

    def test_that_are_broken_are_seen(self) -> None:
        for each in self.all:
            self.assertEqual(each.broken(set(each.checks), set(each.functions)), [])
            said = each.broken(set(each.checks) - {"find"}, set(each.functions) - {"pf_index_find"})
            self.assertEqual(said, [f"{each.runtime} did not say: find", f"{each.runtime} did not call pf_index_find"])

    def test_are_read_from_the_table(self) -> None:
        readme = "## Other runtimes\n| | build | find | tested |\n|---|---|---|---|\n| | `pf_a`, `pf_b` | `pf_c` | |\n"
        readme += "| [Algol](bindings/algol) 60 | x | | CI |\n\n## After\n"
        algol = promises.Promise("Algol", frozenset({"build"}), frozenset({"pf_a", "pf_b"}), True)
        self.assertEqual(promises.promises(readme), [algol])
        with self.assertRaisesRegex(ValueError, "speed"):
            promises.promises(readme.replace("find", "speed"))


if __name__ == "__main__":
    unittest.main()
