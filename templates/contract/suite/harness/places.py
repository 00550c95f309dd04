"""Where things are in this repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
TEMPLATES = ROOT / "templates"
CONTRACT = TEMPLATES / "contract"
OPENAPI = CONTRACT / "openapi.yaml"
CACHE = ROOT / ".cache" / "templates"
"""Outlives a run, and is not committed."""
