/* Columns to Avro bodies: the pieces of each row are written one after the other, then cut into bytes of its own. */
#include "kernels.h"

/* The kinds of pieces; schemas/pieces.py writes them by the same numbers. */
enum { CONSTANT, TEXT, LONG, DOUBLE, FLAGGED, TABLE, DOUBLES, BYTE, KINDS };
enum { MOST_PIECES = 64 };

typedef struct {
    long kind, extra;
    PyObject *list;
    Py_buffer first, second;
} Piece;

static void release(Piece *pieces, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        PyBuffer_Release(&pieces[i].first);
        PyBuffer_Release(&pieces[i].second);
    }
}

/* A list of bytes, all of it. */
static int is_bytes(PyObject *list, Py_ssize_t fewest)
{
    int holds = list != NULL && PyList_Check(list) && PyList_GET_SIZE(list) >= fewest;
    for (Py_ssize_t i = 0; holds && i < PyList_GET_SIZE(list); i++)
        holds = PyBytes_Check(PyList_GET_ITEM(list, i));
    if (!holds)
        PyErr_SetString(PyExc_ValueError, "a piece needs a list of bytes, one for each row or value");
    return holds;
}

static int are_places(const Piece *piece, Py_ssize_t rows)
{
    const int64_t *places = piece->first.buf;
    for (Py_ssize_t i = 0; i < rows; i++)
        if (places[i] < 0 || places[i] >= PyList_GET_SIZE(piece->list))
            return PyErr_SetString(PyExc_IndexError, "a row refers to a value that the table lacks"), 0;
    return 1;
}

static int is_sound(const Piece *piece, Py_ssize_t rows)
{
    switch (piece->kind) {
    case CONSTANT: return 1;
    case TEXT: return is_bytes(piece->list, rows);
    case LONG: return is_of(&piece->first, rows, 8, "longs");
    case DOUBLE: return is_of(&piece->first, rows, 8, "doubles");
    case FLAGGED: return is_of(&piece->first, rows, 8, "doubles") && is_of(&piece->second, rows, 1, "flags");
    case TABLE: return is_bytes(piece->list, 0) && is_of(&piece->first, rows, 8, "places") && are_places(piece, rows);
    case DOUBLES: return piece->extra > 0 && is_of(&piece->first, rows * piece->extra, 8, "doubles");
    case BYTE: return is_of(&piece->first, rows, 1, "bytes");
    default: return PyErr_SetString(PyExc_ValueError, "a piece of no known kind"), 0;
    }
}

/* (kind, extra, list or None, first buffer, second buffer) */
static int open_piece(Piece *piece, PyObject *said, Py_ssize_t rows)
{
    PyObject *list;
    if (!PyTuple_Check(said))
        return PyErr_SetString(PyExc_TypeError, "a piece is a tuple"), 0;
    if (!PyArg_ParseTuple(said, "llOy*y*", &piece->kind, &piece->extra, &list, &piece->first, &piece->second))
        return 0;
    piece->list = list == Py_None ? NULL : list;
    return is_sound(piece, rows);
}

/* The most bytes that a piece takes in a row. */
static Py_ssize_t room(const Piece *piece, Py_ssize_t row)
{
    switch (piece->kind) {
    case CONSTANT: return piece->first.len;
    case TEXT: return 10 + PyBytes_GET_SIZE(PyList_GET_ITEM(piece->list, row));
    case TABLE: return PyBytes_GET_SIZE(PyList_GET_ITEM(piece->list, ((const int64_t *)piece->first.buf)[row]));
    case DOUBLES: return 11 + 8 * piece->extra;
    default: return 10;
    }
}

static uint8_t *put_bytes(uint8_t *to, PyObject *bytes)
{
    memcpy(to, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    return to + PyBytes_GET_SIZE(bytes);
}

/* A union of null and double: NaN is null. */
static uint8_t *put_double(uint8_t *to, double value, long branch)
{
    if (isnan(value)) {
        *to = 0;
        return to + 1;
    }
    *to = (uint8_t)(branch << 1);
    memcpy(to + 1, &value, 8);
    return to + 9;
}

/* An array of doubles; one that is all NaN is empty. */
static uint8_t *put_doubles(uint8_t *to, const double *values, long count)
{
    int empty = 1;
    for (long i = 0; i < count; i++)
        empty &= isnan(values[i]) != 0;
    if (!empty) {
        to = put_long(to, count);
        memcpy(to, values, (size_t)count * 8);
        to += count * 8;
    }
    *to = 0;
    return to + 1;
}

static uint8_t *put_flagged(uint8_t *to, double value, uint8_t flag)
{
    uint8_t *after = put_double(to, value, 1);
    if (after == to + 1)
        return after;
    *after = flag;
    return after + 1;
}

static uint8_t *put_piece(uint8_t *to, const Piece *piece, Py_ssize_t row)
{
    const double *doubles = piece->first.buf;
    const int64_t *longs = piece->first.buf;
    switch (piece->kind) {
    case CONSTANT: memcpy(to, piece->first.buf, (size_t)piece->first.len); return to + piece->first.len;
    case TEXT:
        to = put_long(to, PyBytes_GET_SIZE(PyList_GET_ITEM(piece->list, row)));
        return put_bytes(to, PyList_GET_ITEM(piece->list, row));
    case LONG: return put_long(to, longs[row]);
    case DOUBLE: return put_double(to, doubles[row], piece->extra);
    case FLAGGED: return put_flagged(to, doubles[row], ((const uint8_t *)piece->second.buf)[row]);
    case TABLE: return put_bytes(to, PyList_GET_ITEM(piece->list, longs[row]));
    case DOUBLES: return put_doubles(to, doubles + row * piece->extra, piece->extra);
    default: *to = ((const uint8_t *)piece->first.buf)[row]; return to + 1;
    }
}

static PyObject *write_rows(const Piece *pieces, Py_ssize_t count, Py_ssize_t rows)
{
    PyObject *written = PyList_New(rows);
    for (Py_ssize_t row = 0; row < rows && written != NULL; row++) {
        uint8_t near[1024], *canvas = near;
        Py_ssize_t most = 0;
        for (Py_ssize_t i = 0; i < count; i++)
            most += room(&pieces[i], row);
        if (most > (Py_ssize_t)sizeof near && (canvas = PyMem_Malloc((size_t)most)) == NULL)
            return Py_DECREF(written), PyErr_NoMemory();
        uint8_t *to = canvas;
        for (Py_ssize_t i = 0; i < count; i++)
            to = put_piece(to, &pieces[i], row);
        PyObject *value = PyBytes_FromStringAndSize((const char *)canvas, to - canvas);
        if (canvas != near)
            PyMem_Free(canvas);
        if (value == NULL)
            Py_CLEAR(written);
        else
            PyList_SET_ITEM(written, row, value);
    }
    return written;
}

/* encode(rows, pieces) -> a list of `rows` bytes. */
PyObject *encode(PyObject *self, PyObject *args)
{
    Py_ssize_t rows, opened = 0;
    PyObject *said, *written = NULL;
    Piece pieces[MOST_PIECES];
    (void)self;
    if (!PyArg_ParseTuple(args, "nO!", &rows, &PyTuple_Type, &said))
        return NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(said);
    if (rows < 0 || count > MOST_PIECES)
        return PyErr_SetString(PyExc_ValueError, "too many pieces"), NULL;
    memset(pieces, 0, sizeof pieces);
    while (opened < count && open_piece(&pieces[opened], PyTuple_GET_ITEM(said, opened), rows))
        opened++;
    if (opened == count)
        written = write_rows(pieces, count, rows);
    release(pieces, opened < count ? opened + 1 : count);
    return written;
}
