"""Clients that come over TLS all the time: tls_clients.py PORT CA NEW KEPT

NEW threads open a connection for each request, KEPT threads keep theirs. Prints a line of JSON when a line comes
on the control port that it says first: {"done": N, "failed": [...], "certificates": {digest: times}} since the last.
"""
import collections
import hashlib
import json
import socket
import ssl
import sys
import threading
import time

port, authority, new, kept = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
lock = threading.Lock()
state = {"done": 0, "failed": [], "certificates": collections.Counter(), "slowest": 0.0}


def connect():
    context = ssl.create_default_context(cafile=authority)
    sock = socket.create_connection(("127.0.0.1", port), timeout=20)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(sock, server_hostname="app.example")


def ask(sock, more=""):
    sock.sendall(f"GET /own HTTP/1.1\r\nHost: app.example\r\n{more}\r\n".encode())
    answer = b""
    while b"\r\n\r\nown" not in answer:
        piece = sock.recv(4096)
        if not piece:
            raise OSError("ended after %r" % answer[-80:])
        answer += piece
    if not answer.startswith(b"HTTP/1.1 200"):
        raise OSError("answered %r" % answer[:40])


def note(began, error, sock=None):
    with lock:
        if error is None:
            state["done"] += 1
        else:
            state["failed"].append(repr(error))
        state["slowest"] = max(state["slowest"], time.monotonic() - began)
        if sock is not None:
            state["certificates"][hashlib.sha256(sock.getpeercert(True)).hexdigest()] += 1


def come_and_go():
    while True:
        began = time.monotonic()
        try:
            with connect() as sock:
                ask(sock, "Connection: close\r\n")
                note(began, None, sock)
        except Exception as error:
            note(began, error)
        time.sleep(0.002)


def stay():
    sock = connect()
    while True:
        began = time.monotonic()
        try:
            ask(sock)
            note(began, None)
        except Exception as error:
            note(began, error)
            sock = connect()
        time.sleep(0.01)


for work in [come_and_go] * new + [stay] * kept:
    threading.Thread(target=work, daemon=True).start()
control = socket.create_server(("127.0.0.1", 0))
print(control.getsockname()[1], flush=True)
while True:
    peer, _ = control.accept()
    for _ in peer.makefile():
        with lock:
            line = json.dumps(state)
            state.update(done=0, failed=[], certificates=collections.Counter(), slowest=0.0)
        peer.sendall(line.encode() + b"\n")
