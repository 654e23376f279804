from fastconv.plan import peak


def test_what_the_machine_can_do():
    operations, cpu = peak.operations(0.01)
    assert operations > 1e8 and 0 < cpu <= 1
    assert peak.copied_bytes(0.01) > 1e7
