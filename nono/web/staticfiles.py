"""Static files with a content hash in their names, so that browsers may cache them without limit."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it carries no types
    """Hashes and compresses files; also rewrites imports between JavaScript modules to the hashed names."""

    support_js_module_import_aggregation = True

    # Each pass propagates a hash by one level of imports; the modules have more levels than Django's default of 5.
    max_post_process_passes = 30
