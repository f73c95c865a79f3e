"""Forms of the settings pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from widget.models import GREETING_MAX_CHARS, MAX_DOMAINS, NAME_MAX_CHARS, Position, Site
from widget.origins import BadDomain, clean_domain

DOMAINS_MAX_CHARS = 6_000  # MAX_DOMAINS names of full length


class DomainsField(forms.CharField):
    """Domains, one a line; cleaned into a list."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        domains: list[str] = []
        problems: list[str] = []
        for line in text.replace(",", "\n").splitlines():
            if not line.strip():
                continue
            try:
                domain = clean_domain(line)
            except BadDomain as refused:
                problems.append(refused.text)
                continue
            if domain not in domains:
                domains.append(domain)
        if len(domains) > MAX_DOMAINS:
            problems.append(
                _("At most %(count)s domains fit; use *.example.com for several of one company.")
                % {"count": MAX_DOMAINS}
            )
        if problems:
            raise forms.ValidationError(problems)
        return domains


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    name = forms.CharField(max_length=NAME_MAX_CHARS, label=_("Name"))
    color = forms.RegexField(r"^#[0-9a-fA-F]{6}$", label=_("Colour"),
                             error_messages={"invalid": _("Write the colour like #2f5bea.")})  # fmt: skip
    greeting = forms.CharField(
        max_length=GREETING_MAX_CHARS, required=False, widget=forms.Textarea, label=_("Greeting")
    )
    position = forms.ChoiceField(choices=Position, label=_("Position"))
    allowed_domains = DomainsField(max_length=DOMAINS_MAX_CHARS, required=False, label=_("Allowed domains"))
    active = forms.BooleanField(required=False, label=_("Switched on"))

    class Meta:
        model = Site
        fields = ["name", "color", "greeting", "position", "allowed_domains", "active"]

    def clean_color(self) -> str:
        return str(self.cleaned_data["color"]).lower()


class NewSiteForm(forms.Form):
    name = forms.CharField(max_length=NAME_MAX_CHARS, label=_("Name"))
    allowed_domains = DomainsField(max_length=DOMAINS_MAX_CHARS, label=_("Domain"))
