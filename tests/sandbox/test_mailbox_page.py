"""The mailbox page shows what people got, and nothing that they were sent can act in it."""

import re

import pytest

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"


def page(sandbox, **query):
    answer = sandbox.http.get("/", params=query)
    assert answer.status_code == 200
    return answer


def send_to(sandbox, body, address, name="", **changes):
    people = [{"to": [{"email": address, "name": name}]}]
    return sandbox.send(body(personalizations=people, **changes)).headers["X-Message-Id"]


def test_an_empty_mailbox_says_so(sandbox):
    assert "No letters yet" in page(sandbox).text


def test_the_page_says_that_this_is_the_sandbox(sandbox):
    assert "Nothing left this machine" in page(sandbox).text


def test_people_stand_newest_first(sandbox, body):
    for address in ("ana@x.example", "bo@x.example", "cy@x.example", "ana@x.example"):
        send_to(sandbox, body, address)
    assert re.findall(r'href="/\?who=(\w+)', page(sandbox).text) == ["ana", "cy", "bo"]


def test_a_letter_shows_its_business_time_where_the_customer_lives(sandbox, body):
    people = [{"to": [{"email": "ana@x.example"}]}]
    times = {"X_Drip_Business_Time": "2026-09-01T13:00:00Z", "X_Drip_Time_Zone": "America/New_York"}
    sandbox.send(body(personalizations=people), **times)
    assert "Tue 1 Sep 2026, 09:00 New York" in page(sandbox, who="ana@x.example").text


def test_names_and_subjects_are_inert(sandbox, body):
    identifier = send_to(sandbox, body, "bob@x.example", name=HOSTILE.replace(";", ""), subject=HOSTILE)
    sandbox.post(f"/api/messages/{identifier}/reply", {"text": HOSTILE})
    shown = page(sandbox, who="bob@x.example", q="script").text
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_the_page_allows_only_its_own_scripts(sandbox):
    answer = page(sandbox)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert not re.search(r"<script(?! src)|<style| style=| on\w+=", answer.text)


def test_a_letter_is_shown_in_a_frame_without_scripts(sandbox, body):
    identifier = send_to(sandbox, body, "ana@x.example")
    frame = re.search(r"<iframe[^>]*>", page(sandbox).text)[0]
    assert f'src="/letters/{identifier}"' in frame
    letter = sandbox.http.get(f"/letters/{identifier}")
    assert "default-src 'none'" in letter.headers["Content-Security-Policy"]
    for policy in (frame, letter.headers["Content-Security-Policy"]):
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
        assert "allow-same-origin" not in policy


def test_search_finds_words_in_names_and_letters(sandbox, body):
    send_to(sandbox, body, "ana@x.example", "Ana Pereira", subject="The parking sensor")
    send_to(sandbox, body, "bo@x.example", "Bo Lindqvist")
    assert re.findall(r'href="/\?who=(\w+)', page(sandbox, q="PARKING pereira").text) == ["ana"]
    assert "Nobody and nothing" in page(sandbox, q="zebra").text


def test_letters_are_unread_until_they_are_read(sandbox, body):
    send_to(sandbox, body, "ana@x.example")
    identifier = send_to(sandbox, body, "ana@x.example")
    assert 'title="2 unread"' in page(sandbox).text
    sandbox.post(f"/api/messages/{identifier}/read", {})
    assert "unread" not in page(sandbox).text


def test_an_answer_and_what_follows_stand_in_one_thread(sandbox, body):
    first = send_to(sandbox, body, "ana@x.example", subject="How was it?", headers={"Message-ID": "<one@x.example>"})
    message_id = sandbox.post(f"/api/messages/{first}/reply", {"text": "Lovely."}).json()["message_id"]
    headers = {"Message-ID": "<two@x.example>", "In-Reply-To": message_id}
    send_to(sandbox, body, "ana@x.example", subject="Re: How was it?", headers=headers)
    send_to(sandbox, body, "ana@x.example", subject="Another one", headers={"Message-ID": "<three@x.example>"})
    shown = page(sandbox, who="ana@x.example").text
    assert shown.count('<details class="thread"') == 2
    assert "Lovely." in shown


def test_what_happened_to_a_letter_is_shown(sandbox, body):
    identifier = send_to(sandbox, body, "ana@x.example")
    sandbox.post(f"/api/messages/{identifier}/event", {"event": "bounce"})
    assert "bounced" in page(sandbox, who="ana@x.example").text


def test_answers_and_events_survive_a_restart_of_the_page(starter, body):
    sandbox = starter()
    identifier = send_to(sandbox, body, "ana@x.example")
    sandbox.post(f"/api/messages/{identifier}/reply", {"text": "Lovely."})
    sandbox.kill()
    sandbox.start()
    assert "Lovely." in page(sandbox, who="ana@x.example").text


@pytest.mark.parametrize("name", ["", " ", "李娜", "مريم", "🙂", "-", "\u200b", "x" * 10_000])
def test_any_name_can_be_shown(sandbox, body, name):
    send_to(sandbox, body, "ana@x.example", name)
    page(sandbox, who="ana@x.example")


@pytest.mark.parametrize("path", ["/static/mailbox.css", "/static/mailbox.js", "/static/icon.svg", "/healthz"])
def test_what_the_page_needs_is_there(sandbox, path):
    assert sandbox.http.get(path).status_code == 200


def test_the_static_folder_is_all_that_is_served(sandbox):
    assert sandbox.http.get("/static/../server.py").status_code == 404
    assert sandbox.http.get("/static/%2e%2e/server.py").status_code in (403, 404)
