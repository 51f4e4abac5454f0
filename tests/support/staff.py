"""Members of the staff with a browser."""

from django.contrib.auth.models import Permission, User
from django.test import Client


def signed_in(*permissions: str) -> Client:
    """Returns the browser of a new member of the staff who has these permissions and no others."""
    user = User.objects.create(username=f"staff {User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client
