"""How static files get their names: hashed by content, so that a browser may keep them for ever."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports of ES modules, which Django 5.2 does only where a subclass asks for it."""

    support_js_module_import_aggregation = True
