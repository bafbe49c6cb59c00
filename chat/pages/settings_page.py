"""What a person sets, and what they can do with all that is theirs."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.db import DatabaseError
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from chat.models import Conversation, Generation, Profile, Share
from chat.models.profile import INSTRUCTIONS_CHARS

CHANGED = "changed"
"""Marks what the page tells to every open tab (static/js/changed.js), of which none is reached from here."""


class LinesField(forms.CharField):
    """Text of several lines. Browsers count and show one character for a line's end, and send two."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    theme = forms.ChoiceField(
        label=_("Theme"),
        choices=[
            (Profile.Theme.SYSTEM.value, _("As the system has it")),
            (Profile.Theme.LIGHT.value, _("Light")),
            (Profile.Theme.DARK.value, _("Dark")),
        ],
        widget=forms.RadioSelect,
    )
    enter_sends = forms.TypedChoiceField(
        label=_("The Enter key"),
        choices=[
            ("yes", _("Sends the message; Shift+Enter breaks the line")),
            ("no", _("Breaks the line; Ctrl+Enter or Cmd+Enter sends the message")),
        ],
        coerce=lambda choice: choice == "yes",
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("As the browser asks")), *settings.LANGUAGES], required=False
    )
    instructions = LinesField(
        label=_("Instructions"),
        help_text=_("What the model is told before every conversation: who you are, how it should answer."),
        required=False,
        max_length=INSTRUCTIONS_CHARS,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )

    class Meta:
        model = Profile
        fields = (
            "theme",
            "language",
            "enter_sends",
            "model",
            "instructions",
            "temperature",
            "max_tokens",
            "model_titles",
        )
        labels = {
            "model": _("Model"),
            "temperature": _("Temperature"),
            "max_tokens": _("Longest answer, in tokens"),
            "model_titles": _("Let the model write a title after its first answer"),
        }
        help_texts = {
            "model": _("Leave it empty for the first one that is offered."),
            "temperature": _("Low keeps to the likeliest words, high is freer. Empty: as the model does by itself."),
            "max_tokens": _("A token is about four letters. Empty: as the model does by itself."),
            "model_titles": _("Without it, a conversation is called by its first words. It costs one more question."),
        }
        widgets = {
            "model": forms.TextInput(attrs={"list": "models", "autocomplete": "off", "spellcheck": "false"}),
            "temperature": forms.NumberInput(attrs={"min": 0, "max": 2, "step": "0.05", "inputmode": "decimal"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["enter_sends"] = "yes" if self.instance.enter_sends else "no"
        self.fields["max_tokens"].widget.attrs["min"] = 1


class DeleteAllForm(forms.Form):
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not self._user.check_password(password):
            raise forms.ValidationError(_("This is not your password. Nothing was deleted."))
        return password


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    profile = Profile.of(request.user)
    form = PreferencesForm(request.POST or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        form.save()
        _speak(request, profile)
        messages.success(request, _("Your settings are saved."))
        return redirect("settings")
    shares = Share.objects.for_user(request.user).select_related("conversation").order_by("-created_at", "-pk")
    return render(request, "settings.html", {"form": form, "shares": shares})


@require_POST
def revoke(request: HttpRequest, share: str) -> HttpResponse:
    """One's own link leads nowhere from now on. What is not there any more, or never was one's own, is gone as well."""
    Share.objects.for_user(request.user).filter(pk=share).delete()
    messages.success(request, _("The link leads nowhere any more."), extra_tags=CHANGED)
    return redirect("settings")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def delete_all(request: HttpRequest) -> HttpResponse:
    """Every conversation of the person, after their password."""
    form = DeleteAllForm(request.POST or None, user=request.user)
    if request.method != "POST" or not form.is_valid():
        count = Conversation.objects.for_user(request.user).count()
        return render(request, "settings_delete_all.html", {"form": form, "count": count})
    try:
        count = _delete_all(request.user)
    except DatabaseError:  # two at once take hold of the same rows, and PostgreSQL lets one of them go
        count = _delete_all(request.user)
    words = ngettext("%d conversation was deleted.", "%d conversations were deleted.", count)
    messages.success(request, words % count, extra_tags=CHANGED)
    return redirect("settings")


@method_decorator(never_cache, name="dispatch")
class PasswordView(views.PasswordChangeView):
    template_name = "settings_password.html"
    success_url = reverse_lazy("settings")

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(*args, **kwargs)
        form.fields["new_password2"].help_text = ""  # its name says as much
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is changed. Your other devices are logged out."))
        return super().form_valid(form)


def _speak(request: HttpRequest, profile: Profile) -> None:
    """What is said about the saving is said in the language that was chosen."""
    browsers = translation.get_language_from_request(request)
    translation.activate(profile.language or browsers)


def _delete_all(user: Any) -> int:
    """As one by one, without the way back: gone for everybody at once, and removed for good some minutes later.

    An answer under way is stopped by the word in its row, which its process finds within a second, wherever it runs; so
    is one that was begun at the last moment, as by `Conversation.discard`, and in no transaction with the deletion for
    the same reason.
    """
    count = Conversation.objects.for_user(user).update(deleted_at=Now())
    deleted = Generation.objects.filter(conversation__owner=user, conversation__deleted_at__isnull=False)
    deleted.request_cancel()
    return count
