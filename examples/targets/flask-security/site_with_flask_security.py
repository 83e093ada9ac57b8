"""A Flask site with nothing on it but Flask-Security's JSON API and one page for those logged in.

    python site_with_flask_security.py PORT

Environment: DATABASE (a file), SMTP_PORT, DROPS_PAIRING (see the end).
"""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from flask import Flask, jsonify
from flask_mailman import Mail
from flask_security import Security, SQLAlchemyUserDatastore, auth_required, password_reset
from flask_security.models import fsqla_v3
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config.update(
    SECRET_KEY="for nobody's use",
    SQLALCHEMY_DATABASE_URI=f"sqlite:///{os.environ.get('DATABASE', ':memory:')}",
    WTF_CSRF_ENABLED=False,
    MAIL_SERVER="127.0.0.1",
    MAIL_PORT=int(os.environ.get("SMTP_PORT", "25")),
    MAIL_BACKEND="smtp" if "SMTP_PORT" in os.environ else "locmem",
    SECURITY_EMAIL_SENDER="shop@shop.example",
    SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
    # How passwords are kept is not judged, and the suite signs up hundreds of people.
    SECURITY_PASSWORD_HASH="plaintext",
    SECURITY_PASSWORD_SCHEMES=["plaintext"],
    SECURITY_PASSWORD_SINGLE_HASH=True,
    SECURITY_PASSWORD_SALT="for nobody's use",
    SECURITY_REGISTERABLE=True,
    SECURITY_SEND_REGISTER_EMAIL=False,
    SECURITY_RECOVERABLE=True,
    SECURITY_CHANGEABLE=True,
    SECURITY_TWO_FACTOR=True,
    SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
    SECURITY_TWO_FACTOR_SETUP_WITHIN="24 hours",
    SECURITY_TOTP_SECRETS={"1": "for nobody's use, but long enough"},
    SECURITY_TOTP_ISSUER="Shop",
)
db = SQLAlchemy(app)
fsqla_v3.FsModels.set_db_info(db)


class Role(db.Model, fsqla_v3.FsRoleMixin):
    """Flask-Security wants roles."""


class User(db.Model, fsqla_v3.FsUserMixin):
    """A user as Flask-Security has them."""


class WebAuthn(db.Model, fsqla_v3.FsWebAuthnMixin):
    """Flask-Security's users refer to it."""


Mail(app)
users = SQLAlchemyUserDatastore(db, User, Role, WebAuthn)
app.security = Security(app, users)


@app.get("/account")
@auth_required("session")
def account():
    return jsonify({})


if "DROPS_PAIRING" in os.environ:

    @password_reset.connect_via(app)
    def drop_pairing(_, user, **__):
        users.tf_reset(user)
        users.commit()


with app.app_context():
    db.create_all()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        """Say nothing of each request."""


if __name__ == "__main__":
    # One thread: with several, Python asks for the time whenever they take turns, and libfaketime reads a file for it.
    make_server("127.0.0.1", int(sys.argv[1]), app, handler_class=Quiet).serve_forever()
