"""Messages that cannot be wrong in anything but their structure."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor

POOL = descriptor_pool.Default()


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def bytes_twin(root, kept):
    """The class for `root` when messages have but the fields that `kept` names.

    On the wire they are the same, but strings are bytes and maps are their entries, so that only
    the structure can be wrong.
    """
    file = descriptor_pb2.FileDescriptorProto(name="twin.proto", syntax="proto3")
    entry = file.message_type.add(name="MapEntry")
    entry.field.add(name="key", number=1, label=1, type=FieldDescriptor.TYPE_BYTES)
    entry.field.add(name="value", number=2, label=1, type=FieldDescriptor.TYPE_BYTES)
    names = [root]
    for name in names:  # which grows
        twin = file.message_type.add(name=name.replace(".", "_"))
        for field in map(POOL.FindMessageTypeByName(name).fields_by_name.get, kept[name]):
            added = twin.field.add(name=field.name, number=field.number)
            added.label = 3 if field.is_repeated else 1
            if field.message_type is None:
                added.type = FieldDescriptor.TYPE_BYTES
                continue
            added.type = FieldDescriptor.TYPE_MESSAGE
            inner = field.message_type.full_name
            added.type_name = ".MapEntry" if is_map(field) else "." + inner.replace(".", "_")
            if not is_map(field) and inner not in names:
                names.append(inner)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    twin = pool.FindMessageTypeByName(root.replace(".", "_"))
    return message_factory.GetMessageClass(twin)
