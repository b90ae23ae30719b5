"""Photos at web addresses: fetched within limits, and never from a private network.

A table of a stranger may name any address, also one inside the network of whoever reads the table (server-side request
forgery). So a host is resolved here, each of its addresses is checked, and the connection goes to the very address that
was checked; after a redirect all of that is done again.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Timer
from time import monotonic
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import polars as pl

from modiste.catalogue.omissions import Omissions
from modiste.catalogue.pictures.folder import FolderPictures
from modiste.catalogue.pictures.store import MOST_BYTES
from modiste.errors import CatalogueError

__all__ = ["UrlPictures", "WithUrls", "is_public", "is_url"]

IpAddress = IPv4Address | IPv6Address

SCHEMES = {"http": 80, "https": 443}
"""What is fetched, with the usual ports."""

CHUNK = 2**16

LEAST_SECONDS = 0.001
"""No wait at all would mean one without end."""

NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses that carry one of IPv4 in their last 32 bits."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

HEADERS = {"User-Agent": "modiste", "Accept": "image/*", "Accept-Encoding": "identity", "Connection": "close"}

NOT_IN_A_URL = "%/:?#[]@!$&'()*+,;=~"
"""What `quote` leaves alone: whatever may stand in an address."""


def is_url(name: str) -> bool:
    """Whether a table's name of a photo is an address of the web."""
    return name.lstrip()[:8].lower().startswith(("http://", "https://"))


def is_public(address: IpAddress) -> bool:
    """Whether an address is of the public internet, also as seen through the ways that carry IPv4 inside IPv6."""
    inner = None
    if isinstance(address, IPv6Address):
        nat64 = IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
        teredo = address.teredo and address.teredo[1]
        inner = address.ipv4_mapped or address.sixtofour or nat64 or teredo
    return address.is_global and not address.is_multicast and (inner is None or is_public(inner))


@dataclass(frozen=True)
class UrlPictures:
    """Reads photos at web addresses; their names are the addresses.

    Attributes:
        seconds: What fetching one may take in all, redirects included.
        most_redirects: How often one photo may be somewhere else.
        may_connect: Which addresses may be connected to.
    """

    seconds: float = 30
    most_redirects: int = 5
    may_connect: Callable[[IpAddress], bool] = is_public

    def read(self, url: str, most: int = MOST_BYTES) -> bytes:
        """Returns the bytes of the photo at an address.

        Args:
            url: The address.
            most: A photo of more bytes is not read.

        Raises:
            CatalogueError: It is no address that may be fetched, nothing is there, or a limit is passed.
        """
        url, until, reason = url.strip(), monotonic() + self.seconds, ""
        try:
            data = self._followed(url, until, most)
        except CatalogueError as error:
            raise CatalogueError(f"cannot be fetched: {error.what}", where=url) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = str(error) or type(error).__name__
        # What has no length ends where the connection does, also when the timer breaks it off.
        if monotonic() >= until:
            reason = f"took more than {self.seconds:g} s"
        if reason:
            raise CatalogueError(f"cannot be fetched: {reason}", where=url)
        return data

    def _followed(self, url: str, until: float, most: int) -> bytes:
        for _ in range(self.most_redirects + 1):
            with self._asked(url, until) as answer:
                if answer.status not in REDIRECTS:
                    return _body(answer, most)
                url = urljoin(url, _as_ascii(answer.headers.get("Location", "")))
        raise CatalogueError(f"redirected more than {self.most_redirects} times")

    @contextmanager
    def _asked(self, url: str, until: float) -> Iterator[http.client.HTTPResponse]:
        """Asks for an address; gives the answer, of which the head was read."""
        parts = urlsplit(_as_ascii(url))
        port = parts.port or SCHEMES.get(parts.scheme)
        if port is None or not parts.hostname or parts.username is not None:
            raise CatalogueError("no http or https address of the form https://host/path")
        place = (self._checked(parts.hostname, port), port)
        left = max(LEAST_SECONDS, until - monotonic())
        with closing(_Connection(parts, place, left)) as connection:
            connection.connect()
            # Each wait has its limit, but a server that sends a byte a second would stay below it for ever.
            timer = Timer(left, connection.break_off)
            timer.start()
            try:
                target = parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()
                connection.request("GET", target, headers=HEADERS)
                with connection.getresponse() as answer:
                    yield answer
            finally:
                timer.cancel()

    def _checked(self, host: str, port: int) -> str:
        """Returns the address to connect to for a host, all of whose addresses may be connected to."""
        addresses = [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        for address in addresses:
            if not self.may_connect(ip_address(address.partition("%")[0])):
                raise CatalogueError(f"{host} is at the private address {address}")
        return addresses[0]


@dataclass(frozen=True)
class WithUrls:
    """The pictures of a folder, and those at web addresses: see `Pictures`.

    Attributes:
        folder: The folder.
        web: Fetches the others.
    """

    folder: FolderPictures
    web: UrlPictures

    @property
    def omissions(self) -> Omissions:
        """What the folder passed over."""
        return self.folder.omissions

    def names(self, tables: Collection[str] = ()) -> pl.Series:
        """Returns the names of the pictures in the folder."""
        return self.folder.names(tables)

    def found(self, references: pl.Series) -> pl.Series:
        """Returns the names that references mean; an address is its own name."""
        kept = [name if is_url(name) else None for name in references]
        return pl.select(pl.coalesce(pl.Series(kept, dtype=pl.String), self.folder.found(references))).to_series()

    def read(self, name: str, most: int = MOST_BYTES) -> bytes:
        """Returns one picture's bytes."""
        return self.web.read(name, most) if is_url(name) else self.folder.read(name, most)

    def stamp(self, name: str) -> str:
        """Returns a short text that changes when a file does; nobody asks the web."""
        return "on the web" if is_url(name) else self.folder.stamp(name)


def _body(answer: http.client.HTTPResponse, most: int) -> bytes:
    """Reads the bytes of an answer."""
    if answer.status != http.client.OK:
        raise CatalogueError(f"the server answers {answer.status} {answer.reason}".rstrip())
    length = answer.length or 0
    data = bytearray()
    while length <= most and (chunk := answer.read1(CHUNK)):
        data += chunk
        length = max(length, len(data))
    if length > most:
        raise CatalogueError(f"more than {most:,} bytes")
    if len(data) < length:
        raise CatalogueError(f"{len(data):,} of {length:,} bytes came")
    return bytes(data)


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, whatever the name would resolve to now.

    Args:
        parts: The address that is asked for.
        place: The address to connect to, and the port.
        seconds: The limit of each single wait.
    """

    def __init__(self, parts: SplitResult, place: tuple[str, int], seconds: float) -> None:
        super().__init__(parts.hostname or "", place[1], timeout=seconds)
        self._secure = parts.scheme == "https"
        self._place = place

    def connect(self) -> None:
        self.sock = socket.create_connection(self._place, self.timeout)
        if self._secure:
            self.sock = _tls().wrap_socket(self.sock, server_hostname=self.host)
        # The base class lets go of its own while an answer without a length is read.
        self._socket = self.sock

    def break_off(self) -> None:
        """Ends whatever the connection is waiting for."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


@cache
def _tls() -> ssl.SSLContext:
    """Checks certificates against those that the system trusts; reading these takes some 20 ms."""
    return ssl.create_default_context()


def _as_ascii(url: str) -> str:
    """Returns an address as it is sent: blanks and letters beyond ASCII of its path and query as %20 and the like."""
    parts = urlsplit(url)
    path, query = (quote(part, NOT_IN_A_URL) for part in (parts.path, parts.query))
    return parts._replace(path=path, query=query, fragment="").geturl()
