from fastconv.training.parallel import failure


def test_one_process_says_nothing_of_ranks():
    assert failure.wait(ValueError("x")) == ""
    failure.end(2)  # and goes on


class Comm:
    def __init__(self):
        self.aborted = []

    def Get_rank(self):  # noqa: N802 - mpi4py's name
        return 2

    def Get_size(self):  # noqa: N802
        return 4

    def Abort(self, status):  # noqa: N802
        self.aborted.append(status)


def test_ranks_take_turns(monkeypatch, capsys):
    comm, slept = Comm(), []
    monkeypatch.setattr(failure, "_comm", comm)
    monkeypatch.setattr(failure.time, "sleep", slept.append)
    assert failure.wait(ValueError("x")) == "rank 2 of 4: "
    failure.wait(KeyboardInterrupt())
    assert slept == [2 * failure.TURN, failure.WRITING]
    failure._uncaught(ValueError, ValueError("two\nlines"), None)
    assert capsys.readouterr().err.splitlines()[-1] == "fastconv: rank 2 of 4: ValueError: two lines"
    assert comm.aborted == [1]
