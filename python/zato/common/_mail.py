"""Messages that services send and receive by mail (reference service-api 3.6, connections 16)."""

from __future__ import annotations

from typing import Any

__all__ = ["IMAPMessage", "SMTPMessage"]


class SMTPMessage:
    """A message to send.

    Args:
        from_: Who sends it; the connection's own address if there is none.
        to: Who gets it, one address or a list of them.
        subject: Its subject.
        body: Its text.
        attachments: What to attach, dictionaries with `name` and `contents`; see `attach`.
        cc: Who else gets it.
        bcc: Who gets it without the others knowing.
        is_html: Whether the body is HTML.
        headers: More headers.
        charset: Encoding of the body.
        is_rfc2231: Whether names of attachments are encoded by RFC 2231.
    """

    def __init__(
        self,
        from_: str | None = None,
        to: str | list[str] | None = None,
        subject: str = "",
        body: str = "",
        attachments: list[dict[str, Any]] | None = None,
        cc: str | list[str] | None = None,
        bcc: str | list[str] | None = None,
        is_html: bool = False,
        headers: dict[str, str] | None = None,
        charset: str = "utf8",
        is_rfc2231: bool = True,
    ) -> None:
        self.from_ = from_
        self.to = to
        self.subject = subject
        self.body = body
        self.attachments: Any = attachments or []
        self.cc = cc
        self.bcc = bcc
        self.is_html = is_html
        self.headers: Any = headers or {}
        self.charset = charset
        self.is_rfc2231 = is_rfc2231

    def attach(self, name: str, contents: str | bytes) -> None:
        """Attaches a file by name and contents."""
        self.attachments.append({"name": name, "contents": contents})


class IMAPMessage:
    """A message that was received.

    Args:
        uid: Its number in the mailbox.
        conn: The connection it came from.
        data: What it says: `subject`, `body`, `sent_from` and so on.
    """

    def __init__(self, uid: str, conn: Any, data: Any) -> None:
        self.uid = uid
        self.conn = conn
        self.data = data

    def delete(self) -> None:
        """Deletes the message from the mailbox."""
        self.conn.delete(self.uid)

    def mark_seen(self) -> None:
        """Marks the message as read."""
        self.conn.mark_seen(self.uid)
