"""The page of printed documents: paper, margins with header and page number, and their texts."""

_PAGE = """
@page {{
  size: A4; margin: 22mm 18mm 20mm 18mm;
  @top-left {{ content: {left}; }}
  @top-right {{ content: {right}; }}
  @bottom-left {{ content: {bottom} "\\A " {seal}; white-space: pre; }}
  @bottom-right {{ content: {page}; }}
}}
@page {{
  @top-left {{ {small} vertical-align: bottom; padding-bottom: 2mm; }}
  @top-right {{ {small} vertical-align: bottom; padding-bottom: 2mm; }}
  @bottom-left {{ {small} vertical-align: top; padding-top: 2mm; }}
  @bottom-right {{ {small} vertical-align: top; padding-top: 2mm; }}
}}
"""
_FONTS = "'Lato', 'Noto Sans CJK SC', 'Noto Sans SC', 'WenQuanYi Zen Hei', 'Microsoft YaHei', sans-serif"
_SMALL = f"font: 7.5pt {_FONTS}; color: #556;"


def _quoted(text):
    """Return a text as a CSS string that cannot leave the style element."""
    safe = "".join(c if c.isalnum() or c in " .,:;·–-_/()%" else f"\\{ord(c):x} " for c in str(text) if c >= " ")
    return f'"{safe}"'


def page_style(left, right, bottom, seal, page):
    """Return CSS of the pages.

    :param page: text with ``{page}`` and ``{pages}``
    """
    before, _, rest = page.partition("{page}")
    between, _, after = rest.partition("{pages}")
    counters = f"{_quoted(before)} counter(page) {_quoted(between)} counter(pages) {_quoted(after)}"
    texts = {"left": left, "right": right, "bottom": bottom, "seal": seal}
    return _PAGE.format(page=counters, small=_SMALL, **{name: _quoted(text) for name, text in texts.items()})
