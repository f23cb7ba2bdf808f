"""Has a provider's own library verify what `apus sign` printed.

sdks.py PROVIDER SECRET URL BODY-FILE ARGUMENTS: the last as printed, arguments of curl. Exit code 1 if it refuses.
Needs, from PyPI: standardwebhooks stripe svix slack_sdk twilio.
"""
import importlib.metadata
import shlex
import sys
from urllib.parse import parse_qsl

provider, secret, url, path, printed = sys.argv[1:]
with open(path, "rb") as file:
    body = file.read()
words = shlex.split(printed)
fields = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")

if provider == "standard":
    from standardwebhooks import Webhook
    library = "standardwebhooks"
    Webhook(secret).verify(body, {name.lower(): value for name, value in fields.items()})
elif provider == "svix":
    from svix.webhooks import Webhook
    library = "svix"
    Webhook(secret).verify(body, {name.lower(): value for name, value in fields.items()})
elif provider == "stripe":
    import stripe
    library = "stripe"
    stripe.WebhookSignature.verify_header(body.decode(), fields["Stripe-Signature"], secret, 300)
elif provider == "slack":
    from slack_sdk.signature import SignatureVerifier
    library = "slack_sdk"
    if not SignatureVerifier(secret).is_valid_request(body, fields):
        sys.exit("refused")
elif provider == "twilio":
    from twilio.request_validator import RequestValidator
    library = "twilio"

    class Form(dict):
        """As web frameworks give it: names may have several values."""

        def getlist(self, name):
            return self[name]

    form = Form()
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        form.setdefault(name, []).append(value)
    if not RequestValidator(secret).validate(url, form, fields["X-Twilio-Signature"]):
        sys.exit("refused")
else:
    sys.exit(f"no library for {provider}")
print(f"{provider}: accepted by {library} {importlib.metadata.version(library)}")
