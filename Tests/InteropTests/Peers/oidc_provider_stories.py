"""A user logs in at oidc-provider-mock through the proxy's front door, and opens the bridge with the token."""

import secrets
from urllib.parse import parse_qs, urlsplit

import requests

from gate import is_admitted, is_refused
from peer import announce, check, equal, main, story

CLIENT = "web-client"
REDIRECT = "http://localhost/callback"


def login(options, client=CLIENT):
    """The authorization code flow (RFC 6749 section 4.1); the token endpoint's answer."""
    state = secrets.token_hex(8)
    asked = requests.post(
        options.front_door + "/authorize",
        params={
            "response_type": "code", "client_id": client, "redirect_uri": REDIRECT, "scope": "openid email",
            "state": state,
        },
        data={"sub": "alice@example.org"}, allow_redirects=False, verify=options.ca, timeout=20)
    equal(asked.status_code, 302, "status of /authorize")
    answer = parse_qs(urlsplit(asked.headers["Location"]).query)
    equal(answer.get("state"), [state], "state")
    response = requests.post(
        options.front_door + "/token", auth=(client, "a secret"), verify=options.ca, timeout=20,
        data={"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": REDIRECT})
    equal(response.status_code, 200, "status of /token")
    return response.json()


@story
def id_token_is_admitted(options):
    token = login(options)["id_token"]
    is_admitted(options, token)
    announce(token=token)


@story
def opaque_access_token_is_refused(options):
    """This provider's access tokens are no JWTs; nothing about them can be checked here."""
    token = login(options)["access_token"]
    check(token.count(".") != 2, "it is a JWT after all")
    is_refused(options, token)


@story
def tampered_tokens_are_refused(options):
    token = login(options)["id_token"]
    header, payload, signature = token.split(".")
    other = login(options, "another-client")["id_token"].split(".")
    is_refused(options, f"{header}.{other[1]}.{signature}")
    middle = len(signature) // 2
    swapped = "A" if signature[middle] != "A" else "B"
    is_refused(options, f"{header}.{payload}.{signature[:middle]}{swapped}{signature[middle + 1:]}")
    is_refused(options, f"{header}.{payload}.")
    is_admitted(options, token)


@story
def other_audience_is_refused(options):
    is_refused(options, login(options, "another-client")["id_token"])


@story
def token_of_before_is_refused(options):
    """The provider was started anew and has another key: its new tokens are admitted, the old ones no longer."""
    is_admitted(options, login(options)["id_token"])
    is_refused(options, options.token)


@story
def configuration(options):
    response = requests.get(options.front_door + "/configuration", verify=options.ca, timeout=20)
    equal(response.status_code, 200, "status")
    equal(response.json()["issuer"], options.issuer, "issuer")


if __name__ == "__main__":
    main()
