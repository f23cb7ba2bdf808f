"""How providers sign what they deliver, as their documentation says it: what the gateway has to tell from forgeries.

Written with nothing of the gateway's own, and with openssl for what Python's library cannot sign.
"""
import base64
import hashlib
import hmac
import json
import os
import subprocess
import time
import zlib
from urllib.parse import parse_qsl

HOST = "hooks.example.com"


class Keys:
    """Key pairs by openssl, in a folder; each is made on first use."""

    KINDS = {
        "ed25519": ["-algorithm", "ed25519"],
        "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    }

    def __init__(self, folder):
        self.folder = folder

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout

    def private(self, kind, which):
        path = os.path.join(self.folder, f"{kind}-{which}.pem")
        if not os.path.exists(path):
            self.openssl("genpkey", *self.KINDS[kind], "-out", path)
        return path

    def spki(self, kind, which="ours"):
        return self.openssl("pkey", "-in", self.private(kind, which), "-pubout", "-outform", "DER")

    def pem(self, kind, which="ours"):
        return self.openssl("pkey", "-in", self.private(kind, which), "-pubout").decode()

    def raw(self, kind, which="ours"):
        return self.spki(kind, which)[-32:]

    def certificate(self, which="ours"):
        path = os.path.join(self.folder, f"certificate-{which}.pem")
        if not os.path.exists(path):
            self.openssl("req", "-x509", "-key", self.private("rsa", which), "-days", "30", "-subj",
                         "/CN=messageverificationcerts.paypal.example", "-out", path)
        return path

    def sign(self, kind, which, message):
        path = os.path.join(self.folder, "message")
        with open(path, "wb") as file:
            file.write(message)
        key = self.private(kind, which)
        if kind == "ed25519":
            return self.openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", path)
        return self.openssl("dgst", "-sha256", "-sign", key, path)


def b64(data):
    return base64.b64encode(data).decode()


class Delivery:
    """A request that a provider sends, and what of it its signature covers."""

    def __init__(self, target, body, when, event):
        self.method = "POST"
        self.target = target
        self.body = body
        self.time = when
        self.id = event
        self.fields = [("Content-Type", "application/json")]
        # Where the parts that matter stand: names of fields.
        self.signature_field = self.time_field = self.id_field = None
        # As it stands in the field, or in the body.
        self.signature = ""
        # Ranges of the body in which every bit counts; all of it if there are none.
        self.spots = None
        self.covers_url = False
        # The id that the app is told.
        self.told = ""

    @property
    def url(self):
        return f"https://{HOST}{self.target}"

    def put(self, name, value, signature):
        self.fields.append((name, value))
        self.signature_field, self.signature = name, signature

    def put_time(self, name, value):
        self.fields.append((name, str(value)))
        self.time_field = name

    def put_id(self, name, is_signed=True):
        self.fields.append((name, self.id))
        self.told = self.id
        if is_signed:
            self.id_field = name


class Provider:
    """One entry of `webhooks`, and what its provider does."""

    # Seconds, if a timestamp is signed.
    tolerance = None

    def __init__(self, name, keys):
        self.name = name
        self.keys = keys

    def secret(self, which):
        digest = hashlib.sha256(f"{self.name} {which}".encode()).hexdigest()
        return f"s3cr3t-{digest[:40]}"

    def settings(self):
        """Of two secrets the second is the one in use."""
        return {"provider": self.name.split("_")[0],
                "secrets": [self.secret("former"), self.secret("ours")]}

    def mac(self, which, message, algorithm="sha256"):
        return hmac.new(self.secret(which).encode(), message, algorithm)

    def sample(self, event):
        return json.dumps({"id": event, "type": "thing.done", "data": {"text": "a+b é\r\n"}}).encode()

    def deliver(self, which, event, body, offset, target):
        delivery = Delivery(
            target or f"/hooks/{self.name}", self.sample(event) if body is None else body,
            int(time.time()) + offset, event)
        self.sign(which, delivery)
        return delivery


class OfBody(Provider):
    """A MAC over the body alone."""

    field, mark, algorithm, is_hex, id_field, told = "", "", "sha256", True, None, None

    def sign(self, which, d):
        mac = self.mac(which, d.body, self.algorithm)
        text = mac.hexdigest() if self.is_hex else b64(mac.digest())
        if self.id_field:
            d.put_id(self.id_field, is_signed=False)
        if self.told:
            d.told = d.id
        d.put(self.field, self.mark + text, text)


class OfTimeAndBody(Provider):
    """A MAC over a time and the body, each in a field of its own."""

    tolerance = 300
    start, between, field, mark, time_field, unit, told = "", "", "", "", "", 1, None

    def sign(self, which, d):
        when = d.time * self.unit
        text = self.mac(which, f"{self.start}{when}{self.between}".encode() + d.body).hexdigest()
        d.put_time(self.time_field, when)
        d.put(self.field, self.mark + text, text)
        if self.told:
            d.told = d.id


class Standard(Provider):
    tolerance = 300
    prefix = "webhook"

    def key(self, which):
        return hashlib.sha256(f"{self.name} {which}".encode()).digest()

    def secret(self, which):
        return "whsec_" + b64(self.key(which))

    def signed(self, d):
        return f"{d.id}.{d.time}.".encode() + d.body

    def sign(self, which, d):
        text = b64(hmac.new(self.key(which), self.signed(d), "sha256").digest())
        d.put_id(f"{self.prefix}-id")
        d.put_time(f"{self.prefix}-timestamp", d.time)
        # Versions that nobody knows, and of others' keys, are passed over.
        d.put(f"{self.prefix}-signature", f"v9,abc v1,{b64(bytes(32))} v1,{text}", text)


class StandardPublic(Standard):
    def settings(self):
        return {"provider": "standard", "secrets": [
            "whpk_" + b64(self.keys.raw("ed25519")), "whpk_" + b64(self.keys.raw("ed25519", "former"))]}

    def sign(self, which, d):
        text = b64(self.keys.sign("ed25519", which, self.signed(d)))
        d.put_id("webhook-id")
        d.put_time("webhook-timestamp", d.time)
        d.put("webhook-signature", f"v1a,{text}", text)


class Svix(Standard):
    prefix = "svix"


class Stripe(Provider):
    tolerance = 300

    def sign(self, which, d):
        text = self.mac(which, f"{d.time}.".encode() + d.body).hexdigest()
        d.put("Stripe-Signature", f"t={d.time},v1={'0' * 64},v1={text},v0={'1' * 64}", text)
        d.told = d.id


class GitHub(OfBody):
    field, mark, id_field = "X-Hub-Signature-256", "sha256=", "X-GitHub-Delivery"


class GitLabToken(Provider):
    def sign(self, which, d):
        d.put("X-Gitlab-Token", self.secret(which), self.secret(which))
        d.put_id("X-Gitlab-Event-UUID", is_signed=False)
        d.spots = []


class Slack(OfTimeAndBody):
    start, between, mark = "v0:", ":", "v0="
    field, time_field, told = "X-Slack-Signature", "X-Slack-Request-Timestamp", True

    def sample(self, event):
        return json.dumps({"type": "event_callback", "event_id": event, "n": 1}).encode()


class Twilio(Provider):
    def settings(self):
        return super().settings() | {"public_url": f"https://{HOST}"}

    def sample(self, event):
        return b"To=15556&From=%2B1555&Body=hello+there%21&MessageSid=" + event.encode()

    def text(self, d):
        pairs = sorted(set(parse_qsl(d.body.decode(), keep_blank_values=True)))
        d.fields = [("Content-Type", "application/x-www-form-urlencoded")]
        # The digits of an escape may be of either case.
        d.spots = [(0, 14), (17, 38), (41, len(d.body))]
        return d.url + "".join(name + value for name, value in pairs)

    def sign(self, which, d):
        text = b64(self.mac(which, self.text(d).encode(), "sha1").digest())
        d.put("X-Twilio-Signature", text, text)
        d.put_id("I-Twilio-Idempotency-Token", is_signed=False)
        d.covers_url = True


class TwilioJSON(Twilio):
    sample = Provider.sample

    def text(self, d):
        d.target += f"?a=b&bodySHA256={hashlib.sha256(d.body).hexdigest()}"
        return d.url


class Shopify(OfBody):
    field, is_hex, id_field = "X-Shopify-Hmac-SHA256", False, "X-Shopify-Webhook-Id"


class SendGrid(Provider):
    tolerance = 600

    def settings(self):
        return {"provider": "sendgrid", "secrets": [b64(self.keys.spki("p256"))]}

    def sample(self, event):
        return json.dumps([{"sg_event_id": event, "event": "open"}]).encode() + b"\r\n"

    def sign(self, which, d):
        text = b64(self.keys.sign("p256", which, str(d.time).encode() + d.body))
        d.put_time("X-Twilio-Email-Event-Webhook-Timestamp", d.time)
        d.put("X-Twilio-Email-Event-Webhook-Signature", text, text)


class Discord(Provider):
    tolerance = 300

    def settings(self):
        return {"provider": "discord", "secrets": [self.keys.raw("ed25519").hex()]}

    def sample(self, event):
        return json.dumps({"id": event, "type": 2}).encode()

    def sign(self, which, d):
        text = self.keys.sign("ed25519", which, str(d.time).encode() + d.body).hex()
        d.put_time("X-Signature-Timestamp", d.time)
        d.put("X-Signature-Ed25519", text, text)
        d.told = d.id


class Square(Provider):
    def settings(self):
        return super().settings() | {"public_url": f"https://{HOST}/registered?for=square"}

    def sample(self, event):
        return json.dumps({"event_id": event, "type": "payment.updated"}).encode()

    def sign(self, which, d):
        signed = f"https://{HOST}/registered?for=square".encode() + d.body
        text = b64(self.mac(which, signed).digest())
        d.put("x-square-hmacsha256-signature", text, text)
        d.told = d.id


class Paddle(Provider):
    tolerance = 5

    def settings(self):
        # Five seconds are few for a machine that is busy.
        return super().settings() | {"tolerance": "1min"}

    def sample(self, event):
        return json.dumps({"event_id": "evt", "notification_id": event}).encode()

    def sign(self, which, d):
        text = self.mac(which, f"{d.time}:".encode() + d.body).hexdigest()
        d.put("Paddle-Signature", f"ts={d.time};h1={text}", text)
        d.told = d.id


class Zoom(OfTimeAndBody):
    start, between, mark = "v0:", ":", "v0="
    field, time_field = "x-zm-signature", "x-zm-request-timestamp"


class Mailgun(Provider):
    tolerance = 900

    def sign(self, which, d):
        token = hashlib.sha256(d.id.encode()).hexdigest()[:50]
        text = self.mac(which, f"{d.time}{token}".encode()).hexdigest()
        d.body = json.dumps({
            "event-data": {"event": "opened"},
            "signature": {"token": token, "timestamp": str(d.time), "signature": text},
        }).encode()
        d.signature, d.told = text, token
        d.spots = [(at, at + len(part)) for part in (token, str(d.time), text)
                   if (at := d.body.find(part.encode())) > 0]


class Linear(OfBody):
    tolerance = 60
    field, id_field = "Linear-Signature", "Linear-Delivery"

    def sign(self, which, d):
        d.body = json.dumps({"action": "create", "webhookTimestamp": d.time * 1000, "of": d.id}).encode()
        super().sign(which, d)


class PayPal(Provider):
    tolerance = 300
    webhook = "8PT597110X687430LKGECATA"

    def settings(self):
        return {"provider": "paypal", "webhook_id": self.webhook, "cert_file": self.keys.certificate()}

    def sign(self, which, d):
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(d.time))
        text = b64(self.keys.sign("rsa", which, f"{d.id}|{when}|{self.webhook}|{zlib.crc32(d.body)}".encode()))
        d.put_id("PAYPAL-TRANSMISSION-ID")
        d.put_time("PAYPAL-TRANSMISSION-TIME", when)
        d.put("PAYPAL-TRANSMISSION-SIG", text, text)
        d.fields.append(("PAYPAL-AUTH-ALGO", "SHA256withRSA"))


class PayPalFetched(PayPal):
    """The same where nobody but the delivery says which certificate it is."""

    def settings(self):
        return {"provider": "paypal", "webhook_id": self.webhook}

    def sign(self, which, d):
        super().sign(which, d)
        d.fields.append(("PAYPAL-CERT-URL", "https://api.paypal.com/v1/notifications/certs/good"))


class Vercel(OfBody):
    field, algorithm, told = "x-vercel-signature", "sha1", True


class WooCommerce(OfBody):
    field, is_hex, id_field = "X-WC-Webhook-Signature", False, "X-WC-Webhook-Delivery-ID"


class Webflow(OfTimeAndBody):
    between, unit = ":", 1000
    field, time_field = "x-webflow-signature", "x-webflow-timestamp"


class Generic(Provider):
    """A MAC in hexadecimal, over a time and the body; and what each of the others has otherwise."""

    tolerance = 300
    description = {"algorithm": "hmac-sha256", "prefix": "sha256=", "signed": "{ts}.{body}",
                   "timestamp_header": "X-Time", "id": "json:id"}

    def settings(self):
        return {"provider": "generic", "header": "X-Signature",
                "secrets": [self.secret("former"), self.secret("ours")]} | self.description

    def sign(self, which, d):
        text = self.mac(which, f"{d.time}.".encode() + d.body).hexdigest()
        d.put_time("X-Time", d.time)
        d.put("X-Signature", f"sha256={text}", text)
        d.told = d.id


class GenericList(Generic):
    tolerance = None
    description = {"algorithm": "hmac-sha512", "encoding": "base64", "list_separator": ",", "id": "header:X-Id"}

    def sign(self, which, d):
        text = b64(self.mac(which, d.body, "sha512").digest())
        d.put("X-Signature", f"{b64(bytes(64))},{text}", text)
        d.put_id("X-Id", is_signed=False)


class GenericPairs(Generic):
    description = {"algorithm": "hmac-sha1", "encoding": "base64url", "pair_separator": "=",
                   "list_separator": ";", "prefix": "s", "timestamp_pair": "t",
                   "timestamp_unit": "ms", "signed": "{ts}{method}{body}"}

    def sign(self, which, d):
        mac = self.mac(which, f"{d.time * 1000}POST".encode() + d.body, "sha1").digest()
        text = base64.urlsafe_b64encode(mac).decode().rstrip("=")
        d.put("X-Signature", f"t={d.time * 1000};u=1;s={text}", text)


class GenericParts(Generic):
    """As HubSpot does it, with more."""

    tolerance = None
    description = {"algorithm": "hmac-sha256", "encoding": "base64", "public_url": f"https://{HOST}",
                   "signed": "{method}{url}{header:X-Kind}|{json:id}|{body}", "id": "json:id"}

    def sign(self, which, d):
        signed = f"POST{d.url}done|{d.id}|".encode() + d.body
        text = b64(self.mac(which, signed).digest())
        d.fields.append(("X-Kind", "done"))
        d.put("X-Signature", text, text)
        d.covers_url, d.told = True, d.id


class GenericToken(Generic):
    tolerance = None
    description = {"algorithm": "token", "prefix": "Token "}

    def sign(self, which, d):
        d.put("X-Signature", "Token " + self.secret(which), self.secret(which))
        d.spots = []


class GenericPublic(Generic):
    tolerance = None
    kind, description = "", {}

    def settings(self):
        return super().settings() | {"secrets": [self.keys.pem(self.kind)]}

    def sign(self, which, d):
        text = b64(self.keys.sign(self.kind, which, d.body))
        d.put("X-Signature", text, text)


class GenericEd25519(GenericPublic):
    kind = "ed25519"
    description = {"algorithm": "ed25519", "encoding": "base64"}


class GenericECDSA(GenericPublic):
    kind = "p256"
    description = {"algorithm": "ecdsa-p256", "encoding": "base64"}


class GenericRSA(GenericPublic):
    kind = "rsa"
    description = {"algorithm": "rsa-sha256", "encoding": "base64"}


TABLE = {
    "standard": Standard, "standard_public": StandardPublic, "svix": Svix, "stripe": Stripe, "github": GitHub,
    "gitlab": Standard, "gitlab_token": GitLabToken, "slack": Slack, "twilio": Twilio, "twilio_json": TwilioJSON,
    "shopify": Shopify, "sendgrid": SendGrid, "discord": Discord, "square": Square, "paddle": Paddle, "zoom": Zoom,
    "mailgun": Mailgun, "linear": Linear, "paypal": PayPal,
    "paypal_fetched": PayPalFetched, "vercel": Vercel, "woocommerce": WooCommerce,
    "webflow": Webflow, "generic": Generic, "generic_list": GenericList, "generic_pairs": GenericPairs,
    "generic_parts": GenericParts, "generic_token": GenericToken, "generic_ed25519": GenericEd25519,
    "generic_ecdsa": GenericECDSA, "generic_rsa": GenericRSA,
}
