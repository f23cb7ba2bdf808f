"""Receivers of what the gateway tells outside: a collector of spans and an endpoint for error reports.

Spans are decoded with the messages of opentelemetry-proto and error reports with sentry-sdk's reader of
envelopes. `GET /seen` says all that came, as JSON. `POST /behave` takes a list of answers, each
`{"status", "fields"}`, which the next requests get instead of 200.

Prints its port, then serves until it is killed.
"""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest, ExportTraceServiceResponse)
from sentry_sdk.envelope import Envelope

lock = threading.Lock()
spans, reports, batches, answers, faults = [], [], [], [], []


def plain(value):
    """An AnyValue of ours: a text or a number."""
    return getattr(value, value.WhichOneof("value"))


def attributes(pairs):
    named = {pair.key: plain(pair.value) for pair in pairs}
    if len(named) != len(pairs):
        faults.append(f"an attribute stands twice: {[pair.key for pair in pairs]}")
    return named


def take_spans(body):
    request = ExportTraceServiceRequest.FromString(body)
    # Minimal numbers and known fields in order: encoding it again gives the same bytes.
    again = ExportTraceServiceRequest.FromString(request.SerializeToString())
    if again != request or len(request.SerializeToString()) != len(body):
        faults.append("the message is not what its decoding says")
    count = 0
    for resource in request.resource_spans:
        about = attributes(resource.resource.attributes)
        for scope in resource.scope_spans:
            for span in scope.spans:
                count += 1
                spans.append({
                    "resource": about, "scope": scope.scope.name, "trace": span.trace_id.hex(),
                    "id": span.span_id.hex(), "parent": span.parent_span_id.hex(), "name": span.name,
                    "kind": span.kind, "start": span.start_time_unix_nano, "end": span.end_time_unix_nano,
                    "status": span.status.code, "flags": span.flags,
                    "attributes": {key: str(value) for key, value in attributes(span.attributes).items()},
                })
    batches.append({"spans": count, "bytes": len(body)})


def take_report(path, fields, body):
    envelope = Envelope.deserialize(body)
    event = envelope.get_event()
    if event is None:
        faults.append("an envelope without an event")
    reports.append({
        "path": path, "auth": fields.get("X-Sentry-Auth", ""), "type": fields.get("Content-Type", ""),
        "event": json.dumps(event), "items": [item.type for item in envelope.items],
    })


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with lock:
            self.answer(200, {}, json.dumps(
                {"spans": spans, "reports": reports, "batches": batches, "faults": faults}).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with lock:
            if self.path == "/behave":
                answers.extend(json.loads(body))
                return self.answer(200, {}, b"")
            said = answers.pop(0) if answers else {"status": 200, "fields": {}}
            if said["status"] == 200:
                try:
                    if self.path.endswith("/v1/traces"):
                        take_spans(body)
                    else:
                        take_report(self.path, self.headers, body)
                except Exception as error:
                    faults.append(repr(error))
            response = ExportTraceServiceResponse()
            if "rejected" in said:
                response.partial_success.rejected_spans = said["rejected"]
                response.partial_success.error_message = "too many"
            self.answer(said["status"], said["fields"], response.SerializeToString())

    def answer(self, status, fields, body):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
