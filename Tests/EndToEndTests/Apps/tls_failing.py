"""Clients with and without certificates, and apps behind a gateway, to see who is served what while calls of OpenSSL fail
in it: tls_failing.py FOLDER

FOLDER is what Fixtures/tls/make.sh has made. Prints a line of JSON: the ports of an app that resumes sessions, of one that
does not, of one with a certificate of a stranger, and of the control port. Each line there is `PORT WORK`, answered by
`served`, `refused STATUS`, `ended`, or `wrong` with what was.
"""
import hashlib
import json
import socket
import ssl
import sys
import threading

folder = sys.argv[1]
body = bytes(range(256)) * 160
digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(open(f"{folder}/client.pem").read())).hexdigest()
names = "email:ada@example.org, URI:spiffe://example/ada, DNS:ada.example"
misled = []
sessions = {}


def listen(certificate, resumes):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{certificate}.pem", f"{folder}/{certificate}.key")
    context.load_verify_locations(f"{folder}/ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    if not resumes:
        context.num_tickets = 0
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)

    def serve(sock):
        try:
            with context.wrap_socket(sock, server_side=True) as sock, sock.makefile("rb") as lines:
                sock.settimeout(10)
                while lines.readline():
                    if certificate == "foreign":
                        misled.append("a stranger was asked")
                    fields = {}
                    while line := lines.readline().strip():
                        name, _, value = line.decode().partition(":")
                        fields[name.lower()] = value.strip()
                    got = lines.read(int(fields.get("content-length", 0)))
                    told = "|".join(fields.get(f"x-client-cert-{name}", "") for name in ["fingerprint", "san"])
                    sock.sendall(
                        f"HTTP/1.1 200 OK\r\nX-Told: {told}\r\nContent-Length: {len(got)}\r\n\r\n".encode() + got)
        except OSError:
            pass

    def accept():
        while True:
            threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def made_context(version, certificate):
    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    context.minimum_version = context.maximum_version = version
    if certificate:
        context.load_cert_chain(f"{folder}/{certificate}.pem", f"{folder}/{certificate}.key")
    return context


contexts = {
    (version, certificate): made_context(getattr(ssl.TLSVersion, "TLSv" + version.replace(".", "_")), certificate)
    for version in ["1.2", "1.3"] for certificate in ["client", "intruder", "revoked", None]}


def ask(port, version, certificate, target, resumes):
    """Sends a request and reads to the end; what came of it, and whether the session was resumed."""
    answer, is_resumed = b"", False
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=8) as plain:
            session = sessions.get(version) if resumes else None
            with contexts[version, certificate].wrap_socket(plain, server_hostname="app.example", session=session) as sock:
                sock.sendall(
                    f"POST {target} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
                while piece := sock.recv(65536):
                    answer += piece
                is_resumed = sock.session_reused
                if certificate == "client":
                    sessions[version] = sock.session
    except TimeoutError:
        return "wrong: hangs", False
    except OSError:
        pass
    return answer, is_resumed


def judge(answer):
    if not isinstance(answer, bytes):
        return answer
    head, _, content = answer.partition(b"\r\n\r\n")
    if not head:
        return "ended"
    status = head.split()[1].decode()
    if status != "200":
        return f"refused {status}"
    told = [line[8:] for line in head.decode().split("\r\n") if line.lower().startswith("x-told: ")]
    if told != [f"sha256:{digest}|{names}"]:
        return f"wrong: told {told}"
    if content == body:
        return "served"
    # Cut short, and the client can tell by the length.
    return "ended" if body.startswith(content) else "wrong: other bytes"


def work(port, what):
    version, kind, *more = what.split()
    certificate = {"none": None, "intruder": "intruder", "revoked": "revoked"}.get(kind, "client")
    target = {"foreign": "/foreign", "resumed": "/resumed"}.get(kind, "/full")
    answer, is_resumed = ask(port, version, certificate, target, kind == "resumed")
    result = judge(answer)
    if misled:
        result = f"wrong: {misled}"
    if result == "served" and "surely" in more and is_resumed != (kind == "resumed"):
        result = "wrong: resumed" if is_resumed else "wrong: not resumed"
    return result


control = socket.create_server(("127.0.0.1", 0))
ports = {"resuming": listen("app", True), "full": listen("app", False), "foreign": listen("foreign", False)}
print(json.dumps(ports | {"control": control.getsockname()[1]}), flush=True)
while True:
    peer, _ = control.accept()
    for line in peer.makefile():
        number, _, what = line.strip().partition(" ")
        peer.sendall(work(int(number), what).encode() + b"\n")
