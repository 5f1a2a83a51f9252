"""A client fetches a token from glewlwyd by the front door (RFC 6749 section 4.4) and opens the bridge with it."""

import requests

from gate import is_admitted, is_refused
from peer import equal, main, story


def token(options):
    response = requests.post(
        options.front_door + "/token", auth=(options.client, options.secret), verify=options.ca, timeout=20,
        data={"grant_type": "client_credentials", "scope": options.scope})
    equal(response.status_code, 200, "status of /token")
    return response.json()["access_token"]


@story
def access_token_is_admitted(options):
    is_admitted(options, token(options))


@story
def tampered_tokens_are_refused(options):
    header, payload, signature = token(options).split(".")
    is_refused(options, f"{header}.{payload[:-8]}AAAAAAAA.{signature}")
    swapped = "A" if signature[20] != "A" else "B"
    is_refused(options, f"{header}.{payload}.{signature[:20]}{swapped}{signature[21:]}")
    is_refused(options, f"{header}.{payload}.")


@story
def wrong_secret_is_the_providers_matter(options):
    """The provider's refusal comes back as it is."""
    response = requests.post(
        options.front_door + "/token", auth=(options.client, "wrong"), verify=options.ca, timeout=20,
        data={"grant_type": "client_credentials", "scope": options.scope})
    equal(response.status_code, 403, "status of /token")


if __name__ == "__main__":
    main()
