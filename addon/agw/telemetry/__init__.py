"""From the record to what a backend reads: trace context, sampling, attribute names, protobuf."""
