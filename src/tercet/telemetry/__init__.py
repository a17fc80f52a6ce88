"""Traces as OpenTelemetry has them: spans as values, their OTLP encodings, and an exporter that holds nobody up."""
