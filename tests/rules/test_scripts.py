"""install.sh: what it does is told where it stands, and what only looks alike is left alone."""

import pytest

from kuiper_pack.profiles import select
from kuiper_pack.rules import shellcheck
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.target import Target
from tests.rules.rule_cases import PYTHON, findings, portable, scripted, sink

FILES = {"libtide.so": b"", "lib/": b"", "lib/a": b"", "etc/": b"", "etc/labels.txt": b""}
BOTH = Target(select(["1.10.2", "1.14.7"]))
needs_shellcheck = pytest.mark.skipif(
    shellcheck.shellcheck() is None, reason="shellcheck is not installed"
)


def found(
    code: str, script: str, target: Target | None = None, *, image: str | None = None
) -> list[Finding]:
    package = scripted(script.encode(), FILES)
    return [one for one in findings(package, target or Target(image=image)) if one.rule == code]


def messages(code: str, script: str, *, image: str | None = None) -> list[str]:
    return [one.message for one in found(code, script, image=image)]


@pytest.mark.parametrize(
    "script",
    ["cp libtide.so /opt", "./libtide.so", "cp -r lib/* /opt", "sh < lib/a", "cp ./lib /opt"],
)
def test_a_path_of_the_package_is_looked_for_elsewhere_by_old_servers(script: str) -> None:
    (one,) = found("KPI03", script, BOTH)
    assert [release.text for release in one.servers] == ["1.10.2"]


@pytest.mark.parametrize(
    "script",
    [
        'cd "$(dirname "$0")"\ncp libtide.so /opt',
        'cp "$(dirname "$0")/libtide.so" /opt',
        "here=${0%/*}\ncp $here/libtide.so /opt",
        "echo libtide.so",
        "cp /usr/lib/libtide.so /opt",
        "cp other.so /opt",
        "mkdir lib",
    ],
)
def test_other_paths_are_found_wherever_the_script_runs(script: str) -> None:
    assert found("KPI03", script, BOTH) == []


@pytest.mark.parametrize(
    "script",
    [
        'cp "$(dirname "$0")/etc/labels.txt" /opt',
        "cp ${0%/*}/etc/labels.txt /opt",
        'here=$(cd "$(dirname "$0")" && pwd)\ncp -r "$here/etc" /opt',
        "cp `dirname $0`/random.so /opt",
        'cd "$(dirname "$0")"\ncat etc/labels.txt',
        "chmod 755 random.so",
        "cat random.json",
    ],
)
def test_what_is_installed_is_not_beside_the_script(script: str) -> None:
    package = scripted(script.encode(), {**FILES, "random.json": b'{"about": {}}'})
    assert [one.rule for one in findings(package, Target()) if one.rule == "KPI04"] == ["KPI04"]


@pytest.mark.parametrize(
    "script",
    [
        'cp "$(dirname "$0")/lib/a" /opt',
        "cp $KUIPER_HOME/etc/labels.txt /opt",
        "cp /kuiper/etc/labels.txt /opt",
        "cd /kuiper && cat etc/labels.txt",
        '[ -f "$(dirname "$0")/random.so" ]',
    ],
)
def test_what_lies_elsewhere_may_be_looked_for(script: str) -> None:
    assert found("KPI04", script) == []


def test_in_a_portable_the_files_of_symbols_are_the_ones_that_are_gone() -> None:
    manifest = PYTHON.replace(b"functions", b"sources")
    files = {"sources/echo.yaml": b"", "etc/a": b""}
    for path, expected in (("sources/echo.yaml", ["KPI04"]), ("etc/a", []), ("mirror.py", [])):
        package = portable(manifest, {**files, "install.sh": f"cat {path}\n".encode()})
        assert [one.rule for one in findings(package) if one.rule == "KPI04"] == expected


@pytest.mark.parametrize(
    "script",
    [
        "apt-get install libzmq5",
        "apt-get update && apt upgrade",
        "yum install -q zeromq",
        "pip uninstall numpy",
        "read answer",
        "conda create -n x",
        "passwd kuiper",
    ],
)
def test_a_command_that_asks_is_found(script: str) -> None:
    assert len(found("KPI09", script)) == 1


@pytest.mark.parametrize(
    "script",
    [
        "apt-get install -y libzmq5",
        "apt-get -qq install libzmq5",
        "apt-get install --yes libzmq5",
        "apt-get update",
        "apt-get install $OPTIONS libzmq5",
        "yes | apt-get install libzmq5",
        "apk add libzmq",
        "while read line; do echo $line; done < lib/a",
        "echo x | read answer",
        "read answer < lib/a",
        "read -r answer <<END\nyes\nEND\n",
        "pip install numpy",
        "pip uninstall -y numpy",
    ],
)
def test_a_command_that_does_not_ask_is_left_alone(script: str) -> None:
    assert found("KPI09", script) == []


@pytest.mark.parametrize(
    ("image", "script", "missing"),
    [
        ("alpine", "apt-get install -y x", "apt-get"),
        ("alpine", "bash lib/a", "bash"),
        ("alpine", "/usr/bin/python3 lib/a", "python3"),
        ("alpine", "sudo apk add x", "sudo"),
        ("alpine-python", "git clone x", "git"),
        ("slim", "apk add x", "apk"),
        ("slim", "x=$(curl -s y)", "curl"),
        ("slim-python", "wget x", "wget"),
        ("lfedge/ekuiper:2.4.0-slim", "gcc x.c", "gcc"),
    ],
)
def test_a_command_that_the_image_lacks_is_found(image: str, script: str, missing: str) -> None:
    assert messages("KPI12", script, image=image) == [f"{missing} is not in the image {image}"]


@pytest.mark.parametrize(
    ("image", "script"),
    [
        ("alpine", "wget x; unzip y; python3 z 2>/dev/null || true"),
        ("alpine", "if command -v curl; then curl x; fi"),
        ("alpine", "if python3 -V; then python3 x; fi"),
        ("alpine", "curl() { wget x; }\ncurl x"),
        ("alpine", "lib/curl x; $curl x"),
        ("slim", "apt-get install -y curl && curl x"),
        ("slim", "case $d in a) apk add x;; b) apt-get install -y x;; *) yum install -y x;; esac"),
        ("slim-python", "pip install x; python3 y"),
        ("acme/ekuiper:1", "apt-get x; apk y"),
        (None, "sudo curl"),
    ],
)
def test_a_command_that_may_be_there_is_left_alone(image: str | None, script: str) -> None:
    assert found("KPI12", script, image=image) == []


def test_an_image_is_judged_as_it_is_at_each_release() -> None:
    target = Target(select(["0.9.1", "1.9.2", "2.4.0"]), image="slim")
    servers = {
        one.message: [release.text for release in one.servers]
        for one in found("KPI12", "wget x; gcc y", target)
    }
    assert servers == {
        "wget is not in the image slim": ["0.9.1"],
        "gcc is not in the image slim": ["2.4.0"],
    }


@pytest.mark.parametrize(
    "script",
    [
        "apk add libzmq",
        "cp libtide.so /usr/lib/",
        "dir=/usr/local/tide\nmkdir -p $dir/lib",
        "adduser -D tide",
        "echo x | tee /etc/tide.conf",
        "if a; then ln -sf x /opt/y; fi",
    ],
)
def test_what_takes_root_is_found_for_alpine(script: str) -> None:
    assert len(found("KPI13", script, image="alpine")) == 1
    assert found("KPI13", script, image="slim") == []
    assert found("KPI13", script) == []


@pytest.mark.parametrize(
    "script",
    [
        "cp /usr/lib/a /kuiper/",
        "mkdir -p /usr/local/taos/x",
        "cp x /tmp/y",
        "mkdir /opt/x || true",
        "rm -rf /var/lib/apt/lists/*",
        "case $d in a) apk info;; b) apt-get update; mkdir /opt/x;; esac",
    ],
)
def test_what_does_not_take_root_is_left_alone(script: str) -> None:
    assert found("KPI13", script, image="alpine") == []


@pytest.mark.parametrize(
    "script",
    [
        "pip install numpy",
        "python3 -m pip install -r requirements.txt",
        "apt-get update",
        "curl -O https://example.org/x",
        "wget $url",
        "git clone https://example.org/x",
    ],
)
def test_what_needs_the_network_is_noted_once(script: str) -> None:
    (one,) = found("KPI14", f"{script}\n{script}\n")
    assert one.severity is Severity.NOTE
    assert one.message.endswith("and 1 more commands do")


@pytest.mark.parametrize(
    "script",
    [
        "pip install --no-index --find-links wheels numpy",
        "pip install ./wheels/a.whl",
        "apk add --no-network x.apk",
        "curl --version",
        "git --version",
        '"$python" -m pip install -r "$here/requirements.txt"',
    ],
)
def test_what_may_do_without_the_network_is_left_alone(script: str) -> None:
    assert found("KPI14", script) == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("rm -rf /", "it removes /, which is the system's"),
        ("rm -rf /*", "it removes /, which is the system's"),
        ("rm -r -f /usr/lib/", "it removes /usr/lib, which is the system's"),
        ("d=/kuiper\nrm -rf $d/data/*", "it removes /kuiper/data, which is the server's"),
        ("rm -rf /tmp/*", "it removes the sockets of the server's portable plugins, in /tmp"),
        ("pkill kuiperd", "it ends the server that runs it"),
        ("reboot", "it ends the system that it runs on"),
    ],
)
def test_what_is_not_the_scripts_own_must_not_be_removed(script: str, words: str) -> None:
    assert messages("KPI15", script) == [words]


@pytest.mark.parametrize(
    "script",
    ["rm -rf /tmp/tide", "rm -f /tmp/*", "rm -rf lib", "rm -rf /var/lib/apt/lists/*", "pkill tide"],
)
def test_what_may_be_the_scripts_own_can_be_removed(script: str) -> None:
    assert found("KPI15", script) == []


@pytest.mark.parametrize(
    "script",
    ["mkdir /opt/x", "ln -s a /usr/lib/b", "useradd tide", "git clone u /opt/x"],
)
def test_what_cannot_be_made_twice_ends_the_second_installation(script: str) -> None:
    assert len(found("KPI16", f"set -eu\n{script}\nexit 0")) == 1
    assert len(found("KPI16", script)) == 1, "the last command decides"
    assert found("KPI16", f"{script}\nexit 0") == []


@pytest.mark.parametrize(
    "script",
    [
        "mkdir -p /opt/x",
        "mkdir x",
        "mkdir /tmp/x",
        "[ -d /opt/x ] || mkdir /opt/x",
        "if [ ! -d /opt/x ]; then mkdir /opt/x; fi",
        "ln -sf a /usr/lib/b",
        "ln -s a b",
        "id tide || useradd tide",
    ],
)
def test_what_is_there_already_can_be_lived_with(script: str) -> None:
    assert found("KPI16", f"set -e\n{script}") == []


def test_of_many_commands_the_first_are_told_and_the_rest_counted() -> None:
    told = messages("KPI15", "rm -rf /usr\n" * 100)
    assert len(told) == 21
    assert told.count("80 more commands remove what is not the script's own") == 1


@needs_shellcheck
def test_shellcheck_reads_the_script_as_the_shell_of_the_image() -> None:
    script = "echo -e c\n"
    assert messages("KPI17", script) == ["SC3036: In dash, echo flags besides -n not supported."]
    assert messages("KPI17", script, image="alpine") == []


@needs_shellcheck
def test_what_is_told_as_a_bashism_is_not_told_twice() -> None:
    script = "pushd x || exit\necho -e $1\n"
    assert len(found("KPI02", script)) == 1
    assert [message[:6] for message in messages("KPI17", script)] == ["SC3036"]


@needs_shellcheck
def test_warnings_of_shellcheck_are_notes_and_the_rest_is_left_out() -> None:
    assert [one.severity for one in found("KPI17", "cd $1\n")] == [Severity.NOTE]
    assert found("KPI17", "echo $1\n") == []


def test_without_shellcheck_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shellcheck, "shellcheck", lambda: None)
    assert found("KPI17", "f() {\n") == []


def test_a_package_without_a_script_has_no_findings_about_one() -> None:
    target = Target(select(["1.10.2", "2.4.0"]), image="alpine")
    assert not any(one.rule.startswith("KPI") for one in findings(sink(), target))
