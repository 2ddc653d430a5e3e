"""What travels with a pair's committed offsets: how far event time has come, the owner's token, how often it swept."""

OWNER, LONGEST = "t1:", 15


def with_token(metadata: str, token: int, turn: int = 0) -> str:
    """The metadata of a committed offset with the owner's token and the turn: how many sweeps changed the pair.

    >>> with_token("w1:5:0:0", 3), with_token("w1:5:0:0", 3, 9)
    ('w1:5:0:0 t1:3', 'w1:5:0:0 t1:3:9')
    """
    return f"{metadata} {OWNER}{token}{f':{turn}' if turn else ''}".lstrip()


def token_of(metadata: str) -> int:
    """The token that travels in `metadata`; 0 where there is none of our form.

    >>> token_of(with_token("", 3)), token_of(with_token("", 3, 9)), token_of("w1:5:0:0")
    (3, 3, 0)
    """
    return _numbers(metadata)[0]


def turn_of(metadata: str) -> int:
    """The turn that travels in `metadata`; 0 where there is none.

    >>> turn_of(with_token("", 3)), turn_of(with_token("", 3, 9)), turn_of("w1:5:0:0")
    (0, 9, 0)
    """
    return _numbers(metadata)[1]


def _numbers(metadata: str) -> tuple[int, int]:
    text = metadata.rpartition(" ")[2]
    numbers = text.removeprefix(OWNER).split(":")
    ours = text.startswith(OWNER) and len(numbers) in {1, 2} and all(map(_is_number, numbers))
    token, turn = [*numbers, "0"][:2] if ours else ("0", "0")
    return int(token), int(turn)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST


def without_token(metadata: str) -> str:
    """The metadata as it was before `with_token`.

    >>> without_token(with_token("w1:5:0:0", 3))
    'w1:5:0:0'
    """
    head, _, tail = metadata.rpartition(" ")
    return head if tail.startswith(OWNER) else metadata


def with_turn(notes: bytes, turn: int) -> bytes:
    r"""A pair's notes in the room, a line a topic, with the turn as the third.

    >>> with_turn(b"w1:5:0:0", 9), with_turn(b"", 0)
    (b'w1:5:0:0\n\n9', b'')
    """
    return b"\n".join([*[*notes.split(b"\n"), b""][:2], b"%d" % turn]) if turn else notes


def without_turn(notes: bytes) -> tuple[bytes, int]:
    r"""The notes as they were before `with_turn`, and the turn.

    >>> without_turn(with_turn(b"w1:5:0:0\nw1:6:0:0", 9)), without_turn(b"")
    ((b'w1:5:0:0\nw1:6:0:0', 9), (b'', 0))
    """
    first, second, turn = [*notes.split(b"\n"), b"", b""][:3]
    is_turn = turn.isdigit() and len(turn) <= LONGEST
    return (b"\n".join([first, second]), int(turn)) if is_turn else (notes, 0)
