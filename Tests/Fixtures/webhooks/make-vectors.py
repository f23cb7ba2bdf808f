#!/usr/bin/env python3
"""Makes vectors.json: deliveries as providers' own libraries sign them, or accept them.

    pip install stripe twilio svix standardwebhooks slack_sdk sendgrid discord-interactions squareup \\
        paddle-python-sdk cryptography

Private keys are thrown away: who runs this gets new ones, and commits the whole file.
A delivery: what the webhook is set up with, when it came, the request, and what is signed of it: `covers`
names headers (their whole values), `body`, `target`, `host`; texts of the body stand in `bodyTexts`.
"""
import base64, datetime, hashlib, hmac, json, pathlib, zlib
from importlib.metadata import version
from types import SimpleNamespace
from unittest import mock
from urllib.parse import parse_qsl

import slack_sdk.signature, standardwebhooks, stripe, svix, twilio.request_validator
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

NOW = 1767225600
vectors = []


def add(name, provider, secrets, headers, body, *, covers, by, method="POST", target="/hooks", host="api.example.com",
        expect="verified", id=None, replay=None, answer=None, bodyTexts=(), **settings):
    body = body.encode() if isinstance(body, str) else body
    vectors.append({
        "name": name, "provider": provider, "secrets": secrets, "settings": settings, "now": NOW, "method": method,
        "target": target, "host": host, "headers": [[n, v] for n, v in headers.items()],
        "body": base64.b64encode(body).decode(), "covers": covers, "bodyTexts": list(bodyTexts), "expect": expect,
        "id": id or "", "replay": replay or "", "answer": answer or "",
        "by": ", ".join(f"{p} {version(p)}" for p in by) if by else "by hand, after the documentation",
    })


def mac(key, message, digest="sha256"):
    key, message = (t.encode() if isinstance(t, str) else t for t in (key, message))
    return hmac.new(key, message, digest)


def b64(data):
    return base64.b64encode(data).decode()


def text(value):
    return json.dumps(value, separators=(",", ":"))


class Then(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(NOW, tz)


def digest(message):
    return "d:" + hashlib.sha256(message if isinstance(message, bytes) else message.encode()).hexdigest()


# Standard Webhooks and Svix -------------------------------------------------------------------------------------
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
then = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)
body = '{"test": 2432232314}'
for provider, library, prefix in [("standard", standardwebhooks, "webhook"), ("svix", svix, "svix"), ("svix", svix, "webhook")]:
    signer = library.Webhook(secret)
    signature = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", then, body)
    headers = {f"{prefix}-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", f"{prefix}-timestamp": str(NOW),
               f"{prefix}-signature": signature}
    with mock.patch("standardwebhooks.webhooks.datetime", Then):
        signer.verify(body, headers)
    add(f"{provider} by {prefix} fields", provider, [secret], headers, body, covers=list(headers) + ["body"],
        by=[library.__name__], id=headers[f"{prefix}-id"], replay="i:" + headers[f"{prefix}-id"])
# The example of the specification.
assert standardwebhooks.Webhook(secret).sign(
    "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.datetime.fromtimestamp(1614265330, datetime.timezone.utc), body
) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
key = ed25519.Ed25519PrivateKey.generate()
public = "whpk_" + b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
signature = b64(key.sign(f"msg_1.{NOW}.{body}".encode()))
add("standard with v1a", "standard", [public],
    {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": f"v1a,{signature}"}, body,
    covers=["webhook-id", "webhook-timestamp", "webhook-signature", "body"], by=["cryptography"], id="msg_1",
    replay="i:msg_1")
good = standardwebhooks.Webhook(secret).sign("msg_2", then, body)
add("standard while secrets rotate", "standard", ["whsec_" + b64(b"n" * 24), secret],
    {"webhook-id": "msg_2", "webhook-timestamp": str(NOW),
     "webhook-signature": f"v1,{b64(b'o' * 32)} v1a,{b64(b'p' * 64)} v2,new {good}"}, body,
    covers=["webhook-id", "webhook-timestamp", "body"], by=["standardwebhooks"], id="msg_2", replay="i:msg_2")

# Stripe ---------------------------------------------------------------------------------------------------------
secret = "whsec_4f8c1d2e3b5a69788796a5b4c3d2e1f0"
body = text({"id": "evt_1Nx", "object": "event", "type": "invoice.paid", "data": {"object": {"id": "in_1"}}})
signature = stripe.WebhookSignature._compute_signature(f"{NOW}.{body}", secret)
headers = {"Stripe-Signature": f"t={NOW},v1={signature}"}
stripe.WebhookSignature.verify_header(body, headers["Stripe-Signature"], secret)
add("stripe", "stripe", [secret], headers, body, covers=["Stripe-Signature", "body"], by=["stripe"], id="evt_1Nx",
    replay="i:evt_1Nx")
headers = {"Stripe-Signature": f"t={NOW},v0={'0' * 64},v1={'1' * 64},v1={signature}"}
stripe.WebhookSignature.verify_header(body, headers["Stripe-Signature"], secret)
add("stripe while secrets rotate", "stripe", [secret], headers, body, covers=["body"], by=["stripe"], id="evt_1Nx",
    replay="i:evt_1Nx")

# GitHub, GitLab -------------------------------------------------------------------------------------------------
signature = "sha256=" + mac("It's a Secret to Everybody", "Hello, World!").hexdigest()
assert signature == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
add("github's example", "github", ["It's a Secret to Everybody"],
    {"X-Hub-Signature-256": signature, "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}, "Hello, World!",
    covers=["X-Hub-Signature-256", "body"], by=[], id="72d3162e-cc78-11e3-81ab-4c9367dc0958",
    replay=digest("Hello, World!"))
body = text({"object_kind": "push", "ref": "refs/heads/main"})
secret = "whsec_" + b64(b"gitlab signing token, 32 bytes..")
signature = standardwebhooks.Webhook(secret).sign("0e7a", then, body)
add("gitlab with a signing token", "gitlab", [secret],
    {"X-Gitlab-Token": "also sent", "webhook-id": "0e7a", "webhook-timestamp": str(NOW), "webhook-signature": signature},
    body, covers=["webhook-id", "webhook-timestamp", "webhook-signature", "body"], by=["standardwebhooks"], id="0e7a",
    replay="i:0e7a")
add("gitlab with a secret token", "gitlab", ["a token of sixteen"],
    {"X-Gitlab-Token": "a token of sixteen", "X-Gitlab-Event-UUID": "13792a34-cac6"}, body, covers=["X-Gitlab-Token"],
    by=[], id="13792a34-cac6", replay=digest(body))

# Slack ----------------------------------------------------------------------------------------------------------
secret = "8f742231b10e8888abcd99yyyzzz85a5"


def slack(name, body, **more):
    clock = SimpleNamespace(now=lambda: NOW)
    verifier = slack_sdk.signature.SignatureVerifier(secret, clock)
    headers = {"X-Slack-Request-Timestamp": str(NOW),
               "X-Slack-Signature": verifier.generate_signature(timestamp=str(NOW), body=body)}
    assert verifier.is_valid(body, str(NOW), headers["X-Slack-Signature"])
    add(name, "slack", [secret], headers, body, covers=list(headers) + ["body"], by=["slack_sdk"], **more)


body = text({"token": "x", "event": {"type": "message"}, "type": "event_callback", "event_id": "Ev123"})
slack("slack", body, id="Ev123", replay="i:Ev123")
slack("slack's slash command", "token=x&command=%2Fweather&text=94070", replay=digest(
    f"v0:{NOW}:token=x&command=%2Fweather&text=94070"))
slack("slack's handshake", text({"token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
                                 "type": "url_verification"}),
      expect="handshake", answer="3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P")

# Twilio ---------------------------------------------------------------------------------------------------------
token = "12345678901234567890123456789012"
validator = twilio.request_validator.RequestValidator(token)
form = {"Content-Type": "application/x-www-form-urlencoded"}
FORM = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=&To=%2B18005551212&Body=a+b%26c%c3%a9"


class Form(dict):
    """Names with several values, as frameworks have it."""
    def getall(self, name):
        return self[name]


def twilio_form(name, body, *, signed=None, seen=None, replay=None, **more):
    url = signed or "https://api.example.com/sms?foo=1&bar=2"
    params = Form()
    for key, value in parse_qsl(body, keep_blank_values=True):
        params.setdefault(key, []).append(value)
    signature = validator.compute_signature(url, params)
    assert validator.validate(seen or url, params, signature)
    add(name, "twilio", [token], {**form, "I-Twilio-Idempotency-Token": "tok-1", "X-Twilio-Signature": signature}, body,
        target="/sms?foo=1&bar=2", covers=["X-Twilio-Signature", "target"], by=["twilio"], id="tok-1", **more)


PUBLIC = {"publicURL": "https://api.example.com"}
twilio_form("twilio's form", FORM, **PUBLIC)
twilio_form("twilio's form in another order and coding",
            "To=%2b18005551212&Digits=1234&From&Caller=%2B14158675309&CallSid=CA12%334567890ABCDE&Body=a%20b%26c%C3%A9", **PUBLIC)
twilio_form("twilio's form with repeated values", "b=2&a=1&b=1&b=2&MessageSid=SM1&a=1&aa=3", **PUBLIC)
twilio_form("twilio with the default port signed", FORM, signed="https://api.example.com:443/sms?foo=1&bar=2",
            seen="https://api.example.com/sms?foo=1&bar=2", **PUBLIC)
twilio_form("twilio without the port that is configured", FORM, signed="https://api.example.com/sms?foo=1&bar=2",
            seen="https://api.example.com:8443/sms?foo=1&bar=2", publicURL="https://api.example.com:8443/")
twilio_form("twilio behind nothing, by the request's own host", FORM, signed="http://api.example.com/sms?foo=1&bar=2")
url = "https://api.example.com/json?x=1"
body = text({"MessageSid": "SM2", "Status": "sent"})
signed = f"{url}&bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
signature = validator.compute_signature(signed, {})
assert validator.validate(signed, body, signature)
add("twilio's JSON", "twilio", [token], {"Content-Type": "application/json", "X-Twilio-Signature": signature}, body,
    target=signed.removeprefix("https://api.example.com"), covers=["X-Twilio-Signature", "target", "body"],
    by=["twilio"], replay=digest(signed), **PUBLIC)
url = "https://api.example.com/voice?CallSid=CA1"
add("twilio's GET", "twilio", [token], {"X-Twilio-Signature": validator.compute_signature(url, {})}, "", method="GET",
    target="/voice?CallSid=CA1", covers=["X-Twilio-Signature", "target"], by=["twilio"], replay=digest(url), **PUBLIC)

# SendGrid, Discord ----------------------------------------------------------------------------------------------
from discord_interactions import verify_key
from sendgrid.helpers.eventwebhook import EventWebhook

key = ec.generate_private_key(ec.SECP256R1())
public = b64(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
body = text([{"email": "a@example.com", "event": "delivered", "sg_event_id": "x"}]) + "\r\n"
signature = b64(key.sign(f"{NOW}{body}".encode(), ec.ECDSA(hashes.SHA256())))
webhook = EventWebhook(public)
assert webhook.verify_signature(body, signature, str(NOW))
prefix = "X-Twilio-Email-Event-Webhook-"
add("sendgrid", "sendgrid", [public], {prefix + "Signature": signature, prefix + "Timestamp": str(NOW)}, body,
    covers=[prefix + "Signature", prefix + "Timestamp", "body"], by=["sendgrid", "cryptography"],
    replay=digest(f"{NOW}{body}"))

key = ed25519.Ed25519PrivateKey.generate()
public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
for name, body, more in [
    ("discord", text({"id": "1084565930467586149", "type": 2, "data": {"name": "a"}}),
     {"id": "1084565930467586149", "replay": "i:1084565930467586149"}),
    ("discord's handshake", text({"id": "1", "type": 1}), {"expect": "handshake", "answer": '{"type":1}'}),
]:
    signature = key.sign(f"{NOW}{body}".encode()).hex()
    assert verify_key(body.encode(), signature, str(NOW), public)
    add(name, "discord", [public], {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": str(NOW)}, body,
        covers=["X-Signature-Ed25519", "X-Signature-Timestamp", "body"], by=["discord-interactions", "cryptography"], **more)

# Shops and money ------------------------------------------------------------------------------------------------
from square.utils.webhooks_helper import verify_signature
from paddle_billing.Notifications import Secret as PaddleSecret, Verifier as PaddleVerifier

body = text({"id": 820982911946154508, "email": "jon@example.com"})
add("shopify", "shopify", ["shpss_0123456789abcdef"],
    {"X-Shopify-Hmac-SHA256": b64(mac("shpss_0123456789abcdef", body).digest()), "X-Shopify-Webhook-Id": "b54557e4"}, body,
    covers=["X-Shopify-Hmac-SHA256", "body"], by=[], id="b54557e4", replay=digest(body))

url = "https://example.com/webhook"
body = text({"merchant_id": "MLEFBHHSJGVHD", "type": "inventory.count.updated", "event_id": "df5f3813-a913"})
signature = b64(mac("asdf1234asdf1234", url + body).digest())
assert verify_signature(request_body=body, signature_header=signature, signature_key="asdf1234asdf1234",
                        notification_url=url)
for name, more in [("square by the URL as registered", {"publicURL": url, "target": "/elsewhere", "covers": []}),
                   ("square by the request's path", {"publicURL": "https://example.com", "target": "/webhook",
                                                     "covers": ["target"]})]:
    more["covers"] += ["x-square-hmacsha256-signature", "body"]
    add(name, "square", ["asdf1234asdf1234"], {"x-square-hmacsha256-signature": signature}, body,
        by=["squareup"], id="df5f3813-a913", replay="i:df5f3813-a913", **more)

body = text({"event_id": "evt_01", "event_type": "transaction.paid", "notification_id": "ntf_01"})
secret = "pdl_ntfset_01abcdefghijklmnop"
signature = mac(secret, f"{NOW}:{body}").hexdigest()
headers = {"Paddle-Signature": f"ts={NOW};h1={signature}"}
request = SimpleNamespace(body=body.encode(), headers=headers)
with mock.patch("paddle_billing.Notifications.Verifier.time", lambda: NOW):
    assert PaddleVerifier().verify(request, PaddleSecret(secret))
add("paddle", "paddle", [secret], headers, body, covers=["Paddle-Signature", "body"], by=["paddle-python-sdk"], id="ntf_01",
    replay="i:ntf_01")
add("paddle while secrets rotate", "paddle", [secret], {"Paddle-Signature": f"ts={NOW};h1={signature};h1={'0' * 64}"}, body,
    covers=["body"], by=[], id="ntf_01", replay="i:ntf_01")

key = rsa.generate_private_key(65537, 2048)
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "messageverificationcerts.example.com")])
certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
               .serial_number(1).not_valid_before(datetime.datetime(2025, 1, 1))
               .not_valid_after(datetime.datetime(2035, 1, 1)).sign(key, hashes.SHA256()))
body = text({"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED"})
date = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
transmission = "103e3700-8b0c-11e6-8695-6b62a8a99ac4"
message = f"{transmission}|{date}|1JE4291016473214C|{zlib.crc32(body.encode())}"
add("paypal", "paypal", [certificate.public_bytes(Encoding.PEM).decode()],
    {"PAYPAL-TRANSMISSION-ID": transmission, "PAYPAL-TRANSMISSION-TIME": date, "PAYPAL-AUTH-ALGO": "SHA256withRSA",
     "PAYPAL-TRANSMISSION-SIG": b64(key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256()))}, body,
    covers=["PAYPAL-TRANSMISSION-ID", "PAYPAL-TRANSMISSION-TIME", "PAYPAL-TRANSMISSION-SIG", "body"], by=["cryptography"],
    id=transmission, replay="i:" + transmission, webhookID="1JE4291016473214C")

body = text({"id": 1, "status": "processing"})
add("woocommerce", "woocommerce", ["woo secret woo secret"],
    {"X-WC-Webhook-Signature": b64(mac("woo secret woo secret", body).digest()), "X-WC-Webhook-Delivery-ID": "42"}, body,
    covers=["X-WC-Webhook-Signature", "body"], by=[], id="42", replay=digest(body))

# Work -----------------------------------------------------------------------------------------------------------
secret = "lin_wh_0123456789abcdef"
body = text({"action": "create", "data": {"webhookTimestamp": 1}, "webhookTimestamp": NOW * 1000 + 250})
add("linear", "linear", [secret], {"Linear-Signature": mac(secret, body).hexdigest(), "Linear-Delivery": "234d1a4e"}, body,
    covers=["Linear-Signature", "body"], by=[], id="234d1a4e", replay=digest(body))
body = text({"id": "uev_1", "type": "deployment.created"})
add("vercel", "vercel", ["vercel secret 0123"], {"x-vercel-signature": mac("vercel secret 0123", body, "sha1").hexdigest()},
    body, covers=["x-vercel-signature", "body"], by=[], id="uev_1", replay=digest(body))
body = text({"triggerType": "form_submission", "payload": {"name": "a"}})
add("webflow", "webflow", ["webflow secret 012"],
    {"x-webflow-timestamp": str(NOW * 1000 - 5),
     "x-webflow-signature": mac("webflow secret 012", f"{NOW * 1000 - 5}:{body}").hexdigest()}, body,
    covers=["x-webflow-timestamp", "x-webflow-signature", "body"], by=[], replay=digest(f"{NOW * 1000 - 5}:{body}"))

# Messages -------------------------------------------------------------------------------------------------------
secret = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"
token = "50b8b3e1f2a74c6f9a2d6f6b8c8a0f5b5d4f0f6f1c9a7e3b2d"
signature = mac(secret, f"{NOW}{token}").hexdigest()
body = json.dumps({"signature": {"token": token, "timestamp": str(NOW), "signature": signature},
                   "event-data": {"event": "opened", "id": "Ase7i2zsRYeDXztHGENqRA"}}, indent=1)
add("mailgun", "mailgun", [secret], {}, body, covers=[], bodyTexts=[token, str(NOW), signature], by=[], id=token,
    replay="i:" + token)
secret = "zoom secret token 0"
for name, body, more in [
    ("zoom", text({"event": "meeting.started", "payload": {}}), {}),
    ("zoom's handshake", text({"payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}, "event": "endpoint.url_validation"}),
     {"expect": "handshake", "answer": text({"plainToken": "qgg8vlvZRS6UYooatFL8Aw",
                                             "encryptedToken": mac(secret, "qgg8vlvZRS6UYooatFL8Aw").hexdigest()})}),
]:
    message = f"v0:{NOW}:{body}"
    add(name, "zoom", [secret],
        {"x-zm-request-timestamp": str(NOW), "x-zm-signature": "v0=" + mac(secret, message).hexdigest()}, body,
        covers=["x-zm-request-timestamp", "x-zm-signature", "body"], by=[],
        replay=digest(message) if not more else "", **more)

(pathlib.Path(__file__).parent / "vectors.json").write_text(json.dumps(vectors, indent=1) + "\n")
print(len(vectors), "vectors of", len({v["provider"] for v in vectors}), "providers")
