"""What people and evaluators say of a call afterwards."""

from agw.scores.score import Score, ScoreError

__all__ = ["Score", "ScoreError"]
