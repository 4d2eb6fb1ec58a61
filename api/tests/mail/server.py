"""The mail server of the tests: aiosmtpd on a loopback port, writing down what happens to it.

Its one argument is a JSON object: `port` (0 for a free one), `events` (the file that is written to), and perhaps `login`
([user, password]), `certificate` (a PEM file with certificate and key) and `tls` ("starttls" or "wrapped"). It says its port in one
line, and ends with its standard input, so that it never outlives whoever started it.

Some recipients are special: nobody@ is refused, later@ is to be tried again, spam@ is refused after its mail was read, crash@ ends
the server after its mail was written down and before that is answered, once per file of events.
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

SETUP = json.loads(sys.argv[1])


def note(**event):
    # In one piece: whoever kills this server leaves no half of a line.
    with open(SETUP["events"], "ab", buffering=0) as events:
        events.write((json.dumps(event) + "\n").encode())


def has_crashed():
    with open(SETUP["events"], encoding="utf-8") as events:
        return any(json.loads(line)["event"] == "crash" for line in events)


def is_encrypted(server):
    return server.transport.get_extra_info("sslcontext") is not None


class Handler:
    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        note(event="hello", name=hostname, tls=is_encrypted(server))
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if SETUP.get("login") and not session.authenticated:
            return "530 5.7.0 Authentication required"
        note(event="mail", sender=address)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return f"550 5.1.1 <{address}>: there is no such user"
        if address.startswith("later@"):
            return f"451 4.7.1 <{address}>: greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        recipient = envelope.rcpt_tos[0]
        if recipient.startswith("spam@"):
            return f"554 5.7.1 nothing like this for {recipient}"
        content = envelope.content.decode("utf-8")
        note(event="message", recipient=recipient, content=content, tls=is_encrypted(server))
        if recipient.startswith("crash@") and not has_crashed():
            note(event="crash")
            os._exit(1)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    login = SETUP["login"]
    given = isinstance(data, LoginPassword) and [data.login.decode(), data.password.decode()]
    note(event="login", accepted=given == login, tls=is_encrypted(server))
    return AuthResult(success=given == login, handled=False)


async def serve():
    open(SETUP["events"], "a", encoding="utf-8").close()
    loop = asyncio.get_running_loop()
    context = None
    if "certificate" in SETUP:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(SETUP["certificate"])
    starttls = context if SETUP.get("tls") == "starttls" else None

    def protocol():
        return SMTP(
            Handler(),
            hostname="mail.test",
            enable_SMTPUTF8=SETUP.get("utf8", False),
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=authenticate if SETUP.get("login") else None,
            auth_require_tls=False,
            loop=loop,
        )

    wrapped = context if SETUP.get("tls") == "wrapped" else None
    server = await loop.create_server(protocol, "127.0.0.1", SETUP["port"], ssl=wrapped)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(serve())
