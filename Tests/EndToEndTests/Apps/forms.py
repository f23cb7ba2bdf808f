"""An app that reads forms with the mail parser of Python's library, and tells the parts that it found, as JSON.

Prints its port, then serves until it is killed.
"""
import email.parser
import email.policy
import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Forms(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return body
        return self.rfile.read(int(self.headers["Content-Length"]))

    def do_POST(self):
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body())
        parts = [{
            "name": part.get_param("name", header="content-disposition"),
            "file": part.get_filename(), "type": part.get_content_type(),
            "digest": hashlib.sha256(part.get_payload(decode=True)).hexdigest(),
        } for part in form.iter_parts()]
        text = json.dumps(parts).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Forms)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
