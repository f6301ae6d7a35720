"""Editing a limit while `maasc up` serves: the next decisions follow it, and no request is dropped.

Usage: python reload.py MAASC WORKSPACE
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

MAASC, WORKSPACE = sys.argv[1], pathlib.Path(sys.argv[2])


def ask(url: str, key: str, model: str) -> tuple[int, dict]:
    """Sends one request; a dropped connection raises."""
    body = {"model": model, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 16}
    request = urllib.request.Request(
        url + "/chat/completions",
        data=json.dumps(body).encode(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def main() -> None:
    """Runs the check."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "acme"
        shutil.copytree(WORKSPACE, folder, ignore=shutil.ignore_patterns(".maasc", "out"))
        # Many requests must fit before the edit and none after it.
        quotas = folder / "quotas" / "quotas.yaml"
        text = quotas.read_text().replace("requests: 60, per: 1m, scope: user", "requests: 100_000, per: 1h, scope: user")
        text = text.replace("tokens: 250k, per: 1h", "tokens: 900M, per: 1h").replace("tokens: 20M, per: month", "tokens: 900M, per: month")
        quotas.write_text(text)
        process = subprocess.Popen(
            [MAASC, "up", folder, "--listen", "127.0.0.1:0", "--state", str(pathlib.Path(scratch) / "state")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        try:
            url = key = model = ""
            seen = []
            for line in process.stdout:
                seen.append(line)
                if found := re.search(r"curl .*(http://[\d.:]+/v1)/.*Bearer (maas_\w+).*\"model\": \"([^\"]+)\"", line):
                    url, key, model = found.groups()
                    break
            assert url, "maasc up printed no curl line:\n" + "".join(seen)
            statuses: list[int] = []
            lost: list[str] = []
            done = threading.Event()

            def load() -> None:
                while not done.is_set() and len(statuses) < 20_000:
                    try:
                        statuses.append(ask(url, key, model)[0])
                    except OSError as error:
                        lost.append(repr(error))

            threads = [threading.Thread(target=load) for _ in range(4)]
            for thread in threads:
                thread.start()
            while len(statuses) < 50 and not lost:
                pass
            quotas.write_text(text.replace("requests: 100_000, per: 1h", "requests: 1, per: 1h"))
            for line in process.stdout:
                if "reloaded" in line:
                    break
            done.set()
            for thread in threads:
                thread.join()
            assert not lost, lost[:3]
            assert set(statuses) <= {200, 429}, sorted(set(statuses))
            assert statuses[:50] == [200] * 50, statuses[:50]
            status, body = ask(url, key, model)
            assert status == 429, (status, body)
            assert "quotas/quotas.yaml:" in json.dumps(body), body
            print(f"{len(statuses)} requests, none dropped; then: {body['error']['message']}")
        finally:
            watchdog.cancel()
            process.terminate()
            process.wait(timeout=20)
    print("1 passed, 0 failed")


main()
