"""A server of Redis' that goes wrong in every way that is asked for, in front of a real one.

faults.py PORT: prints the port that clients connect to and the one that is told, a line at a time, what
goes wrong from now on; each is answered with a line. Ends when it is killed.
"""
import os
import select
import socket
import struct
import sys
import threading
import time

SERVER = ("127.0.0.1", int(sys.argv[1]))
# Answered to every command in place of the server's answer.
ERRORS = {
    "loading": b"-LOADING Redis is loading the dataset in memory\r\n",
    "masterdown": b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
    "moved": b"-MOVED 3999 127.0.0.1:1\r\n",
    "max-clients": b"-ERR max number of clients reached\r\n",
    "unexpected": b"-ERR unknown command\r\n",
}
# Answered to a script's call; other commands are the server's.
REPLIES = {
    "wrong-type": b"$2\r\nno\r\n",
    "too-few": b"*1\r\n:1\r\n",
    "too-many": b"*64\r\n" + b":1\r\n" * 64,
    "negative": b"*4\r\n:1\r\n:1\r\n:-1\r\n:-9223372036854775808\r\n",
    "nested": b"*1\r\n" * 64 + b":1\r\n",
    "null": b"*-1\r\n",
}

fault = "none"
since = threading.Lock()
is_listening = True
clients = set()


def listen(port):
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen(64)
    return made


def close(end, by_reset=False):
    try:
        if by_reset:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    if by_reset:
        end.close()


class Commands:
    """Splits what clients send into commands."""

    def __init__(self):
        self.bytes = b""

    def feed(self, piece):
        self.bytes += piece
        whole = []
        while (end := self.one()) is not None:
            whole.append(self.bytes[:end])
            self.bytes = self.bytes[end:]
        return whole

    def one(self):
        end = self.bytes.find(b"\r\n")
        if end < 0:
            return None
        place = end + 2
        for _ in range(int(self.bytes[1:end])):
            end = self.bytes.find(b"\r\n", place)
            if end < 0:
                return None
            place = end + 2 + int(self.bytes[place + 1:end]) + 2
        return place if place <= len(self.bytes) else None


def is_script(command):
    return b"EVAL" in command[:20].upper()


def answer(client, server, command):
    """Does with a command what the fault says."""
    if fault in ERRORS:
        is_spared = fault == "moved" and not is_script(command)
        if is_spared:
            server.sendall(command)
        else:
            client.sendall(ERRORS[fault])
        if fault == "max-clients":
            close(client)
    elif fault in REPLIES and is_script(command):
        client.sendall(REPLIES[fault])
    elif fault == "garbage":
        client.sendall(os.urandom(48) + b"\r\n")
    elif fault == "huge":
        client.sendall(b"$500000000\r\n")
        while fault == "huge":
            client.sendall(b"x" * 65536)
    elif fault == "flood":
        while fault == "flood":
            client.sendall(b":1\r\n" * 16384)
    elif fault == "reset":
        close(client, by_reset=True)
    elif fault == "close":
        close(client)
    elif fault == "slow":
        time.sleep(0.08)
        server.sendall(command)
    elif fault != "hang":
        server.sendall(command)


def send_answers(client, server):
    try:
        while piece := server.recv(65536):
            if fault == "drip":
                for byte in piece:
                    client.sendall(bytes([byte]))
                    time.sleep(0.02)
            elif fault == "cut":
                client.sendall(piece[:-3])
                close(client)
            elif fault == "twice":
                client.sendall(piece + piece)
            elif fault != "hang":
                client.sendall(piece)
    except OSError:
        pass
    close(client)


def serve(client):
    commands = Commands()
    try:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = socket.create_connection(SERVER)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=send_answers, args=(client, server), daemon=True).start()
        while piece := client.recv(65536):
            for command in commands.feed(piece):
                answer(client, server, command)
        close(server)
    except (OSError, ValueError):
        pass
    close(client)
    clients.discard(client)


def accept():
    while True:
        with since:
            may_accept = is_listening
        if not may_accept or fault == "backlog":
            time.sleep(0.005)
            continue
        if not select.select([listener], [], [], 0.02)[0]:
            continue
        try:
            client, _ = listener.accept()
        except OSError:
            continue
        clients.add(client)
        threading.Thread(target=serve, args=(client,), daemon=True).start()


def change(name):
    """Goes over to another fault."""
    global fault, is_listening
    fault = name
    if name in ("refuse", "reset", "max-clients"):
        for client in list(clients):
            close(client, by_reset=name == "reset")
    with since:
        # Shut and not closed: the port stays ours, or another's connection could go out from it.
        if name == "refuse" and is_listening:
            listener.shutdown(socket.SHUT_RDWR)
        elif name != "refuse" and not is_listening:
            listener.listen(64)
        is_listening = name != "refuse"


def free_port():
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


# By its number, for only a port that was asked for outlives the shutting of its listener.
port = free_port()
listener = listen(port)
control = listen(0)
print(port, control.getsockname()[1], flush=True)
threading.Thread(target=accept, daemon=True).start()
while True:
    teller, _ = control.accept()
    for line in teller.makefile():
        change(line.strip())
        teller.sendall(b"done\n")
