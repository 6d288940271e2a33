"""How Sphinx builds the documentation: ci/docs.sh."""

from importlib import metadata

project = "tilelang-tt"
copyright = "the tilelang-tt authors"
release = metadata.version("tilelang-tt")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
html_theme = "furo"
html_title = f"tilelang-tt {release}"
exclude_patterns = ["workstream2"]
myst_heading_anchors = 3
# Pages link to files of the repository, which are no part of the site.
suppress_warnings = ["myst.xref_missing"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
# The reference needs no TVM: the passes are functions of the package.
autodoc_mock_imports = ["tvm", "numpy", "ml_dtypes"]
