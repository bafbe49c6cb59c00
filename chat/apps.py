from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = "Review"  # the heading above Conversations in the admin
    default = True
