"""Bedrock's Converse as a provider's wire; nobody speaks it as a client (boto3's own calls pass untranslated).

The written body holds neither model nor stream: the caller puts the model into the path (percent-encoded) and takes
``/converse-stream`` for a stream, whose frames ``streaming.eventstream`` reads. A guardrail of the config is to be
added to the body as ``guardrailConfig``.
"""
