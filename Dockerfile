# One image for web, admin, worker, beat and the one-shot commands. See docs/deploy.md.
ARG PYTHON=python:3.11.14-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
WORKDIR /srv/chatsite
COPY requirements.lock ./
RUN /opt/venv/bin/pip install --require-hashes -r requirements.lock && /opt/venv/bin/pip uninstall -y pip setuptools

# polib only makes the compiled texts; it does not go into the image.
COPY requirements-dev.lock ./
RUN sed -n '/^polib==/,/[^\\]$/p' requirements-dev.lock >/tmp/polib.lock && pip install --require-hashes -r /tmp/polib.lock
COPY . .
RUN for file in locale/*/LC_MESSAGES/*.po; do \
        python -c 'import sys, polib; polib.pofile(sys.argv[1]).save_as_mofile(sys.argv[2])' "$file" "${file%.po}.mo" || exit 1; \
    done

# A key and a database that nobody has: the settings must load, and nothing is reached.
RUN CHATSITE_SECRET_KEY=only-for-the-build CHATSITE_STATIC_ROOT=/srv/static DATABASE_URL=postgresql:///nowhere \
        /opt/venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && rm requirements.lock requirements-dev.lock \
    && /opt/venv/bin/python -m compileall -q /opt/venv/lib /srv/chatsite

FROM ${PYTHON}
RUN groupadd --gid 10001 chatsite && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin chatsite
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv /srv
WORKDIR /srv/chatsite
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CHATSITE_SERVER=uvicorn \
    CHATSITE_STATIC_ROOT=/srv/static
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
