"""What the benchmarks share: the proxies' configurations, an origin, processes on fixed CPUs, and their cost.

Needs nothing but Python's standard library, nginx, haproxy and, for loads, wrk. Everything listens on
127.0.0.1 and lives in one temporary folder.
"""
import base64
import hashlib
import hmac
import itertools
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
APUS = os.environ.get("APUS_BINARY", os.path.join(ROOT, ".build", "release", "apus"))


def free_port():
    """A port that nobody listens on, below those that the kernel gives to clients.

    Fixed ones would meet those of another run: apus shares a port with whoever else asks to share it.
    """
    while True:
        port = random.randrange(18000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


ORIGIN_PORT, PROXY_PORT = free_port(), free_port()
# The proxy has one CPU to itself; whoever makes it work has another.
PROXY_CPU, LOAD_CPU = 0, 1
TICK = os.sysconf("SC_CLK_TCK")
# Servers live where an ordinary user's PATH does not look.
os.environ["PATH"] += ":/usr/sbin:/sbin"

# What nginx and HAProxy set under the load "headers"; apus sets its preset "recommended", which is longer.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-site",
    "X-Permitted-Cross-Domain-Policies": "none",
}


class Folder:
    """A temporary folder with the origin's files, gone at the end."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="apus-bench-")
        os.chmod(self.path, 0o755)
        os.mkdir(self.file("www"))
        for name, size in (("64k", 64 << 10), ("1m", 1 << 20)):
            with open(self.file("www", name), "wb") as file:
                file.write(b"x" * size)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, *names):
        return os.path.join(self.path, *names)

    def write(self, name, text):
        with open(self.file(name), "w") as file:
            file.write(text)
        return self.file(name)


class Program:
    """A process of ours on one CPU, ended with the block it serves."""

    def __init__(self, command, cpu, log, environment=None):
        def settle():
            os.sched_setaffinity(0, {cpu})
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

        self.log = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                preexec_fn=settle, env=dict(os.environ, **(environment or {})))
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, patience=10):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def wait_for(self, port, patience=20):
        """Until it listens. Raises with the end of its log if it does not come up."""
        end = time.monotonic() + patience
        while time.monotonic() < end and self.process.poll() is None:
            try:
                # A connection that stays: one may be reset while sockets are still being set up.
                with socket.create_connection(("127.0.0.1", port), 0.3) as client:
                    client.recv(1)
            except TimeoutError:
                return self
            except OSError:
                pass
            time.sleep(0.02)
        self.stop()
        with open(self.log, errors="replace") as file:
            raise RuntimeError(f"{self.process.args[0]} does not listen on {port}:\n{file.read()[-2000:]}")

    def tree(self):
        """Its process id and those of all its descendants."""
        found, queue = [], [self.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children") as file:
                        queue += [int(child) for child in file.read().split()]
            except OSError:
                pass
        return found

    def cpu_seconds(self):
        """(all, user share of it): CPU time so far, to the nanosecond where the kernel tells it so."""
        total = user = system = 0.0
        for pid in self.tree():
            try:
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                user += int(fields[11]) / TICK
                system += int(fields[12]) / TICK
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                        total += int(file.read().split()[0]) / 1e9
            except OSError:
                pass
        return (total or user + system), user, system

    def memory_bytes(self):
        """{"pss", "rss", "anonymous"}: what the tree holds; shared pages count by share in the first."""
        sums = {"Pss": 0, "Rss": 0, "Anonymous": 0}
        for pid in self.tree():
            try:
                with open(f"/proc/{pid}/smaps_rollup") as file:
                    for line in file:
                        name = line.split(":")[0]
                        if name in sums:
                            sums[name] += int(line.split()[1]) << 10
            except OSError:
                pass
        return {name.lower(): value for name, value in sums.items()}

    def descriptor_count(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.tree())


def origin(folder):
    """The app behind every proxy: an nginx that answers from memory and from files."""
    config = folder.write("origin.conf", f"""
        {as_root()} worker_processes 1; daemon off; pid {folder.file("origin.pid")};
        error_log {folder.file("origin.err")} warn;
        events {{ worker_connections 20000; }}
        http {{
            access_log off; sendfile on; tcp_nodelay on;
            keepalive_requests 1000000000; keepalive_timeout 600s;
            server {{
                listen 127.0.0.1:{ORIGIN_PORT} backlog=8192;
                root {folder.file("www")};
                location = /hello {{ default_type text/plain; return 200 "Hello, World!"; }}
            }}
        }}""")
    command = ["nginx", "-c", config, "-e", folder.file("origin.err")]
    return Program(command, LOAD_CPU, folder.file("origin.log")).wait_for(ORIGIN_PORT)


def as_root():
    """nginx gives up root's rights unless told; it must read a folder of root's."""
    return "user root;" if os.geteuid() == 0 else ""


# Loads that begin as "headers" does: keys of the route, keys of the file, and what requests say beside the usual.
# "policies" has all of them on but auth, for the usual request; "judged" for one that each of them has something
# to do with, and "page" says the same to a gateway without. "key", "secret" and "token" are to auth what "page"
# is to "judged".
SECRET = "5ba4f3d0c28e17964b0f8e2d7a91c6354e8f7b2a"
POLICIES = """access: { deny: [192.0.2.0/24] }, cors: app, fetch_metadata: enforce,
    content_types: [application/json], strip_prefix: /api, cookies: harden, upstream_errors: replace,
    request_headers: { set: { X-Tenant: blue }, remove: [X-Debug] },
    response_headers: { set: { X-Served-By: apus }, remove: [X-Runtime] },"""
GLOBALS = """trusted_proxies: [127.0.0.0/8]
forwarded: { read: x_forwarded, write: on }
cors: { app: { origins: ["https://*.example.com"], methods: [PUT], headers: [Content-Type], credentials: on } }"""
PAGE = ("Origin: https://www.example.com\r\nSec-Fetch-Site: same-site\r\nCookie: session=1\r\n"
        "X-Forwarded-For: 203.0.113.7, 198.51.100.9\r\nX-Forwarded-Proto: https\r\n")
API_KEY = f"X-API-Key: {SECRET}\r\n"
BEARER = f"Authorization: Bearer {SECRET}\r\n"


def token(number=0):
    """The field with a token of HS256 that `SECRET` signs, each number another one."""
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    claims = json.dumps({"sub": f"user-{number}", "exp": 4102444800, "iat": 1700000000}).encode()
    signed = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(claims)
    code = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    return f"Authorization: Bearer {(signed + b'.' + encode(code)).decode()}\r\n"


DIGEST = hashlib.sha256(SECRET.encode()).hexdigest()
JWT = f'auth: {{ jwt: {{ secret: "{SECRET}", algorithms: [HS256] }} }},'
# More tokens than the gateway remembers.
TOKENS = [token(number) for number in range(4096)]
# Never reached: what it costs to have it looked at.
LIMITS = "rate_limits: {{ per_ip: {{ rate: 1000000/s, key: client_ip, headers: {} }} }}"
LIMITED = "rate_limits: [per_ip],"
STRIPE_SECRET = "whsec_of-nobody-whatsoever-0123456789"
WEBHOOKS = f'webhooks: {{ stripe: {{ provider: stripe, secrets: ["{STRIPE_SECRET}"], tolerance: 1d }} }}'
VARIANTS = {
    "post": ("", "", [""]), "webhook": ("webhook: stripe,", WEBHOOKS, [""]),
    "limited": (LIMITED, LIMITS.format("standard"), [""]), "limited_mute": (LIMITED, LIMITS.format("none"), [""]),
    "policies": (POLICIES, GLOBALS, [""]), "judged": (POLICIES, GLOBALS, [PAGE]), "page": ("", "", [PAGE]),
    "key": ("", "", [API_KEY]), "api_key": (f'auth: {{ api_keys: {{ ci: "sha256:{DIGEST}" }} }},', "", [API_KEY]),
    "secret": ("", "", [BEARER]), "bearer": (f'auth: {{ bearer: "{SECRET}" }},', "", [BEARER]),
    "token": ("", "", TOKENS), "jwt": (JWT, "", TOKENS[:1]), "jwt_new": (JWT, "", TOKENS),
}


def is_secure(load):
    return load.startswith("tls")


def certificate(folder):
    """The paths of a certificate, its key on P-256, and both in one file; made on first use."""
    cert, key, both = (folder.file(f"tls-{name}.pem") for name in ("cert", "key", "both"))
    if not os.path.exists(both):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
            check=True, capture_output=True)
        os.chmod(key, 0o600)
        with open(cert) as one, open(key) as other:
            folder.write("tls-both.pem", one.read() + other.read())
    return cert, key, both


def apus_config(folder, load, origin_port=ORIGIN_PORT, port=PROXY_PORT):
    """A configuration for a load; "routes10" and "routes1000" put so many routes before the one that takes,
    "cors" is "plain" for a page of another origin."""
    keys, globals, _ = VARIANTS.get(load, ("", "", []))
    has_policies = load == "headers" or load in VARIANTS
    decoys = int(load[6:]) - 1 if load.startswith("routes") else 0
    if load == "cors":
        keys, globals = "cors: app,", 'cors: { app: { origins: ["https://*.example.com"], credentials: on } }'
    routes = "".join(
        f"  - {{ name: r{n}, match: {{ host: h{n}.example.com, path: /section{n}/* }}, upstream: app }}\n"
        for n in range(decoys))
    tls = ""
    if is_secure(load):
        cert, key, _ = certificate(folder)
        tls = f', tls: {{ certificates: [ {{ cert: "{cert}", key: "{key}" }} ] }}'
    return folder.write(f"apus-{load}-{port}.yaml", f"""
environment: {"production" if has_policies else "development"}
server: {{ workers: 1, drain_timeout: 5s }}
listeners: {{ public: {{ bind: "127.0.0.1:{port}"{tls} }} }}
limits: {{ connections: 20000, body: none }}
timeouts: {{ idle: 600s }}
log: {{ level: {"info" if has_policies else "warn"}, access: {"on" if has_policies else "off"}, output: "{folder.file(f"apus-access-{port}.log")}" }}
security_headers: {"recommended" if has_policies else "none"}
{globals}
upstreams: {{ app: {{ servers: ["127.0.0.1:{origin_port}"], keepalive: {{ max: 512, idle: 600s }} }} }}
routes:
{routes}  - {{ name: app, match: {{ path: "/*" }}, {keys} upstream: app }}
""")


def apus(folder, load, origin_port=ORIGIN_PORT, port=PROXY_PORT):
    return [APUS, "run", "--config", apus_config(folder, load, origin_port, port)]


def relay(folder, load, port=PROXY_PORT):
    """The floor: parses nothing and sets nothing, whatever the load. See relay.c."""
    binary = folder.file("relay")
    if not os.path.exists(binary):
        compiler = shutil.which("cc") or "clang"
        source = os.path.join(ROOT, "Benchmarks", "relay.c")
        subprocess.run([compiler, "-O2", "-o", binary, source], check=True)
    return [binary, str(ORIGIN_PORT), str(port)]


def nginx(folder, load, port=PROXY_PORT):
    log, headers, request_id = "access_log off;", "", ""
    secure, tls = "", ""
    if is_secure(load):
        cert, key, _ = certificate(folder)
        secure = "ssl"
        tls = f"ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;"
    if load == "headers":
        fields = ",".join(f'"{name}":"${value}"' for name, value in {
            "time": "time_iso8601", "request_id": "request_id", "client_ip": "remote_addr",
            "method": "request_method", "host": "host", "path": "uri", "status": "status",
            "bytes_out": "body_bytes_sent", "duration": "request_time",
            "upstream_duration": "upstream_response_time", "user_agent": "http_user_agent"}.items())
        log = (f"log_format json escape=json '{{{fields}}}';"
               f" access_log {folder.file('nginx-access.log')} json buffer=64k flush=1s;")
        headers = " ".join(f'add_header {n} "{v}" always;' for n, v in SECURITY_HEADERS.items())
        headers += " add_header X-Request-ID $request_id always;"
        request_id = "proxy_set_header X-Request-ID $request_id;"
    config = folder.write("nginx.conf", f"""
        {as_root()} worker_processes 1; daemon off; pid {folder.file("nginx.pid")};
        error_log {folder.file("nginx.err")} warn;
        events {{ worker_connections 20000; }}
        http {{
            {log}
            sendfile on; tcp_nodelay on; client_max_body_size 0;
            keepalive_requests 1000000000; keepalive_timeout 600s;
            upstream app {{
                server 127.0.0.1:{ORIGIN_PORT};
                keepalive 512; keepalive_requests 1000000000; keepalive_timeout 600s;
            }}
            server {{
                listen 127.0.0.1:{port} {secure} backlog=8192;
                {tls}
                location / {{
                    {headers}
                    proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
                    proxy_set_header Host $host; {request_id}
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                    proxy_set_header X-Forwarded-Proto $scheme;
                }}
            }}
        }}""")
    return ["nginx", "-c", config, "-e", folder.file("nginx.err")]


def haproxy(folder, load, port=PROXY_PORT):
    sink, policies = "", ""
    secure = f"ssl crt {certificate(folder)[2]} alpn http/1.1" if is_secure(load) else ""
    if load == "headers":
        fields = ",".join(f'"{name}":"{value}"' for name, value in {
            "time": "%[date,ltime(%Y-%m-%dT%H:%M:%S)]", "request_id": "%ID", "client_ip": "%ci",
            "method": "%HM", "path": "%HPO", "status": "%ST", "bytes_out": "%B",
            "duration": "%Ta"}.items())
        sink = f"log {folder.file('log.sock')} len 4096 local0"
        rules = [f'http-response set-header {n} "{v}"' for n, v in SECURITY_HEADERS.items()]
        policies = "\n    ".join([
            "log global", "unique-id-format %[uuid()]", "unique-id-header X-Request-ID",
            f"log-format '{{{fields}}}'", *rules,
            "http-response set-header X-Request-ID %[unique-id]"])
    config = folder.write("haproxy.cfg", f"""
global
    maxconn 9000
    nbthread 1
    {sink}
defaults
    mode http
    option http-keep-alive
    http-reuse always
    timeout connect 5s
    timeout client 600s
    timeout server 600s
    timeout http-keep-alive 600s
frontend public
    bind 127.0.0.1:{port} backlog 8192 {secure}
    option forwardfor
    {policies}
    default_backend app
backend app
    server app 127.0.0.1:{ORIGIN_PORT} pool-max-conn 1000
""")
    return ["haproxy", "-db", "-f", config]


def external(command):
    """A proxy given as a shell command in which {config} is apus' configuration and {origin}, {port} ports."""
    def make(folder, load, port=PROXY_PORT):
        filled = command.format(
            config=apus_config(folder, load, port=port), origin=ORIGIN_PORT, port=port, load=load)
        return ["sh", "-c", "exec " + filled]
    return make


PROXIES = {"nginx": nginx, "haproxy": haproxy, "apus": apus, "relay": relay}

# Takes HAProxy's log lines, as a system's log daemon would; it does so beside the load, not on its CPU.
LOG_SINK = """
import socket, sys
sink = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sink.bind(sys.argv[1])
with open(sys.argv[2], "wb", 65536) as file:
    while True:
        file.write(sink.recv(8192))
"""


class Proxy(Program):
    """One of the proxies under a load's configuration, listening when the block begins."""

    def __init__(self, name, folder, load, maker=None, port=PROXY_PORT):
        self.sink, self.port = None, port
        if name == "haproxy" and load == "headers":
            path = folder.file("log.sock")
            if os.path.exists(path):
                os.unlink(path)
            self.sink = Program(
                [sys.executable, "-c", LOG_SINK, path, folder.file("haproxy-access.log")],
                LOAD_CPU, folder.file("sink.log"))
            while not os.path.exists(path):
                time.sleep(0.02)
        command = (maker or PROXIES[name])(folder, load, port=port)
        super().__init__(command, PROXY_CPU, folder.file(f"{name}.log"))
        try:
            self.wait_for(port)
        except RuntimeError:
            self.stop()
            raise

    def stop(self, patience=10):
        code = super().stop(patience)
        if self.sink:
            self.sink.stop()
        return code


def run_wrk(path, connections, seconds, headers=(), port=PROXY_PORT, scheme="http"):
    """One run of wrk on the load's CPU: {"requests", "rate", "p50", "p99" in µs, "bad", "errors"}."""
    command = ["taskset", "-c", str(LOAD_CPU), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for header in headers:
        command += ["-H", header]
    result = subprocess.run(
        [*command, f"{scheme}://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True)

    def find(pattern, default="0"):
        match = re.search(pattern, result.stdout)
        return match.group(1) if match else default

    def percentile(number):
        match = re.search(rf"\b{number}%\s+([\d.]+)(us|ms|s)\b", result.stdout)
        return float(match[1]) * {"us": 1, "ms": 1e3, "s": 1e6}[match[2]] if match else float("nan")

    return {
        "requests": int(find(r"(\d+) requests in")), "rate": float(find(r"Requests/sec:\s+([\d.]+)")),
        "p50": percentile(50), "p99": percentile(99),
        "bad": int(find(r"Non-2xx or 3xx responses: (\d+)")), "errors": find(r"Socket errors: (.*)", ""),
    }


class Driver:
    """One keep-alive client that sends a request when it has read the answer to the one before."""

    def __init__(self, port=PROXY_PORT, path="/hello", host="app.example.com", patience=60,
                 fields=("",), requests=None):
        self.socket = socket.create_connection(("127.0.0.1", port), patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = requests or itertools.cycle([(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: apus-benchmark\r\nAccept: */*\r\n"
            f"{more}\r\n"
        ).encode() for more in fields])
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, count=1):
        """Sends so many requests, one after the other. Raises unless each is answered 200."""
        for _ in range(count):
            self.socket.sendall(next(self.requests))
            self.read_response()

    def read_response(self):
        data = self.rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self.receive()
        if not data.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"not the answer expected: {data[:200]!r}")
        length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", data[:end]).group(1))
        while len(data) < end + 4 + length:
            data += self.receive()
        self.rest = data[end + 4 + length:]

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise RuntimeError("the proxy closed the connection")
        return data


class StripeEvents:
    """POSTs with an event of Stripe's of 4 KiB each, signed, no two of them the same."""

    BYTES = 4096

    def __init__(self):
        self.numbers = itertools.count()

    def make(self, count):
        now = str(int(time.time()))
        return [self.one(next(self.numbers), now) for _ in range(count)]

    def one(self, number, now):
        start = f'{{"id": "evt_{number:024}", "object": "event", "type": "invoice.paid", "data": {{"text": "'
        body = (start + "x" * (self.BYTES - len(start) - 3) + '"}}').encode()
        mac = hmac.new(STRIPE_SECRET.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        return (f"POST /hello HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: Stripe/1.0\r\nAccept: */*\r\n"
                f"Content-Type: application/json\r\nStripe-Signature: t={now},v1={mac}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body


class SmallOrigin:
    """An app within this process: every request of a connection gets the same short answer."""

    ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!"
    # Of requests that carry a cookie.
    COOKIE = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/; Secure\r\n" + ANSWER.split(b"\r\n", 1)[1]

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting = b""
        with connection:
            while data := connection.recv(65536):
                waiting += data
                while (end := waiting.find(b"\r\n\r\n")) >= 0:
                    head = waiting[:end]
                    answer = self.COOKIE if b"\r\nCookie: " in head else self.ANSWER
                    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
                    end += 4 + (int(length[1]) if length else 0)
                    if len(waiting) < end:
                        break
                    waiting = waiting[end:]
                    connection.sendall(answer)
