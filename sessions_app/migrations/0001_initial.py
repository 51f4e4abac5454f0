"""Makes the content type and the permissions of chats; a table there is none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ChatSession",
            fields=[
                ("session_id", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("user_id", models.CharField(max_length=64, verbose_name="name")),
            ],
            options={
                "verbose_name": "chat",
                "permissions": (("read_transcript", "Can read the transcript of a chat"),),
                "managed": False,
                "default_permissions": ("view", "delete"),
            },
        ),
    ]
