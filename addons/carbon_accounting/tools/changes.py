"""Which fields a write really changes: forms and imports also send values that stay."""


def changed_fields(record, vals, names):
    """Return the names of the fields that get another value.

    :param record: one record
    :param vals: values as for ``write``
    :param names: names of the fields that matter
    :return: sorted list
    """

    def differs(name):
        field = record._fields[name]
        new, old = (field.convert_to_cache(value, record) for value in (vals[name], record[name]))
        return (new or None) != (old or None)

    return [name for name in sorted(set(names) & vals.keys()) if differs(name)]
