"""Static files under names that carry a hash of their content, so that browsers may keep them for ever."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it carries no types
    """Hashes and compresses; rewrites the imports between JavaScript modules to the hashed names as well."""

    support_js_module_import_aggregation = True

    # Each pass carries a hash one import further up; the modules import each other deeper than Django's 5.
    max_post_process_passes = 30
