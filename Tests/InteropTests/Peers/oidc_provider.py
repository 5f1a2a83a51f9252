"""PyPI's oidc-provider-mock as a server of its own: `python oidc_provider.py PORT`, 0 for one of the kernel's choice.

Says its port on one line. Each start makes a new key, whose identifier its tokens do not name. It ends with the test
that started it.
"""

import logging
import sys

import oidc_provider_mock

from peer import announce, parent_gone

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with oidc_provider_mock.run_server_in_thread(port=int(sys.argv[1])) as server:
        announce(port=server.server_port)
        parent_gone()
