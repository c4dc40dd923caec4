"""A static HTML page that shows how one or several result files score: one file, no script, no network."""

from bop_eval.page.build import write_page

__all__ = ["write_page"]
