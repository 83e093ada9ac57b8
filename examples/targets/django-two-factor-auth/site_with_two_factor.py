"""A Django site with nothing on it but django-two-factor-auth, Django's own password pages, a sign-up and a page.

    python site_with_two_factor.py PORT

Environment: DATABASE (a file), SMTP_PORT, DROPS_PAIRING (see the end).
"""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

settings.configure(
    SECRET_KEY="for nobody's use",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    # How passwords are kept is not judged, and the suite signs up hundreds of people.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=int(os.environ["SMTP_PORT"]),
    STATIC_URL="static/",
    LOGIN_URL="two_factor:login",
    LOGIN_REDIRECT_URL="home",
    LOGOUT_REDIRECT_URL="two_factor:login",
    # A picture file; the product's own choice is an SVG of the same code.
    TWO_FACTOR_QR_FACTORY="qrcode.image.pil.PilImage",
    INSTALLED_APPS=[
        "django.contrib.admin",  # for its pages around Django's password forms
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "django_otp",
        "django_otp.plugins.otp_static",
        "django_otp.plugins.otp_totp",
        "two_factor",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django_otp.middleware.OTPMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)
django.setup()

from django.contrib import admin  # noqa: E402 - these need the settings
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.contrib.auth.forms import UserCreationForm  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.generic import CreateView  # noqa: E402
from two_factor.urls import urlpatterns as two_factor_urls  # noqa: E402

SIGN_UP = "<form method=post>{% csrf_token %}{{ form.as_p }}<button>Sign up</button></form>"
HOME = "For those logged in. <form method=post action=/accounts/logout/>{% csrf_token %}<button>Log out</button></form>"


def page(request, template, **context):
    return HttpResponse(engines["django"].from_string(template).render(context, request))


class SignUp(CreateView):
    """Django's form for a new user, whose name is an e-mail."""

    form_class = UserCreationForm
    success_url = "/account/login/"

    def form_valid(self, form):
        form.instance.email = form.instance.username
        return super().form_valid(form)

    def render_to_response(self, context, **_):
        return page(self.request, SIGN_UP, form=context["form"])


@login_required
def home(request):
    return page(request, HOME)


urlpatterns = [
    path("", home, name="home"),
    path("signup/", SignUp.as_view()),
    path("", include(two_factor_urls)),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
]

if "DROPS_PAIRING" in os.environ:
    from django.contrib.auth.views import PasswordResetConfirmView
    from django_otp import devices_for_user

    class DropsPairing(PasswordResetConfirmView):
        """Django's page to set a new password, which ends the pairing too."""

        def form_valid(self, form):
            for device in devices_for_user(self.user):
                device.delete()
            return super().form_valid(form)

    urlpatterns.insert(0, path("accounts/reset/<uidb64>/<token>/", DropsPairing.as_view()))

call_command("migrate", verbosity=0)
application = get_wsgi_application()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        """Say nothing of each request."""


if __name__ == "__main__":
    # One thread: with several, Python asks for the time whenever they take turns, and libfaketime reads a file for it.
    make_server("127.0.0.1", int(sys.argv[1]), application, handler_class=Quiet).serve_forever()
