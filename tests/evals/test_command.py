"""What the command says where there is nobody to ask."""

import pytest

from evals import __main__ as command
from evals import sets
from evals.cases import calls_case


def test_without_a_server_one_line_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    case = calls_case("simple_python", "a", [{"role": "user", "content": "hi"}], [], [])
    monkeypatch.setattr(sets, "cases", lambda *_: [case])
    monkeypatch.setattr("sys.argv", ["evals", "run", "--base-url", "http://127.0.0.1:9/v1"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert told.startswith("python -m evals: ")
    assert "127.0.0.1:9" in told
    assert told.count("\n") == 1
