"""An app that speaks HTTPS: tls_server.py CERTIFICATE KEY SETTINGS

SETTINGS is JSON: `ca` asks for clients' certificates, `versions` are the lowest and the highest, `deaf` never shakes
hands, `plain` speaks HTTP. Tells on every answer what it saw; `/cut` ends without a closing alert, `/whole` with one,
`/stop` amid a body of known length. Prints its port, then serves until it is killed.
"""
import json
import socket
import ssl
import sys
import threading
import time

settings = json.loads(sys.argv[3])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
if "ca" in settings:
    context.load_verify_locations(settings["ca"])
    context.verify_mode = ssl.CERT_REQUIRED
if "versions" in settings:
    context.minimum_version, context.maximum_version = (
        getattr(ssl.TLSVersion, version) for version in settings["versions"])
asked = threading.local()
context.sni_callback = lambda sock, name, _: setattr(asked, "name", name)
numbers = iter(range(10**9))


def serve(sock):
    if settings.get("deaf"):
        time.sleep(60)
    asked.name = None
    if settings.get("plain"):
        sock.recv(1)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        return sock.close()
    sock = context.wrap_socket(sock, server_side=True)
    number = next(numbers)
    lines = sock.makefile("rb")
    while first := lines.readline():
        target = first.split()[1].decode()
        while lines.readline().strip():
            pass
        if target in ["/cut", "/whole"]:
            sock.sendall(b"HTTP/1.1 200 OK\r\n\r\nfirst half")
            if target == "/whole":
                sock.unwrap()
            break
        if target == "/stop":
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst half")
            break
        seen = {"connection": number, "name": asked.name or "", "resumed": False, "version": "", "client": ""}
        subject = (sock.getpeercert() or {}).get("subject", ())
        seen.update(
            resumed=sock.session_reused, version=sock.version(),
            client=",".join(value for part in subject for name, value in part if name == "commonName"))
        text = json.dumps(seen).encode()
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
    lines.close()
    socket.socket.shutdown(sock, socket.SHUT_RDWR)
    sock.close()


def guarded(sock):
    try:
        serve(sock)
    except OSError:
        sock.close()


listener = socket.create_server(("127.0.0.1", 0), backlog=256)
print(listener.getsockname()[1], flush=True)
while True:
    taken, _ = listener.accept()
    threading.Thread(target=guarded, args=[taken], daemon=True).start()
