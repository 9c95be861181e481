"""Header blocks of many connections, written and read by the hpack package.

Each line of JSON on stdin has `ask`, the name of a function here, and its arguments.
"""

import copy
import json
import random
import sys
from base64 import b64encode

from hpack import Decoder, Encoder, HPACKDecodingError
from hpack import hpack as module
from hpack.table import HeaderTable

MAX_TABLE = 4096
BLOCKS = 20
FIELDS = 12
HOSTILE = 4
NO_LIMIT = 1 << 30
STATIC_NAMES = sorted({name for name, _ in HeaderTable.STATIC_TABLE})
# What a field that is not to be indexed begins with: the package itself writes one of them only.
NOT_INDEXED = (module.INDEX_NONE, module.INDEX_NEVER)


def text(data):
    return b64encode(data).decode()


def pairs(fields):
    return [[text(name), text(value)] for name, value in fields]


def static():
    return pairs(HeaderTable.STATIC_TABLE)


def connections(seed, count):
    return [connection(random.Random(seed * count + i)) for i in range(count)]


def connection(rng):
    encoder, decoder = Encoder(), Decoder(max_header_list_size=NO_LIMIT)
    known = list(HeaderTable.STATIC_TABLE)
    blocks = []
    for _ in range(rng.randint(1, BLOCKS)):
        resized = resize(rng, encoder)
        fields = [a_field(rng, known) for _ in range(rng.randint(0, FIELDS))]
        data = encode(rng, encoder, fields)
        decoder.decode(data, raw=True)
        blocks.append({"bytes": text(data), "fields": pairs(fields), "resized": resized})
    hostile = [read(copy.deepcopy(decoder), mutated(rng, data)) for _ in range(HOSTILE)]
    return {
        "blocks": blocks,
        "table": pairs(encoder.header_table.dynamic_entries),
        "hostile": hostile,
    }


def resize(rng, encoder):
    """How often the table's size changes before the next block."""
    changes = 0
    for _ in range(rng.choice((0, 0, 0, 1, 2, 3))):
        size = rng.choice((0, rng.randint(0, 200), rng.randint(0, MAX_TABLE), MAX_TABLE))
        # Of one that is no change the encoder forgets those before it.
        if size != encoder.header_table_size:
            encoder.header_table_size = size
            changes += 1
    return changes


def a_field(rng, known):
    if rng.random() < 0.4:
        return rng.choice(known[-40:])
    if rng.random() < 0.3:
        name = rng.choice(known)[0]
    elif rng.random() < 0.5:
        name = rng.choice(STATIC_NAMES)
    else:
        name = some_bytes(rng)
    field = (name, some_bytes(rng))
    known.append(field)
    return field


def some_bytes(rng):
    length = rng.choice((0, 1, rng.randint(0, 20), rng.randint(0, 20), rng.randint(0, 300)))
    if rng.random() < 0.01:
        length = rng.randint(1_000, 5_000)
    if rng.random() < 0.3:
        return rng.randbytes(length)
    return bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyz0123456789-/:;=. ", k=length))


def encode(rng, encoder, fields):
    data = encoder.encode([], huffman=False)
    for name, value in fields:
        module.INDEX_NEVER = rng.choice(NOT_INDEXED)
        field = (name, value, rng.random() < 0.3)
        data += encoder.encode([field], huffman=rng.random() < 0.5)
    return data


def mutated(rng, data):
    result = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randint(0, len(result))
        kind = rng.randrange(5)
        if kind == 0:
            del result[at:]
        elif kind == 1:
            del result[at : at + rng.randint(1, 4)]
        elif kind == 2:
            result[at:at] = rng.randbytes(rng.randint(1, 4))
        elif kind == 3:
            result[at:at] = rng.choice((b"\x20", b"\x3f\xe1\x1f", b"\x80", b"\xbe", b"\xff\xff\x00"))
        elif at < len(result):
            result[at] ^= 1 << rng.randrange(8)
    return bytes(result)


def read(decoder, data):
    """`fields` is None when the block is broken."""
    try:
        fields = pairs(decoder.decode(data, raw=True))
    except HPACKDecodingError:
        fields = None
    return {"bytes": text(data), "fields": fields}


QUESTIONS = {function.__name__: function for function in (static, connections)}

for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps(QUESTIONS[question.pop("ask")](**question)))
