"""Recorded traffic as records: the same formats read it as read live calls."""
