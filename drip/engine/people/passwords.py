"""Which passwords we refuse: too short, or what everybody tries first (ASVS 6.2.1, 6.2.4)."""

import re

SHORTEST = 12
LONGEST = 200
FEWEST_CHARACTERS = 5

# What long common passwords are made of: words and walks over the keyboard, padded with digits or each other.
_BASES = """
password passwort passw0rd admin administrator root welcome letmein iloveyou ilove love master secret changeme
qwerty qwertz azerty qwertyuiop asdf asdfgh asdfghjkl zxcv zxcvbn zxcvbnm yxcvbnm qazwsx qazwsxedc wsx edc rfv tgb
zaq xsw qaz 1qaz 2wsx 3edc 4rfv 1q2w3e 1q2w3e4r q1w2e3 q1w2e3r4 4r5t 5t6y 6y7u 7u8i 8i9o 9o0p t5y6 u7i8
dragon monkey sunshine princess football baseball basketball superman batman spiderman starwars pokemon shadow
trustno hello freedom whatever charlie michael jordan ashley jennifer jessica thomas daniel christopher
computer internet samsung google facebook linkedin microsoft windows playstation sonyericsson nintendo minecraft
liverpool arsenal chelsea barcelona manchester united summer winter spring autumn january december test temp demo
justinbieber finalfantasy jamesbond transformers supernatural peanutbutter needforspeed counterstrike hannahmontana
michaeljackson onedirection fan neworleans cookiemonster leavemealone fallen cosmopolitan stratocaster residentevil
edwardcullen avrillavigne ichliebedich sonnenschein ingodwetrust correcthorsebatterystaple
default user login guest access company business professional international family jesus christ forever angel
motherfucker fuck you me my the and is abc abcd abcdef abcdefgh qwe asd zxc ert dfg cvb drip checkin
"""
_FILLER = re.compile(r"[\d\W_]+")
_EDGES = re.compile(r"^[\d\W_]+|[\d\W_]+$")
_LEET = str.maketrans("@4310$57!", "aaeiossti")


def problem(password: str, email: str) -> str | None:
    """Why a password is refused, in one sentence; None when it is good."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters; three or four unrelated words are easy to remember."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if not password.isprintable():
        return "Use characters that can be typed: there is a control character in it."
    if _is_common(password.lower(), email.lower()):
        return "This is one of the first that anybody would try. Take three or four unrelated words instead."
    return None


def _is_common(password: str, email: str) -> bool:
    if len(set(password)) < FEWEST_CHARACTERS:
        return True
    known = _words(email)
    forms = (password, _EDGES.sub("", password).translate(_LEET))
    return any(not _rest(form, known) for form in forms)


def _words(email: str) -> list[str]:
    """Longest first; the owner's own address counts as a common word."""
    own = [part for part in re.split(r"[\W_]+", email) if len(part) > 2]
    return sorted({*_BASES.split(), *own}, key=len, reverse=True)


def _rest(text: str, words: list[str]) -> str:
    """What is left without common words, their mirror images, digits and signs; two letters are not a password."""
    for word in words:
        text = text.replace(word, "0").replace(word[::-1], "0")
    left = _FILLER.sub("", text)
    return left if len(left) > 2 else ""
