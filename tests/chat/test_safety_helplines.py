"""The helplines: complete, compared with their sources not long ago, and chosen by the configured country."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from chat_app.safety import helplines
from chat_app.safety.helplines import Helpline
from nono.errors import ConfigurationError

LINES = [line for country in helplines.everywhere() for line in country.helplines]

GOOD = """
[countries.GB]
name = "United Kingdom"
emergency = ["999"]

[[helplines]]
country = "GB"
name = "Samaritans"
call = "116 123"
hours = "always"
languages = ["en"]
source = "https://www.samaritans.org"
last_verified = 2026-11-22
"""


def test_no_row_is_older_than_180_days() -> None:
    assert [f"{line.name}: {line.last_verified}" for line in helplines.outdated()] == []


def test_no_row_was_verified_in_the_future() -> None:
    assert [line.name for line in LINES if line.last_verified > datetime.now(UTC).date()] == []


def test_the_check_would_see_an_old_row() -> None:
    oldest = helplines.verified()

    assert helplines.outdated(oldest + helplines.GOOD_FOR) == ()
    assert helplines.outdated(oldest + helplines.GOOD_FOR + timedelta(days=1)) != ()


def test_nono_warns_of_an_old_row_at_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helplines, "GOOD_FOR", timedelta(days=-1))
    warnings = [message for message in run_checks() if message.id == "nono.W005"]

    assert len(warnings) == len(LINES)
    assert "Samaritans (GB) was last compared with its source on" in "\n".join(str(one.msg) for one in warnings)


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.country} {line.name}")
def test_every_line_can_be_reached_from_a_telephone_or_a_browser(line: Helpline) -> None:
    links = [link for link in (line.call_link, line.text_link, line.chat) if link]

    assert links
    assert all(link.startswith(("tel:", "sms:", "https://")) and " " not in link for link in links)
    assert line.language_names


@pytest.mark.parametrize("code", ["US", "CA", "GB", "IE", "AU", "NZ", "DE", "AT", "CH", "FR", "BE", "ES", "PT"])
def test_the_configured_country_comes_first(code: str, settings: Settings) -> None:
    settings.NONO_HELPLINE_COUNTRY = code
    country = helplines.here()

    assert country is not None
    assert country.code == code
    assert country.emergency


def test_without_a_country_there_is_the_directory_only(settings: Settings) -> None:
    settings.NONO_HELPLINE_COUNTRY = None

    assert helplines.here() is None


def test_a_country_without_lines_is_refused_at_the_start_with_the_known_ones(settings: Settings) -> None:
    settings.NONO_HELPLINE_COUNTRY = "AQ"

    [refusal] = [message for message in run_checks() if message.id == "nono.E004"]

    assert "NONO_HELPLINE_COUNTRY is 'AQ'" in str(refusal.msg)
    assert "AR, AT, AU" in str(refusal.msg)


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('call = "116 123"', "", "call, text or chat"),
        ('call = "116 123"', 'call = "one one six"', "one one six"),
        ('source = "https://www.samaritans.org"', 'source = "http://x.org"', "http://x.org"),
        ('languages = ["en"]', "languages = []", "languages"),
        ("last_verified = 2026-11-22", "", "last_verified"),
        ('hours = "always"', 'hours = "always"\nwords = 1', "words"),
        ('[[helplines]]\ncountry = "GB"', '[[helplines]]\ncountry = "IE"', "GB"),
        ("[countries.GB]", "[countries.GB", "cannot be read"),
    ],
)
def test_a_mistake_in_the_file_is_named(wrong: str, right: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "helplines.toml"
    assert wrong in GOOD
    file.write_text(GOOD.replace(wrong, right))

    with pytest.raises(ConfigurationError) as refused:
        helplines.load(file)

    assert said in refused.value.detail


def test_the_file_without_the_mistake_is_read(tmp_path: Path) -> None:
    (tmp_path / "helplines.toml").write_text(GOOD)

    assert helplines.load(tmp_path / "helplines.toml")["GB"].helplines[0].call_link == "tel:116123"
