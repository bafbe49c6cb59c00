"""What a file is that comes along with a message: decided by its bytes, never by its name."""

from typing import NamedTuple

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from chat.models import File
from chat.pictures import picture_type
from chat.transfer.wrong import Wrong


class Kind(NamedTuple):
    kind: str
    media_type: str


def kind_of(data: bytes) -> Kind:
    """Raises `Wrong` when it is nothing that Brook takes."""
    picture = picture_type(data)
    found = Kind(File.Kind.IMAGE, picture) if picture else Kind(File.Kind.TEXT, "text/plain")
    limit = settings.IMAGE_BYTES if picture else settings.FILE_BYTES
    if len(data) > limit:
        raise Wrong(_("This file has more than {size}.").format(size=filesizeformat(limit)), ("data",))
    if not picture and not _is_text(data):
        raise Wrong(_("This file is neither a text in UTF-8 nor a picture that Brook knows."), ("data",))
    return found


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False
