"""What machines ask the platform's host, and its plain front page."""

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError

from config import prometheus


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; asks nobody else."""
    return JsonResponse({"ok": True})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the database and the cache answer: 200 or 503, each named."""
    answers = {"database": _database_answers(), "cache": _cache_answers()}
    ready = all(answers.values())
    return JsonResponse({"ok": ready, **answers, "instance": settings.INSTANCE}, status=200 if ready else 503)


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus."""
    return HttpResponse(prometheus.exposition(), content_type=CONTENT_TYPE_LATEST)


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    """Show the front page, which leads to the console and the portal."""
    return render(request, "config/front_page.html")


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _cache_answers() -> bool:
    try:
        cache.get("ready")
    except (RedisError, OSError):
        return False
    return True
