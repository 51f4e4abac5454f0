"""The admin as a Django app with Nono's own site."""

from django.contrib.admin.apps import AdminConfig


class NonoAdminConfig(AdminConfig):
    """Sets sessions_app/admin/site.py as the default site, on which every admin page is registered."""

    default_site = "sessions_app.admin.site.NonoAdminSite"
