import pytest
from django.contrib.staticfiles import finders

from chat import collecting
from tests.support.server import manage

COLLECT = "from chat.collecting import collect; collect()"


@pytest.fixture
def source(settings, tmp_path):
    """A folder of static files, the only one."""
    settings.STATICFILES_DIRS = [tmp_path]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    finders.get_finder.cache_clear()
    yield tmp_path
    finders.get_finder.cache_clear()


def test_the_static_files_are_made_once_and_again_when_something_is_missing(tmp_path):
    def manifest():
        assert manage("shell", "-c", COLLECT, DATA_DIR=str(tmp_path)).returncode == 0
        return (tmp_path / "static" / "staticfiles.json").stat().st_mtime_ns

    first = manifest()
    assert manifest() == first
    (tmp_path / "static.collected").unlink()
    assert manifest() > first


def test_whatever_the_result_depends_on_tells(source):
    page = source / "page.css"
    page.write_text("@layer base;")
    before = list(collecting._facts())
    assert list(collecting._facts()) == before
    page.write_text("@layer other;")
    assert list(collecting._facts()) != before
