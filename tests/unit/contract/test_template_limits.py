"""Chat templates with a step that no time limit can end are refused before they are compiled."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from pytest_kvguard.contract.chat_layout import lay_out
from pytest_kvguard.contract.template_limits import LARGEST, require_bounded
from pytest_kvguard.errors import PromptError

USUAL = """\
{%- if messages[0].role == 'system' -%}{% set offset = 1 %}{% set system = messages[0].content %}{% endif -%}
{%- for message in messages[offset:] %}
{%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}
{{- '<|' + message['role'] ~ '|>' ~ ' ' * 4 ~ '  ' * loop.depth ~ message.content | trim | indent(8) }}
{%- generation %}{{ strftime_now('%d %b %Y') ~ '%5d' | format(4096) ~ '{:>20}'.format(1) }}{% endgeneration -%}
{%- set ns.text = ns.text ~ ns.text.strip() ~ text ~ texts %}{{ eos_token ~ eos_token }}
{%- if loop.index > 1000 * 8 %}{% break %}{% endif %}
{%- endfor %}{# 9 ** 9 ** 9 #}{% raw %}{{ 9 ** 9 ** 9 }}{% endraw %}
"""

ENDLESS = {
    "{{ 9**9**9 }}": "raises a number to a power",
    "{% set n = x ** 9 %}": "raises a number to a power",
    "{{ range(10**12) | list }}": "raises a number to a power",
    "{{ range(1000000000000) | list }}": "writes a number above 1,000,000",
    "{{ 'a' * 10000000000 }}": "writes a number above 1,000,000",
    "{{ 10_000_000_000 * 'a' }}": "writes a number above 1,000,000",
    "{{ 'a' * 0xFFFFFFFFFF }}": "writes a number above 1,000,000",
    "{{ 'a' | center(9999999999) }}": "writes a number above 1,000,000",
    "{{ 'a'.ljust(9999999999) }}": "writes a number above 1,000,000",
    "{% if 1e300 %}{% endif %}": "writes a number above 1,000,000",
    "{{ " + "9" * 5000 + " }}": "writes a number of thousands of digits",
    "{{ 'a' * 1000 * 1000 * 1000 }}": "multiplies up to more than 1,000,000",
    "{{ [0] * (99999 * 99999) }}": "multiplies up to more than 1,000,000",
    "{% set n = 999999 %}{{ 'a' * n * n }}": "multiplies two values that are not written out",
    "{% set ns.n = ns.n * ns.n %}": "multiplies two values that are not written out",
    "{% set ns.text = ns.text ~ ns.text %}": "doubles a value",
    "{% set text = 'a' ~ text + text %}": "doubles a value",
    "{{ '%9999999999d' % 1 }}": "formats a field of a huge width",
    "{{ '%*d' % (width, 1) }}": "formats a field of a huge width",
    "{{ '%.9999999999f' | format(1.0) }}": "formats a field of a huge width",
    "{{ '{:>9999999999}'.format(1) }}": "formats a field of a huge width",
}


@pytest.mark.parametrize("source", ENDLESS, ids=lambda source: source[:30])
def test_a_template_with_a_step_without_end_is_refused_with_the_reason(source: str) -> None:
    with pytest.raises(PromptError) as caught:
        require_bounded("{% for message in messages %}{{ message.content }}{% endfor %}" + source)
    assert str(caught.value).startswith(
        f"the chat template {ENDLESS[source]}, which may take for ever, so it is not run."
    )


def test_what_templates_usually_do_is_allowed() -> None:
    require_bounded(USUAL)
    require_bounded({"default": USUAL, "tools": f"{{{{ ' ' * {LARGEST} }}}}"})
    require_bounded("{{ a template that cannot be read")


def test_every_named_template_is_looked_at() -> None:
    with pytest.raises(PromptError, match="raises a number to a power"):
        require_bounded({"default": USUAL, "tools": "{{ 2**2 }}"})


def test_no_such_template_is_compiled() -> None:
    def compile_it(*args: object, **options: object) -> str:
        pytest.fail("the compiler itself takes the powers of numbers")

    tokenizer = SimpleNamespace(chat_template="{{ 9**9**9 }}", apply_chat_template=compile_it)
    started = time.monotonic()
    with pytest.raises(PromptError, match="raises a number to a power"):
        lay_out(tokenizer, "Be kind.", ["Hello!"], [])
    assert time.monotonic() - started < 5
