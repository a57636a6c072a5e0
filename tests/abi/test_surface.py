"""surface.py sees what breaks programs that are built, and lets pass what does not."""

from __future__ import annotations

import unittest

import surface

HEADER = surface.HEADER.read_text()
LINES = surface.surface(HEADER)
LEN = "size_t pf_index_len(const struct pf_index *index);"


def broken(old: str, new: str) -> list[str]:
    """What is said of a header with another text in one place."""
    assert HEADER.count(old) == 1, old
    return surface.breaks(LINES, surface.surface(HEADER.replace(old, new)))


class Breaks(unittest.TestCase):
    def test_nothing_changed(self) -> None:
        self.assertEqual(surface.breaks(LINES, LINES), [])

    def test_a_function_is_gone(self) -> None:
        self.assertIn("pf_index_len", broken(LEN, "")[0])

    def test_a_parameter_is_of_another_type(self) -> None:
        self.assertTrue(broken(LEN, "size_t pf_index_len(int32_t index);"))

    def test_a_function_returns_another_type(self) -> None:
        self.assertTrue(broken("size_t pf_index_len(", "int32_t pf_index_len("))

    def test_a_field_is_gone(self) -> None:
        self.assertIn("field pf_box.min_x", broken("  double min_x;", "  double left;")[0])

    def test_fields_change_places(self) -> None:
        swapped = HEADER.replace("double min_x;", "double ?;").replace("double min_y;", "double min_x;")
        wrong = surface.breaks(LINES, surface.surface(swapped.replace("double ?;", "double min_y;")))
        self.assertEqual(len(wrong), 2, wrong)

    def test_a_field_is_of_another_type(self) -> None:
        self.assertTrue(broken("  uint64_t max_bytes;", "  double max_bytes;"))

    def test_a_field_comes_in_between(self) -> None:
        self.assertTrue(broken("  uint64_t max_bytes;", "  uint64_t more;\n  uint64_t max_bytes;"))

    def test_a_structure_that_does_not_say_its_size_grows(self) -> None:
        self.assertIn("struct pf_box: 32 bytes", broken("} pf_box;", "  double more;\n} pf_box;")[0])

    def test_a_constant_is_another_number(self) -> None:
        self.assertTrue(broken("#define PF_OWNS 4", "#define PF_OWNS 6"))

    def test_a_handle_is_gone(self) -> None:
        self.assertTrue(surface.breaks(LINES, [line for line in LINES if line != "handle pf_index"]))


class Passes(unittest.TestCase):
    def test_more_functions_and_constants(self) -> None:
        more = "#define PF_MORE 1\n\nsize_t pf_index_more(const struct pf_index *index);\n"
        more_lines = surface.surface(HEADER.replace("#ifdef __cplusplus\n}", more + "#ifdef __cplusplus\n}"))
        self.assertEqual(len(more_lines), len(LINES) + 2)
        self.assertEqual(surface.breaks(LINES, more_lines), [])

    def test_a_structure_that_says_its_size_grows_at_its_end(self) -> None:
        self.assertEqual(broken("} pf_run;", "  uint64_t more;\n} pf_run;"), [])

    def test_names_of_parameters(self) -> None:
        self.assertEqual(broken(LEN, "size_t pf_index_len(const struct pf_index *i);"), [])

    def test_anything_under_another_number(self) -> None:
        self.assertEqual(surface.breaks(LINES, ["constant PF_ABI: 1"]), [])


class Library(unittest.TestCase):
    def test_lacks_a_function_and_has_another_soname(self) -> None:
        lib = surface.ROOT / "target" / "release" / "libpolyfind.so"
        if not lib.exists():
            self.skipTest("no library in target/release")
        more = [*LINES, "function pf_more: void (void)"]
        self.assertEqual(surface.library(lib, more), ["pf_more is not exported"])
        other = ["constant PF_ABI: 7" if line.startswith("constant PF_ABI:") else line for line in LINES]
        self.assertEqual(surface.library(lib, other), ["the soname is not libpolyfind.so.7"])


if __name__ == "__main__":
    unittest.main()
