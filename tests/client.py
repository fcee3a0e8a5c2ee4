"""A browser without a screen: logs in and calls models over HTTP, as the web client and API clients do."""

import http.cookiejar
import json
import urllib.error
import urllib.request


class Refused(Exception):
    """What the server answered instead of a result; ``name`` is the class of the error."""

    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name = name


class Client:
    """A session of one user (JSON-RPC)."""

    def __init__(self, url, database, login):
        self.url, self.database, self.login = url, database, login
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.session = self._rpc("/web/session/authenticate", {"db": database, "login": login, "password": login})

    def _rpc(self, path, params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        with self.opener.open(request, timeout=60) as response:
            answer = json.load(response)
        if "error" in answer:
            raise Refused(answer["error"]["data"]["name"].rsplit(".", 1)[-1], answer["error"]["data"]["message"])
        return answer.get("result")  # a method without return value leaves it out

    def call(self, model, method, *args, **kwargs):
        """Call a method of a model."""
        return self._rpc(
            f"/web/dataset/call_kw/{model}/{method}", {"model": model, "method": method, "args": args, "kwargs": kwargs}
        )

    def error(self, model, method, *args, **kwargs):
        """Return the name of the error that a call gives, or "" if it succeeds."""
        try:
            self.call(model, method, *args, **kwargs)
        except Refused as refused:
            return refused.name
        return ""


def json2(url, database, key, model, method, **arguments):
    """Call a method over JSON-2 with an API key.

    :raises Refused: with what the server says
    """
    request = urllib.request.Request(
        f"{url}/json/2/{model}/{method}", json.dumps(arguments).encode(),
        {"Content-Type": "application/json", "Authorization": f"bearer {key}", "X-Odoo-Database": database},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        answer = json.load(error)
        raise Refused(answer["name"].rsplit(".", 1)[-1], answer["message"]) from error
