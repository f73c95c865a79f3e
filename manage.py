#!/usr/bin/env python3
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    if sys.argv[1:2] == ["demo"]:  # the settings load only with a key, and a demo makes its own
        from chatsite.embedded.secret_key import provide_secret_key

        provide_secret_key(arguments=sys.argv)

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
