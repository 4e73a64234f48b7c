"""Expressions of the config (CEL): compiled when it is loaded, evaluated per call (agentgateway.md §2.5, §2.6)."""

from agw.cel.expression import Expression, ExpressionError, compile_expression
from agw.cel.variables import Variables

__all__ = ["Expression", "ExpressionError", "Variables", "compile_expression"]
