"""What export and import agree on: how several labels share a cell, and which texts a spreadsheet would calculate."""

from __future__ import annotations

BETWEEN = "|"  # of the several reasons or tags in one cell

# A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection"); a ' before it disarms it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
