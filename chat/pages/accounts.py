"""The first account, and logging in. Further accounts are made in the admin."""

from typing import Any

from django.contrib.auth import get_user_model, login, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

User = get_user_model()


class LoginRequired(LoginRequiredMiddleware):
    """Asks who it is only where that matters: `/healthz` answers though the database cannot say."""

    def process_view(self, request: HttpRequest, view_func: Any, *arguments: Any) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, *arguments)


class SetupForm(BaseUserCreationForm):  # type: ignore[type-arg]  # generic for the type checker only
    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password2"].label = _("Confirm password")
        self.fields["password2"].help_text = ""


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The first account, an administrator, while there is none. Afterwards this address does not exist."""
    form = SetupForm(request.POST or None)
    usable = request.method == "POST" and form.is_valid()
    if User.objects.exists():  # asked after the form, which finds a name taken that somebody took just now
        raise Http404
    if not usable:
        return render(request, "registration/setup.html", {"form": form})
    login(request, _first_account(form))
    return redirect("chat")


@transaction.atomic
def _first_account(form: SetupForm) -> Any:
    """Of two people who submit the form at once, one wins and the other finds the address gone."""
    # A row to queue at, on PostgreSQL; on SQLite an IMMEDIATE transaction queues by itself.
    ContentType.objects.select_for_update().get(app_label=User._meta.app_label, model=User._meta.model_name)
    if User.objects.exists():
        raise Http404
    user = form.save(commit=False)
    user.is_staff = user.is_superuser = True
    user.save()
    return user


class LoginView(views.LoginView):
    """Sends the first visitor of all to make the first account."""

    redirect_authenticated_user = True

    @method_decorator(login_not_required)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not User.objects.exists():
            return redirect("setup")
        return super().dispatch(request, *args, **kwargs)

    def get_redirect_url(self, *args: Any) -> str:
        """Where `next` says, if that is one of our own addresses and not this one, which Django answers with a 500."""
        target = super().get_redirect_url(*args)
        return "" if target.split("?", 1)[0] == self.request.path else target
