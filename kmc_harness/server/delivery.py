"""Mail that really goes out: each of the model's mails to an SMTP server, in the order in which they were sent."""

import queue
import smtplib
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate

from kmc_harness.port import Mail

__all__ = ["Delivery"]

SENDER = "kmc@kmc.example"
WITHIN_S = 10
QUICK_S = 1


class Delivery:
    """A thread of its own, so that nobody waits long for a mail server; what cannot be delivered is told and left."""

    def __init__(self, host: str, port: int, say: Callable[[str], None]) -> None:
        self._host, self._port, self._say = host, port, say
        self._waiting: queue.Queue[tuple[Mail | None, threading.Event]] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="mail", daemon=True)
        self._thread.start()

    def send(self, mail: Mail) -> None:
        """Have `mail` sent; where that is quick it is delivered on return, so that whoever acted finds it."""
        self._put(mail).wait(QUICK_S)

    def waiting(self) -> int:
        """Return how many mails are not delivered yet."""
        return self._waiting.unfinished_tasks

    def close(self) -> None:
        """Send what is waiting, as far as that is quick."""
        self._put(None)
        self._thread.join(WITHIN_S)

    def _put(self, mail: Mail | None) -> threading.Event:
        done = threading.Event()
        self._waiting.put((mail, done))
        return done

    def _work(self) -> None:
        while True:
            mail, done = self._waiting.get()
            if mail is None:
                return
            try:
                self._deliver(mail)
            except (OSError, smtplib.SMTPException, ValueError) as error:
                self._say(f"a mail was not delivered to {self._host}:{self._port}: {type(error).__name__}")
            self._waiting.task_done()
            done.set()

    def _deliver(self, mail: Mail) -> None:
        message = EmailMessage()
        message["To"], message["From"], message["Subject"] = mail.recipient, SENDER, mail.subject
        message["Date"] = formatdate(mail.sent_at)
        message.set_content(mail.text)
        with smtplib.SMTP(self._host, self._port, timeout=WITHIN_S) as smtp:
            smtp.send_message(message)
