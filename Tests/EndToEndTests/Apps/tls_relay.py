"""Puts TLS on a connection, or takes it off: tls_relay.py out PORT CA | tls_relay.py in PORT CERTIFICATE KEY

`out` takes plain connections and goes on with TLS to the port; `in` takes TLS and goes on without. Ends of one
side pass as such: a closing alert becomes a FIN, and the other way. Prints its port, then serves until it is killed.
"""
import socket
import ssl
import struct
import sys
import threading

way, target = sys.argv[1], int(sys.argv[2])
if way == "out":
    context = ssl.create_default_context(cafile=sys.argv[3])
else:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])


class Relay:
    def __init__(self, taken):
        made = socket.create_connection(("127.0.0.1", target))
        self.plain, self.raw = (taken, made) if way == "out" else (made, taken)
        for sock in [self.plain, self.raw]:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.inward, self.outward = ssl.MemoryBIO(), ssl.MemoryBIO()
        naming = {"server_hostname": "app.example"} if way == "out" else {"server_side": True}
        self.tls = context.wrap_bio(self.inward, self.outward, **naming)
        self.lock, self.sending = threading.Lock(), threading.Lock()

    def run(self):
        try:
            self.shake()
            other = threading.Thread(target=self.guard, args=[self.encrypt], daemon=True)
            other.start()
            self.guard(self.decrypt)
            other.join()
        except (OSError, ssl.SSLError):
            self.cut()
        self.plain.close()
        self.raw.close()

    def guard(self, work):
        try:
            work()
        except (OSError, ssl.SSLError):
            self.cut()

    def cut(self):
        """Has a connection that was cut look so at the other end."""
        for sock in [self.plain, self.raw]:
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def shake(self):
        while True:
            try:
                self.tls.do_handshake()
                return self.flush()
            except ssl.SSLWantReadError:
                self.flush()
                piece = self.raw.recv(65536)
                if not piece:
                    raise OSError("no handshake")
                self.inward.write(piece)

    def flush(self):
        with self.sending:
            with self.lock:
                piece = self.outward.read()
            if piece:
                self.raw.sendall(piece)

    def decrypt(self):
        while True:
            pieces, is_over = [], False
            with self.lock:
                try:
                    while piece := self.tls.read(1 << 18):
                        pieces.append(piece)
                    is_over = True
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLZeroReturnError:
                    is_over = True
            for piece in pieces:
                self.plain.sendall(piece)
            if is_over:
                return self.plain.shutdown(socket.SHUT_WR)
            if self.outward.pending:
                self.flush()
            piece = self.raw.recv(1 << 18)
            with self.lock:
                if piece:
                    self.inward.write(piece)
                else:
                    self.inward.write_eof()

    def encrypt(self):
        while piece := self.plain.recv(1 << 18):
            with self.lock:
                self.tls.write(piece)
            self.flush()
        with self.lock:
            try:
                self.tls.unwrap()
            except ssl.SSLError:
                pass
        self.flush()
        if way == "in":
            self.raw.shutdown(socket.SHUT_WR)


listener = socket.create_server(("127.0.0.1", 0), backlog=256)
print(listener.getsockname()[1], flush=True)
while True:
    taken, _ = listener.accept()
    threading.Thread(target=lambda sock=taken: Relay(sock).run(), daemon=True).start()
