"""Names, URLs, paths and quotes as the servers' Go reads and writes them."""

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.disk import Disk
from kuiper_pack.planner.folders import clean, join
from kuiper_pack.planner.godecode import DecodeError, Struct, decode
from kuiper_pack.planner.goquote import quote
from kuiper_pack.planner.gourl import is_valid
from kuiper_pack.planner.names import check_id, is_unsafe_entry, parse_so_name, so_names
from kuiper_pack.planner.outcome import Refused
from kuiper_pack.planner.steps import Failure
from kuiper_pack.profiles import Release, profile

NEW, OLD = profile(Release.parse("2.4.0")), profile(Release.parse("0.5.0"))


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", '"plain"'),
        ('say "hi"\\', '"say \\"hi\\"\\\\"'),
        ("a\nb\x01\x7f", '"a\\nb\\x01\\x7f"'),
        ("插件 é", '"插件 é"'),
        ("\u2028\U000e0001", '"\\u2028\\U000e0001"'),
        ("\udcff", '"\\xff"'),
    ],
)
def test_text_is_quoted_like_go_quotes_it(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.parametrize(
    ("url", "old", "new"),
    [
        ("http://h/x.zip", True, True),
        ("HTTP://h:80/x.zip", True, True),
        ("https://u:p@h/x.zip", True, True),
        ("ftp://h/x.zip", True, False),
        ("file:///x.zip", False, True),
        ("file://h/x.zip", True, False),
        ("file:x.zip", False, False),
        ("x.zip", False, False),
        ("/x.zip", False, False),
        ("http:///x.zip", False, False),
        ("http://[::1]:1/x.zip", True, True),
        ("http://[::1/x.zip", False, False),
        ("http://h:a/x.zip", False, False),
        ("http://h/%zz.zip", False, False),
        ("http://h/a b.zip", True, True),
        ("http://h/\x01.zip", False, False),
        ("", False, False),
    ],
)
def test_urls_are_accepted_as_each_generation_accepts_them(url: str, old: bool, new: bool) -> None:
    assert is_valid(url, file_urls=False) is old
    assert is_valid(url, file_urls=True) is new


@pytest.mark.parametrize(
    ("name", "file", "old", "new"),
    [
        ("random", "Random.so", True, True),
        ("random", "Random@v1.so", True, True),
        ("random", "Random@1.so", False, True),
        ("random", "random.so", False, True),
        ("random", "random@.so", False, True),
        ("random", "RANDOM.so", False, False),
        ("random", "randomx.so", False, False),
        ("random", "random.so.so", False, False),
        ("random", "random@v1/x.so", False, True),
        ("random", "random@a\nb.so", False, False),
        ("a+", "aa.so", False, True),
        ("a+", "a+.so", False, False),
        ("a.b", "axb.so", False, True),
    ],
)
def test_shared_objects_are_found_by_name(name: str, file: str, old: bool, new: bool) -> None:
    assert so_names(OLD, name)(file) is old
    assert so_names(NEW, name)(file) is new


@pytest.mark.parametrize("name", ["a(", "[a", "插件", "éa", "a\\1", "(?=a)"])
def test_a_name_that_is_no_pattern_ends_the_connection(name: str) -> None:
    with pytest.raises(Refused) as refused:
        so_names(NEW, name)
    assert refused.value.panics
    assert refused.value.cause is Cause.NAME_PANICS


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("Random.so", ("random", ""), ("random", "")),
        ("Random@v1.0.so", ("random", "1.0"), ("random", "v1.0")),
        ("random@1@2.so", ("random@1@2", ""), ("random", "1")),
        ("x.so.so", ("x", ""), ("x", "")),
    ],
)
def test_a_file_name_tells_plugin_and_version(
    file: str, old: tuple[str, str], new: tuple[str, str]
) -> None:
    assert parse_so_name(OLD, file) == old
    assert parse_so_name(NEW, file) == new


@pytest.mark.parametrize(
    "name", ["/a", "\\a", "../a", "a/../b", "a\\..\\b", "CON", "CONFIG.md", "NULL", "AUX1", "PRN"]
)
def test_names_that_are_skipped(name: str) -> None:
    assert is_unsafe_entry(name)


@pytest.mark.parametrize("name", ["a..b", "con", "a/CON", "..a", "Config.md"])
def test_names_that_are_not_skipped(name: str) -> None:
    assert not is_unsafe_entry(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "id cannot be empty"),
        (" a", "leading or trailing whitespace"),
        ("a\u2028", "leading or trailing whitespace"),
        ("\u3000", "leading or trailing whitespace"),
        ("a.b", "contains invalid characters"),
        ("é", "contains invalid characters"),
    ],
)
def test_ids_are_checked_in_the_servers_words(name: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        check_id(name)


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        ("", "."),
        ("a", "a"),
        ("a/", "a"),
        ("a/./b//c", "a/b/c"),
        ("/a/../../b", "/b"),
        ("a/../../b", "../b"),
        ("//a", "/a"),
        ("/", "/"),
    ],
)
def test_paths_are_cleaned_like_go_cleans_them(path: str, cleaned: str) -> None:
    assert clean(path) == cleaned


def test_empty_parts_do_not_count_in_a_path() -> None:
    assert join("/a", "", "../b") == "/b"
    assert join("", "") == "."


def small_disk() -> Disk:
    disk = Disk()
    disk.make_folders("/server/folder")
    disk.create("/server/file", 0o644)
    return disk


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("new", None),
        ("folder/new", None),
        ("folder/../new", None),
        ("missing/new", "no such file or directory"),
        ("file/new", "not a directory"),
        ("../new", "path escapes from parent"),
        ("folder/../../new", "path escapes from parent"),
        ("/new", "path escapes from parent"),
        ("folder", "is a directory"),
        ("a\0b", "invalid argument"),
        ("n" * 256, "file name too long"),
    ],
)
def test_files_are_created_below_a_folder_or_not_at_all(name: str, words: str | None) -> None:
    failure = small_disk().create_inside("/server", name, 0o644)
    assert (failure and failure.words) == words


def test_folders_go_with_all_they_hold_and_only_then() -> None:
    disk = small_disk()
    disk.create("/server/folder/x", 0o644)
    assert disk.remove("/server/folder") == Failure("directory not empty")
    assert disk.remove_tree("/server/folder") is None
    assert disk.check("/server/folder") == "missing"
    assert disk.check("/server/file") == "file"
    assert disk.check("/server/file/x") == Failure("not a directory")
    assert disk.make_folders("/server/file/x") == Failure("not a directory", "/server/file")


STRUCT = Struct(
    "p", "T", {"name": "string", "list": "[]string", "env": "*string"}, {"name": "Base"}
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"name": 1}', "json: cannot unmarshal number into Go struct field T.name of type string"),
        ("[]", "json: cannot unmarshal array into Go value of type p.T"),
        (
            '{"list": [1]}',
            "json: cannot unmarshal number into Go struct field T.list of type string",
        ),
        ('{"list": "x"}', "cannot unmarshal string into Go struct field T.list of type []string"),
        ('{"list": [], "name": true, "LIST": 1}', "cannot unmarshal bool"),
        ("{", "unexpected end of JSON input"),
    ],
)
def test_documents_of_the_wrong_shape_fail_in_the_words_of_go(text: str, words: str) -> None:
    with pytest.raises(DecodeError) as error:
        decode(text.encode(), STRUCT, (1, 22))
    assert words in str(error.value)


def test_newer_go_names_the_embedded_struct() -> None:
    with pytest.raises(DecodeError, match=r"field T\.Base\.name of"):
        decode(b'{"name": 1}', STRUCT, (1, 24))


def test_keys_match_in_any_case_and_null_sets_nothing() -> None:
    values = decode(
        b'{"NAME": "a", "name": null, "list": [null, "x"], "env": null}', STRUCT, (1, 22)
    )
    assert values == {"name": "a", "list": ("", "x"), "env": None}
    assert decode(b"null", STRUCT, (1, 22)) == {}
    assert decode(b'{"name": "a"} rest', STRUCT, (1, 22), stream=True) == {"name": "a"}


@pytest.mark.parametrize("name", ["(a|a)*b", "a*a*a*a*b", "(a|b)(a|b)(a|b)(a|b)", "(a+)+"])
def test_a_name_that_could_be_matched_for_ever_is_not_followed(name: str) -> None:
    with pytest.raises(KuiperPackError, match="rename the plugin"):
        so_names(NEW, name)
