"""Checks the code fences that no stack compiles, each by the rules of its language."""

from kb.prove.texts.check import LANGUAGES, check, install, missing
from kb.prove.texts.fences import Finding, TextFence, Tools

__all__ = ["LANGUAGES", "Finding", "TextFence", "Tools", "check", "install", "missing"]
