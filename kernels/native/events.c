/* CloudEvents headers: each record's own id in front of what all of them share. */
#include "kernels.h"

static PyObject *headers_of(PyObject *name, const char *text, Py_ssize_t size, PyObject *shared)
{
    Py_ssize_t others = PyTuple_GET_SIZE(shared);
    PyObject *id = PyBytes_FromStringAndSize(text, size), *pair = id == NULL ? NULL : PyTuple_Pack(2, name, id);
    Py_XDECREF(id);
    PyObject *list = pair == NULL ? NULL : PyList_New(1 + others);
    if (list == NULL)
        return Py_XDECREF(pair), NULL;
    PyList_SET_ITEM(list, 0, pair);
    for (Py_ssize_t i = 0; i < others; i++)
        PyList_SET_ITEM(list, i + 1, Py_NewRef(PyTuple_GET_ITEM(shared, i)));
    return list;
}

static char *put_number(char *to, uint64_t value)
{
    char digits[20];
    int count = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    while (count)
        *to++ = digits[--count];
    return to;
}

static PyObject *all_headers(PyObject *name, const Py_buffer *stem, const Py_buffer *numbers, PyObject *shared)
{
    const int64_t *partitions = numbers[0].buf, *offsets = numbers[1].buf;
    Py_ssize_t rows = numbers[0].len / 8;
    char *text = PyMem_Malloc((size_t)stem->len + 42);
    PyObject *found = text == NULL ? PyErr_NoMemory() : PyList_New(rows);
    if (text != NULL)
        memcpy(text, stem->buf, (size_t)stem->len);
    for (Py_ssize_t i = 0; i < rows && found != NULL; i++) {
        char *to = put_number(text + stem->len, (uint64_t)partitions[i]);
        *to++ = '/';
        to = put_number(to, (uint64_t)offsets[i]);
        PyObject *one = headers_of(name, text, to - text, shared);
        if (one == NULL)
            Py_CLEAR(found);
        else
            PyList_SET_ITEM(found, i, one);
    }
    PyMem_Free(text);
    return found;
}

/* cloudevents(name, stem, partitions, offsets, shared) -> a list of headers a row: (name, stem + "p/o"), *shared. */
PyObject *cloudevents(PyObject *self, PyObject *args)
{
    PyObject *name, *shared, *found = NULL;
    Py_buffer stem, numbers[2];
    (void)self;
    if (!PyArg_ParseTuple(args, "Uy*y*y*O!", &name, &stem, &numbers[0], &numbers[1], &PyTuple_Type, &shared))
        return NULL;
    if (is_of(&numbers[1], numbers[0].len / 8, 8, "offsets") && is_of(&numbers[0], numbers[0].len / 8, 8, "partitions"))
        found = all_headers(name, &stem, numbers, shared);
    PyBuffer_Release(&stem);
    PyBuffer_Release(&numbers[0]);
    PyBuffer_Release(&numbers[1]);
    return found;
}
