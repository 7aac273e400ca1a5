"""Where files lie: on this machine's disk, or in a bucket that speaks S3."""

from typing import Any

from config.env import env


def _bucket(folder: str, *, public: bool) -> dict[str, Any]:
    """Return a storage in MEDIA_BUCKET; a private one gives out addresses that work for some minutes."""
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.MEDIA_BUCKET,
            "endpoint_url": env.MEDIA_ENDPOINT or None,
            "custom_domain": (env.MEDIA_HOST or None) if public else None,
            "location": folder,
            "querystring_auth": not public,
            "default_acl": None if public else "private",
            "file_overwrite": public,
            "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"} if public else {},
        },
    }


def _disk(folder: str, *, public: bool) -> dict[str, Any]:
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage"
        if public
        else "kernel.files.private.PrivateDisk",
        "OPTIONS": {"location": env.BANYAN_VAR / folder},
    }


_place = _bucket if env.MEDIA_BUCKET else _disk
STORAGES = {
    # Pictures: anybody may see them. Papers (licences, files to import): no address leads to them.
    "default": _place("media", public=True),
    "papers": _place("papers", public=False),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.production
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = env.BANYAN_VAR / "media"
MEDIA_URL = "/media/"
