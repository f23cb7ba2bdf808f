"""Makes deliveries as providers do, and forgeries of them, for whoever sends them.

deliveries.py FOLDER: prints its port; each line that comes is a question in JSON, each answer a line. Keys are made
in the folder. Ends when it is killed.
"""
import base64
import hmac
import json
import random
import socketserver
import sys

from providers import Keys, TABLE

PROVIDERS = {name: make(name, Keys(sys.argv[1])) for name, make in TABLE.items()}


def told(delivery, what="", reasons=()):
    """As an answer has it."""
    return {
        "what": what, "reasons": list(reasons), "method": delivery.method, "target": delivery.target,
        "fields": delivery.fields, "body": base64.b64encode(delivery.body).decode(),
        "told": delivery.told,
    }


class Forger:
    """Forgeries of a provider's deliveries, each with the reasons of which one must be logged; none: any will do."""

    def __init__(self, provider, seed):
        self.provider = provider
        self.dice = random.Random(seed)
        self.made = []
        self.number = 0

    def genuine(self, which="ours", offset=0):
        self.number += 1
        return self.provider.deliver(which, f"evt_forged_{self.number}", None, offset, None)

    def add(self, what, delivery, *reasons):
        self.made.append(told(delivery, what, reasons))

    def altered(self, what, change, *reasons):
        delivery = self.genuine()
        change(delivery)
        self.add(what, delivery, *reasons)

    def change_field(self, name, change):
        """Change takes a value and gives those that stand in its place."""
        def act(delivery):
            delivery.fields = [
                (other, value) for other, old in delivery.fields
                for value in (change(old) if other == name else [old])]
        return act

    def all(self):
        sample = self.genuine()
        self.signatures(sample)
        if sample.spots is None or sample.spots:
            self.bodies()
        if sample.time_field:
            self.times(sample.time_field)
        if self.provider.tolerance:
            for offset, reason in ((-4000, "timestamp_past"), (4000, "timestamp_future"), (-10**9, "timestamp_past")):
                self.add(f"signed {offset} s from now", self.genuine(offset=offset), reason)
        if sample.id_field:
            self.ids(sample.id_field)
        if sample.covers_url:
            def elsewhere(delivery):
                delivery.target += "&x" if "?" in delivery.target else "?x"
            self.altered("another URL", elsewhere, "signature_wrong")
        return self.made

    def signatures(self, sample):
        self.add("another secret", self.genuine("stranger"), "signature_wrong")
        name = sample.signature_field
        if name is None:
            return
        other = self.genuine("stranger")
        foreign = dict(other.fields)[name]
        self.altered("no signature", self.change_field(name, lambda _: []), "signature_missing")
        self.altered("an empty signature", self.change_field(name, lambda _: [""]))
        self.altered("the signature twice", self.change_field(name, lambda old: [old, old]), "signature_repeated")
        self.altered("a second one", self.change_field(name, lambda old: [old, foreign]), "signature_repeated")
        self.altered("a first one", self.change_field(name, lambda old: [foreign, old]), "signature_repeated")
        self.altered("of another delivery", self.change_field(name, lambda _: [foreign]))
        self.altered("junk", self.change_field(name, lambda _: [self.junk()]))
        for place in (0, 0.25, 0.5, 0.9):
            def turn(delivery):
                text = delivery.signature
                at = int(place * len(text))
                # Another digit of the same alphabet, whose bits are all of the signature's bytes.
                digit = "0" if text[at] != "0" else "1"
                forged = text[:at] + digit + text[at + 1:]
                self.change_field(name, lambda old: [old.replace(text, forged)])(delivery)
            self.altered(f"another digit at {place} of it", turn)
        for what, change in (("cut", lambda text: text[:-4]), ("longer", lambda text: text + "AAAA"),
                             ("doubled", lambda text: text + text), ("its half", lambda text: text[:len(text) // 2])):
            def act(delivery):
                text = delivery.signature
                self.change_field(name, lambda old: [old.replace(text, change(text))])(delivery)
            self.altered(f"the signature {what}", act)

    def junk(self):
        return "".join(self.dice.choice("abcxyz0189+/=,;.: _-") for _ in range(self.dice.randrange(1, 400))).strip() or "x"

    def bodies(self):
        for _ in range(24):
            def flip(delivery):
                start, end = self.dice.choice(delivery.spots or [(0, len(delivery.body))])
                at, bit = self.dice.randrange(start, end), self.dice.randrange(8)
                body = bytearray(delivery.body)
                body[at] ^= 1 << bit
                delivery.body = bytes(body)
            self.altered("a bit of the body", flip)
        if self.provider.name == "mailgun":
            return
        for what, change in (("longer by a zero", lambda body: body + b"\0"), ("longer by a space", lambda body: body + b" "),
                             ("shorter", lambda body: body[:-1]), ("empty", lambda body: b""),
                             ("twice", lambda body: body + body)):
            def act(delivery):
                delivery.body = change(delivery.body)
            self.altered(f"the body {what}", act)

    def times(self, name):
        self.altered("no time", self.change_field(name, lambda _: []), "timestamp_missing")
        self.altered("the time twice", self.change_field(name, lambda old: [old, old]), "timestamp_repeated")
        self.altered("another digit of the time", self.change_field(name, lambda old: [
            old[:12] + ("1" if old[12] != "1" else "0") + old[13:] if "T" in old
            else old[:-1] + ("1" if old[-1] != "1" else "2")]), "signature_wrong")
        for text in ("", "0", "-1", "1e9", "0x5f5e100", "99999999999999999999999", "now", "1700000000.5", "+1700000000"):
            self.altered(f"the time {text!r}", self.change_field(name, lambda _: [text]))

    def ids(self, name):
        self.altered("no id", self.change_field(name, lambda _: []), "id_missing")
        self.altered("the id twice", self.change_field(name, lambda old: [old, old]), "id_repeated")
        self.altered("another id", self.change_field(name, lambda old: [old + "1"]), "signature_wrong")
        self.altered("an id with the separator", self.change_field(name, lambda old: [old + ".1"]))


def answer(question):
    what = question["ask"]
    if what == "configuration":
        names = question.get("names") or list(PROVIDERS)
        return {"text": json.dumps({name: PROVIDERS[name].settings() for name in names}), "names": names}
    if what == "mac":
        which, name = question["which"], question.get("name")
        secret = PROVIDERS[name].secret(which) if name else which
        return hmac.new(secret.encode(), question["body"].encode(), "sha256").hexdigest()
    provider = PROVIDERS[question["name"]]
    if what == "forgeries":
        return Forger(provider, question["seed"]).all()
    body = question.get("body")
    body = None if body is None else base64.b64decode(body)
    return [told(provider.deliver(
        question.get("which") or "ours", event, body, question.get("offset") or 0, question.get("target")))
        for event in question["ids"]]


class Asked(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(json.dumps(answer(json.loads(line))).encode() + b"\n")


server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Asked)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
