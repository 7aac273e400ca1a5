"""Uploaded pictures are written anew: small, without metadata, and never larger than we can bear."""

import io
import struct
import zlib

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts import roles
from catalog.models import Media
from catalog.pictures import services as picture_services
from kernel.errors import InvalidInput
from kernel.files import pictures as kernel_pictures
from kernel.tenancy import in_public
from tests.support.build import make_product, make_supplier, make_user


def _jpeg(width: int = 1600, height: int = 800, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRET-CAMERA"
    exif.get_ifd(0x8825)[1] = "N"
    data = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(data, "JPEG", exif=exif, comment=b"SECRET-COMMENT")
    return data.getvalue()


def _bomb(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that says it is this large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def _stored(data: bytes) -> tuple[picture_services.StoredPicture, dict[int, bytes]]:
    stored = picture_services.store_picture(io.BytesIO(data))
    files = {}
    for width in stored.widths:
        place = f"{stored.url.removeprefix('/media/').rpartition('/')[0]}/{width}.webp"
        with default_storage.open(place) as file:
            files[width] = file.read()
    return stored, files


def test_a_photograph_becomes_webp_in_several_widths_without_its_metadata() -> None:
    stored, files = _stored(_jpeg())
    assert stored.widths == [320, 640, 1280]
    assert stored.url.endswith("/1280.webp")
    for width, data in files.items():
        picture = Image.open(io.BytesIO(data))
        assert (picture.format, picture.size) == ("WEBP", (width, width // 2))
        assert not picture.getexif()
        assert b"SECRET" not in data
    assert picture_services.store_picture(io.BytesIO(_jpeg())) == stored


def test_it_stands_upright_and_is_never_blown_up() -> None:
    stored, files = _stored(_jpeg(200, 100, orientation=6))
    assert stored.widths == [100]
    assert Image.open(io.BytesIO(files[100])).size == (100, 200)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload='alert(1)'/>",
        _jpeg()[:300],
        _bomb(60_000, 60_000),
        _bomb(9_000, 9_000),
        b"\xff" * (kernel_pictures.MAX_BYTES + 1),
    ],
    ids=["empty", "svg", "cut off", "bomb", "smaller bomb", "too many bytes"],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput) as refusal:
        picture_services.store_picture(io.BytesIO(data), name="evil.png")
    assert refusal.value.remedy


def test_pictures_stand_behind_those_there_are_and_once(db: None) -> None:
    product = make_product(make_supplier())
    Media.objects.create(product=product, url="/static/a.svg", position=3)
    stored = picture_services.store_picture(io.BytesIO(_jpeg()))
    for _time in range(2):
        picture_services.add_pictures(product=product, stored=[stored], acting_user="test")
    first, second = product.media.all()
    assert (first.url, second.url, second.position) == ("/static/a.svg", stored.url, 4)
    assert second.url_at(300).endswith("/320.webp")
    assert second.url_at(9_000).endswith("/1280.webp")
    assert second.srcset.count("webp") == 3
    assert (first.url_at(300), first.srcset) == ("/static/a.svg", "")


def test_they_are_served_and_nothing_else_is(db: None) -> None:
    stored = picture_services.store_picture(io.BytesIO(_jpeg()))
    client = Client(headers={"host": "localhost"})
    answer = client.get(stored.url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert "immutable" in answer["Cache-Control"]
    answer.close()
    for path in (stored.url.replace("1280", "99"), "/media/pictures/../../papers/x", "/media/papers/x"):
        assert client.get(path).status_code == 404
    assert client.post(stored.url).status_code == 405


def test_a_broken_upload_is_refused_in_sentences_and_nothing_is_said_to_be_added(db: None) -> None:
    product = make_product(make_supplier(), "tea")
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    client.force_login(make_user("chief@central.test", roles.CENTRAL_ADMIN), "accounts.backends.RoleBackend")
    broken = SimpleUploadedFile("broken.jpg", b"\xff\xd8nothing", "image/jpeg")
    with in_public():
        answer = client.post(f"/console/products/{product.pk}/pictures/", {"pictures": broken}, follow=True)
    page = answer.content.decode()
    assert "broken.jpg: This is no picture that we can read. Send a JPEG" in page
    assert "0 pictures added" not in page
