"""A Django site with nothing on it but django-allauth's headless API.

    python site_with_allauth.py PORT

Environment: DATABASE (a file), SMTP_PORT, TOLERANCE (MFA_TOTP_TOLERANCE), DROPS_PAIRING (see the end).
"""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

settings.configure(
    SECRET_KEY="for nobody's use",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DATABASE", ":memory:")}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    # How passwords are kept is not judged, and the suite signs up hundreds of people.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=int(os.environ.get("SMTP_PORT", "25")),
    EMAIL_BACKEND="django.core.mail.backends." + ("smtp" if "SMTP_PORT" in os.environ else "locmem") + ".EmailBackend",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "allauth",
        "allauth.account",
        "allauth.mfa",
        "allauth.headless",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    HEADLESS_ONLY=True,
    HEADLESS_CLIENTS=("app",),
    HEADLESS_FRONTEND_URLS={
        "account_reset_password_from_key": "https://shop.example/reset/{key}",
        "account_signup": "https://shop.example/signup",
    },
    ACCOUNT_LOGIN_METHODS={"email"},
    ACCOUNT_SIGNUP_FIELDS=["email*", "password1*"],
    ACCOUNT_EMAIL_VERIFICATION="none",
    # All people come from one address here: limits for an address are taken away, those for a person are allauth's own.
    ACCOUNT_RATE_LIMITS={
        "signup": None,
        "login": None,
        "login_failed": "5/300s/key",
        "reset_password": "5/m/key",
        "reset_password_from_key": None,
    },
    MFA_SUPPORTED_TYPES=["totp"],
    MFA_ALLOW_UNVERIFIED_EMAIL=True,
    MFA_TOTP_ISSUER="Shop",
    MFA_TOTP_TOLERANCE=int(os.environ.get("TOLERANCE", "0")),
)
django.setup()
urlpatterns = [path("_allauth/", include("allauth.headless.urls"))]

if "DROPS_PAIRING" in os.environ:
    from allauth.account.signals import password_reset
    from allauth.mfa.models import Authenticator
    from django.dispatch import receiver

    @receiver(password_reset)
    def drop_pairing(user, **_):
        Authenticator.objects.filter(user=user).delete()


call_command("migrate", verbosity=0)
application = get_wsgi_application()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        """Say nothing of each request."""


if __name__ == "__main__":
    # One thread: with several, Python asks for the time whenever they take turns, and libfaketime reads a file for it.
    make_server("127.0.0.1", int(sys.argv[1]), application, handler_class=Quiet).serve_forever()
