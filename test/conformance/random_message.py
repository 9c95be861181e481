"""Messages with most of their fields set, whatever fields those are."""

from bytes_twin import is_map
from google.protobuf.descriptor import FieldDescriptor

NAMES = ["authorization", ":path", "x-request-id", "cookie", "a", "b", "ä", ""]
TEXTS = ["", "v", "Bearer dummy", "/p?q=1", "é€😀", "\x00", "x" * 200]
RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


def random_scalar(field, rng):
    kind = field.cpp_type
    if kind in RANGES:
        return rng.randint(*RANGES[kind])
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return rng.choice(field.enum_type.values).number
    if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return rng.uniform(-1e6, 1e6)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return rng.choice([rng.randbytes(rng.randint(0, 20)), b"raw", b"\xff\xfe"])
    return rng.choice(NAMES if field.name == "key" else TEXTS)


def fill(message, rng, depth=0):
    """Sets most fields, of the messages within too, though not without end."""
    for field in message.DESCRIPTOR.fields:
        if rng.random() < 0.1 or (field.message_type and depth > 8):
            continue
        value = getattr(message, field.name)
        if is_map(field):
            key, inner = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            for _ in range(rng.randint(0, 4)):
                if inner.message_type:
                    fill(value[random_scalar(key, rng)], rng, depth + 2)
                else:
                    value[random_scalar(key, rng)] = random_scalar(inner, rng)
        elif field.is_repeated and field.message_type:
            for _ in range(rng.randint(0, 4)):
                fill(value.add(), rng, depth + 1)
        elif field.is_repeated:
            value.extend(random_scalar(field, rng) for _ in range(rng.randint(0, 4)))
        elif field.message_type:
            value.SetInParent()
            fill(value, rng, depth + 1)
        else:
            setattr(message, field.name, random_scalar(field, rng))
