"""Gemini's generateContent: as the format of a client and as a provider's wire.

Both name the model in the URL and whether to stream in the method. So, for a client of this format, the caller puts
``model`` and ``stream`` (``formats.paths``) into the body before ``Translator.request``; for this wire, the written
body holds neither, and the caller puts them into the upstream's URL with ``alt=sse`` for a stream. A streaming client
that did not ask for ``alt=sse`` is to be refused with 400, as the reference does: it would read an array.
"""
