"""Who is measured, in the order of the tables. One file for each, with its whole configuration."""

from .base import Peer, Setup
from .haproxy import HAProxy
from .hitch import Hitch
from .lighttpd import Lighttpd
from .nginx import Nginx
from .secure_proxy import SecureProxy
from .stunnel import Stunnel
from .v2ray import V2Ray
from .websocat import Websocat
from .websockify import DebianWebsockify, PyPIWebsockify

OURS = SecureProxy.name


def all_peers() -> list[Peer]:
    return [SecureProxy(), Nginx(), Hitch(), HAProxy(), Stunnel(), Lighttpd(), V2Ray(), Websocat(),
            DebianWebsockify(), PyPIWebsockify()]


__all__ = ["OURS", "Peer", "Setup", "all_peers"]
