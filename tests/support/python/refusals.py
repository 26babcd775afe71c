"""What a refusal says in the helpful style: its message; with a detail for people also that and the reason."""


def says(answer, status, message, reason):
    """Asserts that `answer` is exactly this refusal; returns its detail, or None."""
    body = answer.json()
    detail = body.pop("detail", None)
    assert (answer.status, body) == (status, {"message": message, **({"reason": reason} if detail is not None else {})})
    return detail
