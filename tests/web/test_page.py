"""The page as the server renders it, before any script runs."""

import re
from functools import partial
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from nono.environment import PROJECT
from nono.templatetags.modules import imports_of
from sessions_app import personas

STATIC = PROJECT / "static"


def page(client: Client, address: str = "/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def file_below(folder: Path, path: str) -> str | None:
    file = folder / path
    return str(file) if file.exists() else None


def test_it_names_every_module_so_that_they_are_fetched_at_once(client: Client) -> None:
    named = re.findall(r'"modulepreload" href="/static/((?:js|vendor)/[a-z_0-9/]+)\.', page(client))

    scripts = {file.relative_to(STATIC).with_suffix("").as_posix() for file in STATIC.rglob("*.js")}
    fetched_later = {name for name in scripts if name.startswith(("vendor/highlight/", "js/admin/"))}
    assert sorted([*named, "js/app", "js/ui/theme_boot"]) == sorted(scripts - fetched_later)


@pytest.mark.parametrize(
    "statement",
    [
        'import "./b.js";',
        'import { one } from "./b.js";',
        'import {\n  one,\n} from "./b.js";',
        'export * from "./b.js";',
    ],
)
def test_a_module_is_found_by_the_import_statement_of_another_one(
    statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.js").write_text('import "./c.js";')
    (tmp_path / "b.js").write_text('import "./a.js";\nconst later = () => import("./d.js");')
    (tmp_path / "c.js").write_text(f'/** Like `import "./d.js"`. */\n\n{statement}\n')
    monkeypatch.setattr(finders, "find", partial(file_below, tmp_path))

    assert imports_of.__wrapped__("a.js") == ("b.js", "c.js")


def test_an_import_of_a_module_that_does_not_exist_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lone.js").write_text('import "./nowhere.js";')
    monkeypatch.setattr(finders, "find", partial(file_below, tmp_path))

    with pytest.raises(FileNotFoundError, match=r"nowhere\.js"):
        imports_of.__wrapped__("lone.js")


def test_it_has_no_inline_script_style_or_handler(client: Client) -> None:
    text = page(client)

    assert re.findall(r"<script(?![^>]* src=)", text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", text) == []
    assert text.count('<script type="module"') == 1


def test_no_script_makes_markup_from_text() -> None:
    written = {
        file.name: re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", file.read_text())
        for file in (STATIC / "js").rglob("*.js")
    }

    assert {name for name, found in written.items() if found} == set()


def test_a_name_in_the_address_is_escaped(client: Client) -> None:
    text = page(client, reverse("chat", kwargs={"user_id": "<script>alert(1)</script>\"'"}))

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;" in text


def test_every_persona_can_be_chosen_and_is_never_told_more_than_its_face(client: Client) -> None:
    text = " ".join(page(client).split())

    for persona in personas.every():
        assert f'name="persona" value="{persona.key}"' in text
        assert f'data-persona="{persona.key}"' in text
        assert persona.system_prompt not in text


def test_without_javascript_it_says_so(client: Client) -> None:
    assert re.search(r"<noscript>.*needs JavaScript.*</noscript>", page(client), re.DOTALL)


@pytest.mark.parametrize(
    ("access", "sentence"),
    [("shared", "Everyone who can open this page can read it"), ("private", "Only this browser and the people")],
)
def test_it_says_who_can_read_it_and_for_how_long_it_is_kept(
    access: str, sentence: str, client: Client, settings: Settings
) -> None:
    settings.NONO_ACCESS = access
    settings.NONO_SESSION_TTL = 5400

    text = " ".join(page(client).split())

    assert sentence in text
    assert "Kept for 1 hour, 30 minutes after the last message" in text


def test_a_clock_of_seconds_is_said_in_seconds(client: Client, settings: Settings) -> None:
    settings.NONO_SESSION_TTL = 5

    assert "Kept for 5 seconds after" in " ".join(page(client).split())


@pytest.mark.parametrize("address", ["/", "/chat/Anybody", "/nothing/here", "/health"])
def test_every_answer_says_that_nothing_may_come_from_elsewhere(address: str, client: Client) -> None:
    policy = client.get(address).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert "://" not in policy


@pytest.mark.parametrize("address", ["/admin/login/", "/api/docs"])
def test_other_people_s_scripts_have_a_policy_without_other_hosts(address: str, client: Client, db: None) -> None:
    policy = client.get(address).headers["Content-Security-Policy"]

    assert "script-src 'self';" in f"{policy};"
    assert "frame-ancestors 'none'" in policy
    assert "://" not in policy


def test_vendored_modules_carry_their_licence_and_no_source_map() -> None:
    for file in (STATIC / "vendor").glob("*.js"):
        text = file.read_text("utf-8")
        assert re.search(r"[Ll]icense", text[:600]), file.name
        assert "sourceMappingURL" not in text


def test_an_address_for_the_icon_leads_to_it(client: Client) -> None:
    assert client.get("/favicon.ico").headers["Location"] == "/static/img/nono.svg"


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/").status_code in {403, 405}


def test_every_language_that_code_is_coloured_in_has_its_grammar_and_the_licence_is_there() -> None:
    folder = STATIC / "vendor" / "highlight"
    wanted = re.findall(
        r'^  (\w+): \(\) => import\("\.\./\.\./vendor/highlight/(\w+)\.js"\)', _languages(), re.MULTILINE
    )

    assert {name for name, _ in wanted} == {file for _, file in wanted}
    assert {file for _, file in wanted} | {"core"} == {file.stem for file in folder.glob("*.js")}
    assert "Redistribution and use" in (folder / "LICENSE").read_text("utf-8")
    assert [file.name for file in folder.glob("*.js") if "sourceMappingURL" in file.read_text("utf-8")] == []


def test_every_other_name_of_a_language_means_one_that_there_is() -> None:
    aliases = re.findall(r'^  "?([\w+#]+)"?: "(\w+)",$', _languages(), re.MULTILINE)

    assert len(aliases) > 20
    assert {language for _, language in aliases} <= {
        file.stem for file in (STATIC / "vendor" / "highlight").glob("*.js")
    }


def test_the_page_is_sent_compressed(client: Client) -> None:
    assert client.get("/", headers={"accept-encoding": "gzip"}).headers["Content-Encoding"] == "gzip"


def test_where_a_model_answers_it_says_so(client: Client, settings: Settings) -> None:
    assert "language model" not in page(client)
    settings.LLM_BASE_URL = "http://127.0.0.1:9/v1"

    assert page(client).count("language model") == 2


def _languages() -> str:
    return (STATIC / "js" / "markdown" / "code_colours.js").read_text("utf-8")
