"""The admin page: what was spent, on what, for whom, how fast, what failed, from the journal alone.

::

    browser ──► server.py (tornado, on the loop) ──► guard.py: who may ask
                    │ in a thread
                    ▼
                answers.py ──► journal/query.py (read-only)
"""
