"""Prompts and answers: how much of them is kept, and what is taken out of them."""
