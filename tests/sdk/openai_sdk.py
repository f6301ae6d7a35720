"""The official OpenAI package against `maasc up`: answers, streams, and its own typed exceptions.

Usage: python openai_sdk.py MAASC WORKSPACE
"""

import json
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request

import openai

MAASC, WORKSPACE = sys.argv[1], sys.argv[2]
PASSED: list[str] = []


def check(name: str, condition: bool, detail: object = "") -> None:
    """Counts one expectation, or ends the run."""
    if not condition:
        print(f"FAILED: {name}: {detail}", flush=True)
        raise SystemExit(1)
    PASSED.append(name)
    print(f"ok: {name}", flush=True)


class Gateway:
    """A running `maasc up` and what it printed."""

    def __init__(self) -> None:
        self.state = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [MAASC, "up", WORKSPACE, "--listen", "127.0.0.1:0", "--state", self.state.name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self.url = self.key = self.allowed = self.refused = ""
        watchdog = threading.Timer(60, self.process.kill)
        watchdog.start()
        assert self.process.stdout is not None
        models: list[str] = []
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(r"(http://127\.0\.0\.1:\d+)/v1", line):
                self.url = found.group(1) + "/v1"
            if found := re.search(r"Bearer (maas_\w+)", line):
                self.key = found.group(1)
            if found := re.search(r'"model": ?"([^"]+)"', line):
                models.append(found.group(1))
            if len(models) == 2:
                break
        watchdog.cancel()
        if len(models) != 2:
            raise SystemExit("maasc up printed no two curl lines:\n" + "".join(self.lines))
        self.allowed, self.refused = models
        # The pipe must not fill up while the gateway logs.
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()

    def stop(self) -> None:
        """Ends the gateway the way a terminal does."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def main() -> None:
    """Runs every check."""
    gateway = Gateway()
    try:
        client = openai.OpenAI(base_url=gateway.url, api_key=gateway.key, max_retries=0, timeout=30)
        hello = [{"role": "user", "content": "Say hello."}]

        answer = client.chat.completions.create(model=gateway.allowed, messages=hello, max_tokens=32)
        check("a chat is answered", bool(answer.choices[0].message.content), answer)
        check("its usage is counted", answer.usage is not None and answer.usage.total_tokens > 0, answer)

        chunks = list(client.chat.completions.create(model=gateway.allowed, messages=hello, max_tokens=32, stream=True))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        check("a stream is answered", bool(text) and len(chunks) > 2, chunks)
        check("a stream shows no usage that nobody asked for", all(chunk.usage is None for chunk in chunks), chunks)

        options = {"include_usage": True}
        chunks = list(
            client.chat.completions.create(
                model=gateway.allowed, messages=hello, max_tokens=32, stream=True, stream_options=options
            )
        )
        check("a stream shows the usage that was asked for", chunks[-1].usage is not None, chunks[-1])

        names = [model.id for model in client.models.list()]
        check("the list of models holds what the caller may use", gateway.allowed in names, names)
        check("and nothing else", gateway.refused not in names, names)

        try:
            client.with_options(api_key="maas_nobody_nothing_0").chat.completions.create(
                model=gateway.allowed, messages=hello
            )
            check("a wrong key is refused", False)
        except openai.AuthenticationError as error:
            check("a wrong key raises AuthenticationError", error.code == "invalid_api_key", error.body)

        try:
            client.chat.completions.create(model=gateway.refused, messages=hello)
            check("a model without a grant is refused", False)
        except openai.PermissionDeniedError as error:
            check("a model without a grant raises PermissionDeniedError", error.code == "model_not_allowed", error.body)
            place = re.search(r"[\w/.-]+\.yaml:\d+", json.dumps(error.body))
            check("and names the line of the policy", place is not None, error.body)

        try:
            client.chat.completions.create(model="no-such-model", messages=hello)
            check("an unknown model is refused", False)
        except openai.NotFoundError as error:
            check("an unknown model raises NotFoundError", error.code == "model_not_found", error.body)

        try:
            client.chat.completions.create(model=gateway.allowed, messages=[], extra_body={"max_tokens": "many"})
            check("a wrong body is refused", False)
        except openai.BadRequestError as error:
            check("a wrong body raises BadRequestError", bool(error.message), error.body)

        limited = None
        for _ in range(2000):
            try:
                client.chat.completions.create(model=gateway.allowed, messages=hello, max_tokens=16)
            except openai.RateLimitError as error:
                limited = error
                break
        check("a used-up limit raises RateLimitError", limited is not None)
        check("it says when to come back", int(limited.response.headers["retry-after"]) >= 1, limited.response.headers)
        check("it names the line of the policy", ".yaml:" in json.dumps(limited.body), limited.body)

        request = urllib.request.Request(gateway.url + "/nothing")
        try:
            urllib.request.urlopen(request, timeout=10)
            check("an unknown path is refused", False)
        except urllib.error.HTTPError as error:
            body = json.loads(error.read())
            check("an unknown path is 404 in OpenAI's shape", error.code == 404 and "message" in body["error"], body)
    finally:
        gateway.stop()
    check("the gateway ends cleanly", gateway.process.returncode in (0, -15, 143), gateway.process.returncode)
    print(f"{len(PASSED)} passed, 0 failed")


main()
