"""The static site: python3 dev.py docs builds it, and fails for a link that leads nowhere."""

from __future__ import annotations

import polyfind

project = "polyfind"
version = release = polyfind.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_parser"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"polyfind {release}"
html_show_sphinx = False
html_copy_source = False

# `words` in docstrings are what one types.
default_role = "literal"
autodoc_typehints = "none"
autodoc_member_order = "groupwise"
autodoc_default_options = {"members": True, "inherited-members": True}
# Packages that modules for engines are for: their docstrings need none of them.
autodoc_mock_imports = ["datafusion", "pyarrow"]
napoleon_use_rtype = False
napoleon_use_ivar = True

# Everything that is referred to must be there; types of arguments are words, not links.
nitpicky = True
nitpick_ignore_regex = [("py:class", ".*")]
