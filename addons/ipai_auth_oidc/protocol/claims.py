"""What the claims say of a person: e-mail, groups, domain, how strongly they signed in."""

from .refusal import Refused

LAST_MOMENT = 10**12
SIGNED_ONLY = ("acr", "amr", "auth_time", "sid", "hd", "iss", "aud", "azp", "nonce", "exp", "iat")


def value_at(claims, path):
    """Return the claim at a path such as ``realm_access.roles``; a claim of that whole name wins."""
    if path in claims:
        return claims[path]
    found = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def values(claims, path):
    """Return the claim at ``path`` as a set of texts; an absent claim is the empty set.

    Entra leaves a long list of groups out and points elsewhere (``_claim_names``): that is refused, because
    taking it for "no groups" would take rights away by chance.
    """
    pointers = claims.get("_claim_names")
    if isinstance(pointers, dict) and path.partition(".")[0] in pointers:
        raise Refused("too_many_groups", f"the claim {path} was left out because it is too long")
    found = value_at(claims, path)
    if found is None:
        return set()
    if isinstance(found, str):
        return {found}
    if isinstance(found, dict):  # ZITADEL and others: role names are the keys
        return set(map(str, found))
    return {str(item) for item in found} if isinstance(found, list) else set()


def verified_email(claims, flag):
    """Return the e-mail address in lower case; raise Refused unless the provider vouches for it."""
    email = claims.get("email")
    if not isinstance(email, str) or email.count("@") != 1 or len(email) > 254:
        raise Refused("no_email", "the provider sent no e-mail address")
    # Some providers send the flag as a text; Entra's xms_edov comes as 1 or "1".
    if str(claims.get(flag)).lower() not in ("true", "1"):
        raise Refused("unverified_email", f"{flag} is {claims.get(flag)} for {email}")
    if not email.isascii() or not email.isprintable() or " " in email:
        raise Refused("no_email", "the address holds letters that can be mistaken for others")
    return email.lower()


def check_domain(claims, domains):
    """Raise Refused unless Google's claim ``hd`` is one of ours; the e-mail alone proves no membership."""
    if domains and str(claims.get("hd", "")).lower() not in domains:
        raise Refused(
            "wrong_domain", f"hosted domain {claims.get('hd')} is not among {list(domains)}"
        )


def check_strength(claims, acr_values, amr_values):
    """Raise Refused unless the sign-in was of a required class (acr) and used a required method (amr)."""
    if acr_values and claims.get("acr") not in acr_values:
        raise Refused("too_weak", f"acr is {claims.get('acr')}, required is one of {acr_values}")
    if amr_values and not methods(claims) & set(amr_values):
        raise Refused("too_weak", f"amr is {claims.get('amr')}, required is one of {amr_values}")


def has_second_factor(claims, proving):
    """Return whether acr or amr is among the values that this provider uses for a second factor."""
    return bool({str(claims.get("acr"))} & set(proving) or methods(claims) & set(proving))


def completed(signed, info, flag):
    """Return the claims of the ID token, with what it leaves out taken from userinfo.

    How, when and where somebody signed in counts only where it was signed; and the flag that vouches for an
    address counts only together with the address it came with.
    """
    source = signed if "email" in signed else info
    mixed = {**{name: info[name] for name in info if name not in SIGNED_ONLY}, **signed}
    return {**mixed, flag: source.get(flag)}


def seen_at(claims):
    """Return ``auth_time``, when the person was at the provider; None where it says nothing usable."""
    at = claims.get("auth_time")
    is_number = isinstance(at, int | float) and not isinstance(at, bool)
    return float(at) if is_number and 0 < at < LAST_MOMENT else None


def shown(claims, name):
    """Return a claim, a text or a list of texts, as one line that can be stored and shown."""
    found = claims.get(name)
    words = found if isinstance(found, list) else [found]
    line = " ".join(word for word in words if isinstance(word, str))
    return "".join(sign for sign in line if sign.isprintable())[:200]


def methods(claims):
    """Return the values of ``amr``."""
    amr = claims.get("amr")
    return {item for item in amr if isinstance(item, str)} if isinstance(amr, list) else set()
