"""A provider's host that gives out certificates by HTTPS: certificates.py PORT CERTIFICATE KEY FOLDER

The last part of a path is a file of the folder, or what else a host may do: `moved`, `endless`, `silent`, `refused`.
Whatever the number is that stands in the file `status`, if there is one, is the answer to all. Prints a line for each
request once it serves.
"""
import os
import socket
import ssl
import sys
import threading
import time

port, certificate, key, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def answer(status, body, more=""):
    return f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def serve(sock):
    sock = context.wrap_socket(sock, server_side=True)
    lines = sock.makefile("rb")
    target = lines.readline().split()[1].decode()
    fields = []
    while line := lines.readline().strip():
        fields.append(line.decode())
    print(target, *sorted(field for field in fields if field.startswith("Host")), flush=True)
    name = target.rsplit("/", 1)[-1]
    path = os.path.join(folder, name)
    status = os.path.join(folder, "status")
    if os.path.exists(status):
        with open(status) as file:
            sock.sendall(answer(int(file.read()), b"busy"))
    elif name == "silent":
        time.sleep(60)
    elif name == "moved":
        sock.sendall(answer(302, b"", "Location: https://api.paypal.com/v1/notifications/certs/good\r\n"))
    elif name == "endless":
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sock.sendall(b"-" * 65536)
    elif os.path.exists(path):
        with open(path, "rb") as file:
            sock.sendall(answer(200, file.read()))
    else:
        sock.sendall(answer(404, b"none"))
    sock.close()


def guarded(sock):
    try:
        serve(sock)
    except (OSError, IndexError):
        sock.close()


listener = socket.create_server(("127.0.0.1", port), backlog=64)
print("serves", flush=True)
while True:
    taken, _ = listener.accept()
    threading.Thread(target=guarded, args=[taken], daemon=True).start()
