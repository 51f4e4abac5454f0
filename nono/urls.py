"""URL configuration."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.gzip import gzip_page

from chat_app.api import router as chat_router
from chat_app.responders.judgement import judgements
from nono.metrics.views import metrics
from nono.web.api import api
from nono.web.health import health_with, ready
from nono.web.i18n import Words, choose
from sessions_app.api import router as sessions_router

api.add_router("", sessions_router)
api.add_router("", chat_router)

urlpatterns = [
    path("api/", api.urls),
    path("health", health_with(judgements), name="health"),
    path("ready", ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("language", choose, name="language"),
    path("words/<slug:language>/<slug:version>.js", gzip_page(Words.as_view()), name="words"),
    path("", include("chat_app.urls")),
]
