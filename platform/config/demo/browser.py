"""A person with a browser, as far as the demo needs one: cookies, links, forms and their hidden fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx


@dataclass
class Form:
    """A form of a page: where it goes and what it would send if nobody typed anything."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(attributes.get("action", ""), attributes.get("method", "get").lower()))
        if not self.forms:
            return
        fields, name = self.forms[-1].fields, attributes.get("name", "")
        if tag == "input" and name:
            kind = attributes.get("type", "text")
            if kind == "file":
                self.forms[-1].files.add(name)
            elif kind in {"checkbox", "radio"}:
                if "checked" in attributes:
                    fields[name] = attributes.get("value", "on")
            elif kind not in {"submit", "button", "image"}:
                fields[name] = attributes.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "textarea" and name:
            self._textarea = name
            fields[name] = ""
        elif tag == "option" and self._select and ("selected" in attributes or self._select not in fields):
            fields[self._select] = attributes.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""


class Browser:
    """One person's browser on one host of the running service. Follows redirects and keeps cookies."""

    def __init__(self, host: str, port: int, language: str = "zh-hans") -> None:
        self.origin = f"http://{host}:{port}"
        # Names below .localhost lead to this machine; not every resolver knows, so ask it directly.
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Host": f"{host}:{port}", "Accept-Language": language, "Origin": self.origin},
            timeout=600,  # a busy machine takes its time
        )
        self.url, self.page, self.status = "/", "", 0

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str) -> str:
        """Open a page and return its text; anything but a success is an error that shows the page."""
        return self._follow(self._client.get(path))

    def submit(
        self,
        action: str,
        values: Mapping[str, str | list[str]] | None = None,
        files: dict[str, tuple[str, bytes]] | None = None,
        button: tuple[str, str] | None = None,
    ) -> str:
        """Fill in and send the form whose action contains ``action`` on the page that is open.

        A list is what a row of boxes sends when several are ticked.
        """
        form = self.form(action)
        data: dict[str, str | list[str]] = {**form.fields, **(values or {})}
        if button:
            data[button[0]] = button[1]
        target = urljoin(self.url, form.action or self.url)
        if form.method == "get":
            return self._follow(self._client.get(target, params=data))
        return self._follow(
            self._client.post(target, data=data, files=files, headers={"Referer": self.origin + self.url})
        )

    def confirm(self, action: str, values: Mapping[str, str | list[str]] | None = None) -> str:
        """Send a form that asks before it does something, and answer its question."""
        self.submit(action, values)
        return self.submit(action)

    def form(self, action: str) -> Form:
        """Return the first form of the open page whose action contains ``action``."""
        reader = _Forms()
        reader.feed(self.page)
        for form in reader.forms:
            if action in (form.action or self.url):
                return form
        raise LookupError(
            f"{self.origin}{self.url} has no form for {action}: {[f.action for f in reader.forms]}"
        )

    def _follow(self, response: httpx.Response) -> str:
        for _hop in range(10):
            if not response.is_redirect:
                break
            location = urlsplit(urljoin(str(response.url), response.headers["location"]))
            response = self._client.get(location.path + (f"?{location.query}" if location.query else ""))
        self.url = response.url.raw_path.decode()
        self.page, self.status = response.text, response.status_code
        # A declined card is an answer, and its page has the form for the next one.
        if response.status_code >= 400 and response.status_code != httpx.codes.PAYMENT_REQUIRED:
            raise RuntimeError(f"{self.origin}{self.url} answered {response.status_code}: {self.page[:400]}")
        return self.page
