"""The API formats: read a request, read an answer, fold a stream."""
