"""Clients that mean no good, or know no better: tls_abuse.py PORT CA SCENARIO [ARGUMENT…]

Prints a line of JSON with what came of it. `silent` prints when all have connected, and goes on until it is killed.
"""
import ctypes
import ctypes.util
import hashlib
import json
import random
import socket
import ssl
import struct
import sys
import time

port, authority, scenario, arguments = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
PATIENCE = 10


def context(version=None):
    made = ssl.create_default_context(cafile=authority)
    if version:
        made.minimum_version = made.maximum_version = getattr(ssl.TLSVersion, version)
    return made


def connect():
    sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def hello(version=None):
    """The first message of a real client."""
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context(version).wrap_bio(inward, outward, server_hostname="app.example")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outward.read()


def ending(sock):
    """Reads to the end: "closed", "reset" or, if it does not come, "open"."""
    try:
        while sock.recv(65536):
            pass
        return "closed"
    except (ConnectionResetError, BrokenPipeError):
        return "reset"
    except TimeoutError:
        return "open"


def send_and_end(piece):
    with connect() as sock:
        try:
            sock.sendall(piece)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            return "reset"
        return ending(sock)


def tally(endings):
    counts = {}
    for one in endings:
        counts[one] = counts.get(one, 0) + 1
    return counts


class Talk:
    """A connection with TLS whose records can be had and put in by hand."""

    def __init__(self, version=None, holds=False):
        """`holds` keeps the last flight of the handshake back, for what follows to go with it."""
        self.sock = connect()
        self.holds = holds
        self.inward, self.outward = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context(version).wrap_bio(self.inward, self.outward, server_hostname="app.example")
        self.go_on(self.tls.do_handshake)

    def flush(self):
        if self.outward.pending:
            self.sock.sendall(self.outward.read())

    def go_on(self, step):
        while True:
            try:
                result = step()
                if not self.holds:
                    self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                piece = self.sock.recv(65536)
                if piece:
                    self.inward.write(piece)
                else:
                    self.inward.write_eof()

    def send(self, text):
        self.tls.write(text.encode())
        self.flush()

    def cut(self, text):
        """Sends and ends its side without an alert, all in one segment."""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        self.holds = False
        if text:
            self.tls.write(text.encode())
        self.flush()
        self.sock.shutdown(socket.SHUT_WR)

    def read(self):
        """Reads to the end; the last is how it came: "notify", "cut" or an error."""
        got = b""
        while True:
            try:
                piece = self.go_on(lambda: self.tls.read(65536))
            except ssl.SSLZeroReturnError:
                return got, "notify"
            except ssl.SSLEOFError:
                return got, "cut"
            except (ssl.SSLError, OSError) as error:
                return got, type(error).__name__
            if not piece:
                return got, "notify"
            got += piece


def silent():
    kind, count = arguments[0], int(arguments[1])
    whole = hello()
    first = {"nothing": b"", "half": whole[: len(whole) // 2], "whole": whole}[kind]
    socks = []
    began = time.monotonic()
    for _ in range(count):
        sock = connect()
        if first:
            sock.sendall(first)
        socks.append(sock)
    print(json.dumps({"connected": len(socks), "seconds": time.monotonic() - began}), flush=True)
    endings = []
    for sock in socks:
        sock.settimeout(60)
        endings.append(ending(sock))
    print(json.dumps(tally(endings)), flush=True)


def records():
    """Random bytes, half of them as records of a handshake: [COUNT, SEED]."""
    dice = random.Random(int(arguments[1]))
    endings = []
    for number in range(int(arguments[0])):
        body = dice.randbytes(dice.choice([0, 1, 3, 4, 5, 64, 300, 2000]))
        kind = dice.choice([b"", b"\x16\x03\x01", b"\x16\x03\x03", b"\x16\x03\x01\x00\x04\x01"])
        head = kind + struct.pack(">H", len(body)) if len(kind) == 3 and number % 3 else kind
        endings.append(send_and_end(head + body))
    print(json.dumps(tally(endings)))


def hellos():
    """A ClientHello cut at each byte, then changed in each."""
    cut, changed = [], []
    dice = random.Random(7)
    for version in ["TLSv1_2", None]:
        whole = hello(version)
        for place in range(len(whole)):
            cut.append(send_and_end(whole[:place]))
            other = bytearray(whole)
            other[place] ^= dice.randrange(1, 256)
            changed.append(send_and_end(bytes(other)))
    print(json.dumps({"cut": tally(cut), "changed": tally(changed)}))


def rubbish():
    """Good handshakes, and then what is no TLS."""
    dice = random.Random(11)
    data, alert = b"\x17\x03\x03", b"\x15\x03\x03"
    after = {
        "random bytes": dice.randbytes(5000),
        "a record that does not decrypt": data + b"\x00\x40" + dice.randbytes(64),
        "a record that is too long": data + b"\xff\xff" + dice.randbytes(65535),
        "a record just too long": data + struct.pack(">H", 16384 + 257) + dice.randbytes(16384 + 257),
        "empty records": (data + b"\x00\x00") * 200,
        "half a record": data + b"\x40\x00" + dice.randbytes(100),
        "a fatal alert in the clear": alert + b"\x00\x02\x02\x28",
        "warnings in the clear": (alert + b"\x00\x02\x01\x5a") * 100,
        "changes of the cipher": b"\x14\x03\x03\x00\x01\x01" * 200,
        "another hello": hello(),
        "HTTP without TLS": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 10,
    }
    seen = {}
    for version in ["TLSv1_2", "TLSv1_3"]:
        for what, piece in after.items():
            for text in ["", "GET /own HTTP/1.1\r\nHost: app.example\r\n\r\n"]:
                talk = Talk(version)
                if text:
                    talk.send(text)
                try:
                    talk.sock.sendall(piece)
                    talk.sock.shutdown(socket.SHUT_WR)
                    how = ending(talk.sock)
                except OSError:
                    how = "reset"
                seen[f"{version}, {what}{', after a request' if text else ''}"] = how
    print(json.dumps(seen))


def updates():
    """Asks for new keys time and again, and reads no answer: [COUNT]. Then asks as one should."""
    lib = ctypes.CDLL(ctypes.util.find_library("ssl") or "libssl.so.3")
    lib.TLS_client_method.restype = lib.SSL_CTX_new.restype = lib.SSL_new.restype = ctypes.c_void_p
    for name in ["SSL_CTX_new", "SSL_new", "SSL_connect", "SSL_do_handshake"]:
        getattr(lib, name).argtypes = [ctypes.c_void_p]
    lib.SSL_set_fd.argtypes = lib.SSL_key_update.argtypes = [ctypes.c_void_p, ctypes.c_int]
    for name in ["SSL_write", "SSL_read"]:
        getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    sock = connect()
    sock.settimeout(None)
    # Without end if nobody took what is sent: then this is what is to be seen.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 5, 0))
    tls = lib.SSL_new(lib.SSL_CTX_new(lib.TLS_client_method()))
    lib.SSL_set_fd(tls, sock.fileno())
    connected = lib.SSL_connect(tls)
    done = 0
    for _ in range(int(arguments[0])):
        if lib.SSL_key_update(tls, 1) != 1 or lib.SSL_do_handshake(tls) != 1:
            break
        done += 1
    request = b"GET /own HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n"
    sent = lib.SSL_write(tls, request, len(request))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 5, 0))
    room = ctypes.create_string_buffer(4096)
    count = lib.SSL_read(tls, room, 4096)
    print(json.dumps({
        "connected": connected, "done": done, "sent": sent,
        "answer": room.raw[:count].decode("latin-1") if count > 0 else "",
    }))


def unread():
    """Asks for much and reads none of it: [COUNT, TARGET]."""
    talks = []
    for _ in range(int(arguments[0])):
        talk = Talk()
        talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        talk.send(f"GET {arguments[1]} HTTP/1.1\r\nHost: app.example\r\n\r\n")
        talks.append(talk)
    print(json.dumps({"asked": len(talks)}), flush=True)
    time.sleep(60)


def slow():
    """Reads much in small pieces, with pauses: [TARGET]."""
    sock = connect()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    with context().wrap_socket(sock, server_hostname="app.example") as tls:
        tls.sendall(f"GET {arguments[0]} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n".encode())
        got = b""
        for number in range(10**9):
            piece = tls.recv(4096 + number % 7)
            if not piece:
                break
            got += piece
            if number % 50 == 0:
                time.sleep(0.001)
    body = got[got.index(b"\r\n\r\n") + 4:]
    print(json.dumps({"count": len(body), "digest": hashlib.sha256(body).hexdigest()}))


def ends():
    """Ends of one side, with and without a closing alert, at several places."""
    seen = {}
    ask = "GET /own HTTP/1.1\r\nHost: app.example\r\n\r\n"
    half = "POST /app HTTP/1.1\r\nHost: app.example\r\nContent-Length: 100\r\n\r\nhalf"
    chunk = "POST /app HTTP/1.1\r\nHost: app.example\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"
    for version in ["TLSv1_2", "TLSv1_3"]:
        for what, text in {"idle": "", "request": ask, "half a body": half, "half of chunks": chunk}.items():
            for how in ["notify", "cut", "joined", "reset"]:
                talk = Talk(version, holds=how == "joined")
                if how in ["cut", "joined"]:
                    talk.cut(text)
                elif text:
                    talk.send(text)
                if how == "notify":
                    try:
                        talk.tls.unwrap()
                    except ssl.SSLError:
                        pass
                    talk.flush()
                if how == "reset":
                    talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    talk.sock.close()
                    continue
                got, end = talk.read()
                seen[f"{version}, {what}, {how}"] = [got[:15].decode("latin-1"), got[-3:].decode("latin-1"), end]
    print(json.dumps(seen))


globals()[scenario]()
