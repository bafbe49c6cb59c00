from tests.support.scripts import body_of, cut, pieces


def test_cutting_loses_nothing() -> None:
    data = bytes(range(256))
    assert pieces(b"Hello", 2) == [b"He", b"ll", b"o"]
    assert pieces(b"Hello", [1, 3]) == [b"H", b"ell", b"o"]
    assert pieces(data, seed=7) == pieces(data, seed=7) != pieces(data, seed=8)
    for sizes in (1, 100, [5, 6], [0, 300], []):
        assert body_of(cut(data, sizes)) == data
    assert body_of(cut(data, seed=1)) == data
    assert cut(b"") == []
