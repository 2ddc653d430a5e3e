/* How strange rows are: eight at a time, in whole numbers whose sums are exact, so that no order changes a bit. */
#include "kernels.h"

#ifdef CHOOSES
#include <immintrin.h>
#endif

enum { TOGETHER = 8, MOST_STEPS = 16, GIVEN = 9 };

/* m features with k knots: what models/ood.py fitted, in its order and units. */
typedef struct {
    const int64_t *places;
    const double *centre, *upward, *downward, *knots, *slopes, *start, *root, *pull;
    Py_ssize_t features, pieces, width;
    double height_unit, height_most, scale, most, unit;
} Curves;

typedef struct {
    double *values, *heights, *found;
    uint8_t *missing;
} Desk;

/* Take eight rows' features, (m, 8): what is missing lies at the centre. Returns whether anything is missing. */
static int take(const Curves *c, const Desk *d, const float *rows, Py_ssize_t count)
{
    int any = 0;
    for (Py_ssize_t j = 0; j < c->features; j++)
        for (Py_ssize_t b = 0; b < TOGETHER; b++) {
            double value = (double)rows[(b < count ? b : 0) * c->width + c->places[j]];
            int lost = value != value;
            d->missing[j * TOGETHER + b] = (uint8_t)lost;
            any |= lost;
            d->values[j * TOGETHER + b] = lost ? c->centre[j] : value;
        }
    return any;
}

WIDE static void bounds(const Curves *c, const Desk *d, double *beyond)
{
    for (Py_ssize_t b = 0; b < TOGETHER; b++)
        beyond[b] = -INFINITY;
    for (Py_ssize_t j = 0; j < c->features; j++)
        for (Py_ssize_t b = 0; b < TOGETHER; b++) {
            double away = d->values[j * TOGETHER + b] - c->centre[j];
            double up = away * c->upward[j], down = away * c->downward[j];
            double most = up > down ? up : down;
            beyond[b] = most > beyond[b] ? most : beyond[b];
        }
}

/* Each value on its feature's curve, in whole units: one clipped piece of the curve after another. */
static void heights_by_1(const Curves *c, const Desk *d)
{
    for (Py_ssize_t j = 0; j < c->features; j++) {
        double sum[TOGETHER];
        const double *values = d->values + j * TOGETHER;
        for (Py_ssize_t b = 0; b < TOGETHER; b++)
            sum[b] = c->start[j];
        for (Py_ssize_t p = 0; p < c->pieces; p++) {
            double low = c->knots[p * c->features + j], high = c->knots[(p + 1) * c->features + j];
            double slope = c->slopes[p * c->features + j];
            for (Py_ssize_t b = 0; b < TOGETHER; b++) {
                double cut = values[b] < low ? low : values[b];
                cut = cut > high ? high : cut;
                sum[b] += cut * slope;
            }
        }
        for (Py_ssize_t b = 0; b < TOGETHER; b++)
            d->heights[j * TOGETHER + b] = whole(sum[b]);
    }
}

#ifdef CHOOSES
/* The same in the registers that are named: left to itself the compiler takes twice as long. */
#define HEIGHTS(NAME, TARGET, LANE, LANES, MAX, MIN, ALL)                                                              \
    __attribute__((target(TARGET))) static void NAME(const Curves *c, const Desk *d)                                   \
    {                                                                                                                  \
        enum { EACH = TOGETHER / (LANES) };                                                                            \
        Py_ssize_t m = c->features;                                                                                    \
        for (Py_ssize_t j = 0; j < m; j++) {                                                                           \
            LANE sum[EACH], values[EACH];                                                                              \
            memcpy(values, d->values + j * TOGETHER, sizeof values);                                                   \
            for (int b = 0; b < EACH; b++)                                                                             \
                sum[b] = ALL(c->start[j]);                                                                             \
            for (Py_ssize_t p = 0; p < c->pieces; p++)                                                                 \
                for (int b = 0; b < EACH; b++)                                                                         \
                    sum[b] += MIN(MAX(values[b], ALL(c->knots[p * m + j])), ALL(c->knots[(p + 1) * m + j]))            \
                              * c->slopes[p * m + j];                                                                  \
            for (int b = 0; b < EACH; b++)                                                                             \
                sum[b] = (sum[b] + SHIFT) - SHIFT;                                                                     \
            memcpy(d->heights + j * TOGETHER, sum, sizeof sum);                                                        \
        }                                                                                                              \
    }

HEIGHTS(heights_by_4, "avx2", __m256d, 4, _mm256_max_pd, _mm256_min_pd, _mm256_set1_pd)
HEIGHTS(heights_by_8, "avx512f", __m512d, 8, _mm512_max_pd, _mm512_min_pd, _mm512_set1_pd)
#endif

/* matrix (m, m) times heights (m, 8): several rows of the matrix at a time, so that a height is fetched once for them.
 * The sums are exact, so that each width of register has the same. */
#define TIMES(NAME, TARGET, LANES)                                                                                     \
    TARGET static void NAME(const double *matrix, const Curves *c, const Desk *d)                                      \
    {                                                                                                                  \
        typedef double lane __attribute__((vector_size((LANES) * 8), aligned(8)));                                     \
        enum { EACH = TOGETHER / (LANES), STRIP = (LANES) > 4 ? 8 : 4 };                                               \
        Py_ssize_t m = c->features, i = 0;                                                                             \
        for (; i + STRIP <= m; i += STRIP) {                                                                           \
            lane sum[STRIP][EACH] = {{{0}}};                                                                           \
            for (Py_ssize_t j = 0; j < m; j++)                                                                         \
                for (int b = 0; b < EACH; b++) {                                                                       \
                    lane height = *(const lane *)(d->heights + j * TOGETHER + b * (LANES));                            \
                    for (int r = 0; r < STRIP; r++)                                                                    \
                        sum[r][b] += height * matrix[(i + r) * m + j];                                                 \
                }                                                                                                      \
            memcpy(d->found + i * TOGETHER, sum, sizeof sum);                                                          \
        }                                                                                                              \
        for (; i < m; i++) {                                                                                           \
            lane sum[EACH] = {{0}};                                                                                    \
            for (Py_ssize_t j = 0; j < m; j++)                                                                         \
                for (int b = 0; b < EACH; b++)                                                                         \
                    sum[b] += *(const lane *)(d->heights + j * TOGETHER + b * (LANES)) * matrix[i * m + j];            \
            memcpy(d->found + i * TOGETHER, sum, sizeof sum);                                                          \
        }                                                                                                              \
    }

TIMES(times_by_2, , 2)
#ifdef CHOOSES
TIMES(times_by_4, __attribute__((target("avx2"))), 4)
TIMES(times_by_8, __attribute__((target("avx512f"))), 8)
#endif

typedef struct {
    void (*heights)(const Curves *, const Desk *);
    void (*times)(const double *, const Curves *, const Desk *);
} Ways;

/* The widest registers that this processor has. */
static Ways widest(void)
{
#ifdef CHOOSES
    if (__builtin_cpu_supports("avx512f"))
        return (Ways){heights_by_8, times_by_8};
    if (__builtin_cpu_supports("avx2"))
        return (Ways){heights_by_4, times_by_4};
#endif
    return (Ways){heights_by_1, times_by_2};
}

static Py_ssize_t lost_in(const Curves *c, const Desk *d, Py_ssize_t b)
{
    Py_ssize_t lost = 0;
    for (Py_ssize_t j = 0; j < c->features; j++)
        lost += d->missing[j * TOGETHER + b];
    return lost;
}

/* The row's divisors: how much of the precision's missing part each missing value meets. */
static double divisor(const Curves *c, const Desk *d, Py_ssize_t i, Py_ssize_t b)
{
    double sum = 0;
    for (Py_ssize_t j = 0; j < c->features; j++)
        sum += fabs(c->pull[i * c->features + j]) * d->missing[j * TOGETHER + b];
    return sum;
}

static double pulled(const Curves *c, const Desk *d, Py_ssize_t i, Py_ssize_t b)
{
    double sum = 0;
    for (Py_ssize_t j = 0; j < c->features; j++)
        sum += c->pull[i * c->features + j] * d->heights[j * TOGETHER + b];
    return sum;
}

/* Put row b's missing heights where its others expect them; `found` serves as scratch. */
static void fill(const Curves *c, const Desk *d, Py_ssize_t b)
{
    Py_ssize_t lost = lost_in(c, d, b), steps = lost < MOST_STEPS ? lost : MOST_STEPS;
    for (Py_ssize_t i = 0; i < c->features; i++)
        if (d->missing[i * TOGETHER + b])
            d->heights[i * TOGETHER + b] = 0;
    for (Py_ssize_t step = 0; step < steps; step++) {
        for (Py_ssize_t i = 0; i < c->features; i++)
            if (d->missing[i * TOGETHER + b])
                d->found[i] = whole(pulled(c, d, i, b) / divisor(c, d, i, b));
        for (Py_ssize_t i = 0; i < c->features; i++)
            if (d->missing[i * TOGETHER + b]) {
                double next = d->heights[i * TOGETHER + b] - d->found[i];
                next = next < -c->height_most ? -c->height_most : next;
                d->heights[i * TOGETHER + b] = next > c->height_most ? c->height_most : next;
            }
    }
}

WIDE static void lengths(const Curves *c, const Desk *d, double *distances)
{
    double sum[TOGETHER] = {0};
    for (Py_ssize_t i = 0; i < c->features; i++)
        for (Py_ssize_t b = 0; b < TOGETHER; b++) {
            double one = d->found[i * TOGETHER + b] * c->scale;
            one = one < -c->most ? -c->most : one;
            one = whole(one > c->most ? c->most : one);
            sum[b] += one * one;
        }
    for (Py_ssize_t b = 0; b < TOGETHER; b++)
        distances[b] = sqrt(sum[b]) * c->unit;
}

static void measure_rows(const Curves *c, const Desk *d, const float *matrix, Py_ssize_t rows, double *out[2])
{
    const Ways by = widest();
    for (Py_ssize_t row = 0; row < rows; row += TOGETHER) {
        Py_ssize_t count = rows - row < TOGETHER ? rows - row : TOGETHER;
        double beyond[TOGETHER], distances[TOGETHER];
        int any = take(c, d, matrix + row * c->width, count);
        bounds(c, d, beyond);
        by.heights(c, d);
        for (Py_ssize_t b = 0; any && b < count; b++)
            fill(c, d, b);
        by.times(c->root, c, d);
        lengths(c, d, distances);
        memcpy(out[0] + row, beyond, (size_t)count * 8);
        memcpy(out[1] + row, distances, (size_t)count * 8);
    }
}

static int is_sound(const Curves *c, const Py_buffer *given, Py_ssize_t pieces)
{
    Py_ssize_t m = c->features;
    static const char *const names[GIVEN] = {
        "places", "centre", "upward", "downward", "knots", "slopes", "start", "root", "pull"};
    Py_ssize_t counts[GIVEN] = {m, m, m, m, (pieces + 1) * m, pieces * m, m, m * m, m * m};
    for (int i = 0; i < GIVEN; i++)
        if (!is_of(&given[i], counts[i], 8, names[i]))
            return 0;
    for (Py_ssize_t j = 0; j < m; j++)
        if (c->places[j] < 0 || c->places[j] >= c->width)
            return PyErr_SetString(PyExc_IndexError, "a feature has no place in the matrix"), 0;
    return 1;
}

static int measure_all(Curves *c, const Py_buffer *matrix, Py_ssize_t rows, double *out[2])
{
    size_t cells = (size_t)c->features * TOGETHER;
    double *room = PyMem_Malloc(cells * (3 * sizeof(double) + 1));
    if (room == NULL)
        return PyErr_NoMemory(), 0;
    Desk d = {room, room + cells, room + 2 * cells, (uint8_t *)(room + 3 * cells)};
    /* Nobody else has the two columns that are filled, and the buffers are held. */
    Py_BEGIN_ALLOW_THREADS
    measure_rows(c, &d, matrix->buf, rows, out);
    Py_END_ALLOW_THREADS
    PyMem_Free(room);
    return 1;
}

/* measure(matrix, width, pieces, units, nine arrays of the fit, beyond, distances): fills the last two, (n,). */
PyObject *measure(PyObject *self, PyObject *args)
{
    Py_buffer matrix, given[GIVEN], out[2];
    Curves c;
    Py_ssize_t pieces;
    int done = 0;
    (void)self;
    memset(&c, 0, sizeof c);
    if (!PyArg_ParseTuple(args, "y*nn(dddd)(y*y*y*y*y*y*y*y*y*)w*w*", &matrix, &c.width, &pieces, &c.height_most,
                          &c.scale, &c.most, &c.unit, &given[0], &given[1], &given[2], &given[3], &given[4],
                          &given[5], &given[6], &given[7], &given[8], &out[0], &out[1]))
        return NULL;
    c.places = given[0].buf, c.centre = given[1].buf, c.upward = given[2].buf, c.downward = given[3].buf;
    c.knots = given[4].buf, c.slopes = given[5].buf, c.start = given[6].buf, c.root = given[7].buf;
    c.pull = given[8].buf, c.features = given[0].len / 8, c.pieces = pieces;
    Py_ssize_t rows = out[0].len / 8;
    double *into[2] = {out[0].buf, out[1].buf};
    if (is_of(&matrix, rows * c.width, 4, "matrix") && is_of(&out[0], rows, 8, "beyond")
        && is_of(&out[1], rows, 8, "distances") && is_sound(&c, given, pieces))
        done = measure_all(&c, &matrix, rows, into);
    PyBuffer_Release(&matrix);
    for (int i = 0; i < GIVEN; i++)
        PyBuffer_Release(&given[i]);
    PyBuffer_Release(&out[0]);
    PyBuffer_Release(&out[1]);
    return done ? Py_NewRef(Py_None) : NULL;
}
