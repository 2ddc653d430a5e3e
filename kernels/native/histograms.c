/* What a profile counts of features: bins, missing, unseen, sums of standardised values, group by group. */
#include "kernels.h"

typedef struct {
    const float *rungs, *listed;
    const double *centre, *scale;
    Py_ssize_t features, edges, width;
} Bins;

/* The edges at or below a value; those a feature lacks are NaN, which nothing reaches. */
static inline int below(const float *edges, Py_ssize_t count, float value)
{
    int found = 0;
    for (Py_ssize_t e = 0; e < count; e++)
        found += value >= edges[e];
    return found;
}

static inline void count_cell(const Bins *b, Py_ssize_t j, float value, int64_t *table, int64_t *sums)
{
    int64_t *row = table + j * b->width;
    if (isnan(value)) {
        row[b->width - 1]++;
        return;
    }
    if (b->listed[j] >= 0) {
        row[value >= 0 && value < b->listed[j] ? (Py_ssize_t)value : b->width - 2]++;
        return;
    }
    row[below(b->rungs + j * b->edges, b->edges, value)]++;
    double z = ((double)value - b->centre[j]) / b->scale[j];
    z = z < -1000.0 ? -1000.0 : z;
    z = z > 1000.0 ? 1000.0 : z;
    sums[2 * j] += (int64_t)whole(z * 1e6);
    sums[2 * j + 1] += (int64_t)whole(z * z * 1e6);
}

WIDE static void count_row(const Bins *b, const float *row, int64_t *table, int64_t *sums)
{
    for (Py_ssize_t j = 0; j < b->features; j++)
        count_cell(b, j, row[j], table, sums);
}

static int is_sound(const Bins *b, const Py_buffer *v, Py_ssize_t rows, Py_ssize_t groups)
{
    Py_ssize_t cells = groups * b->features;
    if (b->features < 1 || b->edges < 0 || b->width < 2 || groups < 0)
        return PyErr_SetString(PyExc_ValueError, "found no features, or sizes below what bins take"), 0;
    if (!is_of(&v[0], rows * b->features, 4, "matrix") || !is_of(&v[1], rows, 8, "groups")
        || !is_of(&v[2], b->features * b->edges, 4, "rungs") || !is_of(&v[3], b->features, 4, "listed")
        || !is_of(&v[4], b->features, 8, "centre") || !is_of(&v[5], b->features, 8, "scale")
        || !is_of(&v[6], cells * b->width, 8, "table") || !is_of(&v[7], cells * 2, 8, "sums"))
        return 0;
    const int64_t *group = v[1].buf;
    for (Py_ssize_t i = 0; i < rows; i++)
        if (group[i] < 0 || group[i] >= groups)
            return PyErr_SetString(PyExc_IndexError, "a row is of no group"), 0;
    for (Py_ssize_t j = 0; j < b->features; j++)
        if (b->listed[j] > (float)(b->width - 2) || b->edges > b->width - 3)
            return PyErr_SetString(PyExc_ValueError, "a feature has more bins than the table"), 0;
    return 1;
}

/* histograms(matrix, groups, rungs, listed, centre, scale, table, sums, width, count): adds to table and sums. */
PyObject *histograms(PyObject *self, PyObject *args)
{
    Py_buffer v[8];
    Py_ssize_t width, groups;
    int done = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*w*w*nn", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7], &width,
                          &groups))
        return NULL;
    Py_ssize_t rows = v[1].len / 8, features = v[3].len / 4;
    Bins b = {v[2].buf, v[3].buf, v[4].buf, v[5].buf, features, features ? v[2].len / 4 / features : 0, width};
    if ((done = is_sound(&b, v, rows, groups))) {
        /* Nobody else has the table and the sums, and the buffers are held. */
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < rows; i++) {
            int64_t group = ((const int64_t *)v[1].buf)[i];
            const float *row = (const float *)v[0].buf + i * features;
            count_row(&b, row, (int64_t *)v[6].buf + group * features * width,
                      (int64_t *)v[7].buf + group * features * 2);
        }
        Py_END_ALLOW_THREADS
    }
    for (int i = 0; i < 8; i++)
        PyBuffer_Release(&v[i]);
    return done ? Py_NewRef(Py_None) : NULL;
}
