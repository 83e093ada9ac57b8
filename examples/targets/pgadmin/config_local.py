"""What pgAdmin is told, as it reads it from a file of this name; all else is as it comes."""

import os

DATA_DIR = os.environ["DATA"]
MAIL_SERVER = "127.0.0.1"
MAIL_PORT = int(os.environ["SMTP_PORT"])
UPGRADE_CHECK_ENABLED = False  # it would ask pgadmin.org
