/* The contract check of whole cells: what is wrong with each, and whether anything is. */
#include "kernels.h"

/* A cause of its own, 32: out of range. */

typedef struct {
    const float *lowest, *highest;
    const uint8_t *watched;
    Py_ssize_t features;
} Rules;

WIDE static int check_row(const Rules *rules, const float *restrict row, const uint8_t *restrict flags,
                          uint8_t *restrict causes)
{
    const float *restrict lowest = rules->lowest, *restrict highest = rules->highest;
    const uint8_t *restrict watched = rules->watched;
    Py_ssize_t features = rules->features;
    uint8_t any = 0;
    for (Py_ssize_t j = 0; j < features; j++) {
        uint8_t outside = (row[j] < lowest[j]) | (row[j] > highest[j]);
        uint8_t cause = (uint8_t)((flags[j] & watched[j]) | (uint8_t)((outside & (flags[j] == 0)) << 5));
        causes[j] = cause;
        any |= cause;
    }
    return any != 0;
}

/* check(matrix, flags, lowest, highest, watched, causes) -> how many rows have a cause; fills `causes` (n, F). */
PyObject *check(PyObject *self, PyObject *args)
{
    Py_buffer v[6];
    Py_ssize_t troubled = -1;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*w*", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]))
        return NULL;
    Rules rules = {v[2].buf, v[3].buf, v[4].buf, v[4].len};
    Py_ssize_t cells = v[1].len, rows = rules.features ? cells / rules.features : 0;
    if (is_of(&v[0], cells, 4, "matrix") && is_of(&v[1], rows * rules.features, 1, "flags")
        && is_of(&v[2], rules.features, 4, "lowest") && is_of(&v[3], rules.features, 4, "highest")
        && is_of(&v[5], cells, 1, "causes")) {
        troubled = 0;
        for (Py_ssize_t i = 0; i < rows; i++) {
            Py_ssize_t at = i * rules.features;
            troubled += check_row(&rules, (const float *)v[0].buf + at, (const uint8_t *)v[1].buf + at,
                                  (uint8_t *)v[5].buf + at);
        }
    }
    for (int i = 0; i < 6; i++)
        PyBuffer_Release(&v[i]);
    return troubled < 0 ? NULL : PyLong_FromSsize_t(troubled);
}
