"""What rules find wrong with metadata is what its published schema says."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.package.jsonio import parse
from kuiper_pack.package.kind import Kind
from kuiper_pack.rules.metadata_shape import METADATA, misfits
from kuiper_pack.schemas import load

SCALARS: st.SearchStrategy[object] = st.sampled_from([None, True, 3, "text", [], {}, ["text"]])
LANGUAGES = st.dictionaries(st.sampled_from(["en_US", "zh_CN", "de"]), SCALARS) | SCALARS
AUTHOR = st.dictionaries(st.sampled_from(["name", "email", "phone"]), SCALARS) | SCALARS
ABOUT = st.fixed_dictionaries(
    {},
    optional={
        "trial": SCALARS,
        "installed": SCALARS,
        "author": AUTHOR,
        "helpUrl": LANGUAGES,
        "description": LANGUAGES,
        "price": SCALARS,
    },
)
FIELD = st.fixed_dictionaries(
    {
        "name": st.just("port"),
        "control": st.just("text"),
        "type": st.sampled_from(["int", 3]),
        "label": LANGUAGES,
    },
    optional={"optional": SCALARS, "hint": LANGUAGES, "width": SCALARS},
)
LIBS = st.lists(SCALARS, max_size=2)


@st.composite
def metadata(draw: st.DrawFn, kind: Kind) -> dict[str, object]:
    listed = draw(st.lists(FIELD, max_size=2))
    properties = listed if kind is Kind.SINK else {"default": listed}
    return {"about": draw(ABOUT), "libs": draw(LIBS), "properties": properties}


@pytest.mark.parametrize("kind", [Kind.SINK, Kind.SOURCE])
@given(data=st.data())
def test_metadata_has_misfits_where_it_breaks_its_schema(kind: Kind, data: st.DataObject) -> None:
    document = data.draw(metadata(kind))
    validator = jsonschema.Draft202012Validator(load(f"{kind.value}-metadata"))
    root = parse(json.dumps(document).encode())
    assert validator.is_valid(document) is not any(misfits(root, METADATA[kind]))
