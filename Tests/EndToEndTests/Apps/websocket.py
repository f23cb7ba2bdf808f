"""A WebSocket app (RFC 6455): says every text back in capitals, and closes when it is asked to.

Prints its port, then serves until it is killed.
"""
import base64
import hashlib
import socketserver

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        fields = {}
        self.rfile.readline()
        while line := self.rfile.readline().strip():
            name, _, value = line.partition(b":")
            fields[name.lower()] = value.strip()
        if fields.get(b"upgrade", b"").lower() != b"websocket":
            self.wfile.write(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n")
            return
        key = hashlib.sha1(fields[b"sec-websocket-key"] + MAGIC).digest()
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(key) + b"\r\n\r\n")
        while frame := self.frame():
            kind, text = frame
            if kind == 8:
                self.send(8, text)
                return
            self.send(kind, text.upper())

    def frame(self):
        head = self.rfile.read(2)
        if len(head) < 2:
            return None
        size = head[1] & 0x7F
        if size == 126:
            size = int.from_bytes(self.rfile.read(2), "big")
        elif size == 127:
            size = int.from_bytes(self.rfile.read(8), "big")
        mask = self.rfile.read(4)
        return head[0] & 15, bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(size)))

    def send(self, kind, text):
        if len(text) < 126:
            size = bytes([len(text)])
        else:
            size = bytes([126]) + len(text).to_bytes(2, "big")
        self.wfile.write(bytes([0x80 | kind]) + size + text)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


server = Server(("127.0.0.1", 0), Session)
print(server.server_address[1], flush=True)
server.serve_forever()
