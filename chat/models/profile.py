"""What a person has set: how the page looks and behaves, and what new conversations ask of their model."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from chat.models.options import Options

INSTRUCTIONS_CHARS = 20_000
MOST_TOKENS = 1_000_000


class Profile(models.Model):
    class Theme(models.TextChoices):
        SYSTEM = "system"
        LIGHT = "light"
        DARK = "dark"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="profile", editable=False
    )
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    enter_sends = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True, help_text="Empty: as the browser asks.")
    model = models.CharField(max_length=200, blank=True, help_text="Empty: the provider's first model.")
    instructions = models.TextField(blank=True, max_length=INSTRUCTIONS_CHARS)
    temperature = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(2)])
    max_tokens = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST_TOKENS)]
    )
    model_titles = models.BooleanField(default=False, help_text="The model gives a title after the first answer.")

    def __str__(self) -> str:
        return f"settings of {self.user}"

    @classmethod
    def of(cls, user: Any) -> "Profile":
        """What `user` has set; the defaults, not stored, while nothing was."""
        return cls.objects.filter(pk=user.pk).first() or cls(user=user)

    @property
    def options(self) -> Options:
        """What this person's new conversations begin with."""
        return Options(self.model, self.instructions, self.temperature, self.max_tokens)
