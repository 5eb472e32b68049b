"""What values the scalars of the house have, for schemathesis."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

whole = st.integers(-(2**63), 2**63 - 1)
days = st.dates().map(str)
scalars = {
    "Cents": whole.map(str),
    "Position": whole.map(str),
    "Version": whole.map(str),
    "Jours": st.decimals(0, 10_000, places=2).map(str),
    "Mesure": st.decimals(-10_000, 10_000, places=2).map(str),
    "Date": days,
    "DateTime": days.map(lambda it: it + "T12:00:00Z"),
    "UUID": st.uuids().map(str),
}
for name, values in scalars.items():
    schemathesis.graphql.scalar(name, values.map(nodes.String))
schemathesis.graphql.scalar("JSON", st.text(max_size=20).map(nodes.String))


@schemathesis.check
def says_what_is_wrong(ctx, response, case):
    """Whatever is asked: an answer, or an error that has a code and is not ours."""
    assert response.status_code < 500, response.status_code
    text = response.text
    for error in response.json().get("errors", []):
        code = error.get("extensions", {}).get("code")
        assert code and code != "INTERNAL_SERVER_ERROR", text
    for secret in ("select ", "sqlx", ".rs:", "panicked", "/src/"):
        assert secret not in text.lower(), text
