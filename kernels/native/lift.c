/* Numbers out of a JSON object's text: what is anything but plain is left to Python's parser, which sees all the rest. */
#include "kernels.h"

#include <float.h>

/* The text is a bytes object's, which a zero ends: no step over a byte that was looked at leaves it. */
enum { MOST_EXPONENT = 4000, LONGEST = 400 };

static const char *blanks(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
        at++;
    return at;
}

/* Behind a string whose first quote is at `at`; NULL where it does not end. A zero inside ends the search as well. */
static const char *text(const char *at)
{
    for (at++; *at != '"'; at++) {
        if (*at == '\\')
            at++;
        if (*at == 0)
            return NULL;
    }
    return at + 1;
}

/* Behind any value, as far as quotes and brackets tell; whether it is one, Python's parser says. */
static const char *value(const char *at)
{
    int64_t deep = 0;
    do {
        if (*at == 0)
            return NULL;
        if (*at == '"') {
            at = text(at);
            if (at == NULL)
                return NULL;
            continue;
        }
        if (deep == 0 && (*at == ',' || *at == '}' || *at == ']'))
            return at;
        deep += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
        at++;
    } while (deep > 0 || (*at != ',' && *at != '}'));
    return at;
}

/* Eight digits at once (Lemire 2021); 0 where one of them is none. */
static int eight(const char *at, const char *end, uint64_t *found)
{
    uint64_t raw;
    if (end - at < 8)
        return 0;
    memcpy(&raw, at, 8);
    if (((raw & 0xf0f0f0f0f0f0f0f0u) | (((raw + 0x0606060606060606u) & 0xf0f0f0f0f0f0f0f0u) >> 4))
        != 0x3333333333333333u)
        return 0;
    raw = (raw & 0x0f0f0f0f0f0f0f0fu) * 2561 >> 8;
    raw = (raw & 0x00ff00ff00ff00ffu) * 6553601 >> 16;
    *found = (raw & 0x0000ffff0000ffffu) * 42949672960001u >> 32;
    return 1;
}

/* A number on its way: its digits as a whole number while they fit, and how many behind the point. */
typedef struct {
    uint64_t digits;
    int64_t exponent;
    int significant;
} Decimal;

static const char *digits(const char *at, const char *end, Decimal *found, int is_fraction)
{
    const char *begun = at;
    uint64_t some;
    while (found->significant <= 11 && eight(at, end, &some)) {
        found->digits = found->digits * 100000000 + some;
        found->significant += found->digits > 0 ? 8 : 0;
        at += 8;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        if (found->significant < 19)
            found->digits = found->digits * 10 + (uint64_t)(*at - '0');
        found->significant += found->digits > 0;
    }
    found->exponent -= is_fraction ? at - begun : 0;
    return at == begun ? NULL : at;
}

static const char *exponent(const char *at, const char *end, Decimal *found)
{
    Decimal power = {0, 0, 0};
    int is_negative = *at == '-';
    at += *at == '-' || *at == '+';
    at = digits(at, end, &power, 0);
    if (at == NULL || power.significant > 4 || power.digits > MOST_EXPONENT)
        return NULL;
    found->exponent += is_negative ? -(int64_t)power.digits : (int64_t)power.digits;
    return at;
}

/* Exact powers of ten: a double holds those up to 22, eighty bits those up to 27. */
static const double TENS[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The double nearest to a decimal, as Python's parser finds it; 0 where one rounding is not sure to do (Clinger 1990). */
static int nearest(const Decimal *said, double *found)
{
    int64_t power = said->exponent < 0 ? -said->exponent : said->exponent;
    if (said->significant > 19)
        return 0;
    if (said->digits <= (uint64_t)1 << 53 && power <= 22) {
        double whole_number = (double)said->digits;
        *found = said->exponent < 0 ? whole_number / TENS[power] : whole_number * TENS[power];
        return 1;
    }
#if LDBL_MANT_DIG == 64
    if (power <= 27) {
        long double ten = power <= 22 ? (long double)TENS[power] : (long double)TENS[22] * TENS[power - 22];
        long double rounded = said->exponent < 0 ? (long double)said->digits / ten : (long double)said->digits * ten;
        uint64_t bits;
        memcpy(&bits, &rounded, 8);
        /* Rounded twice: harmless but for what the first rounding put just between two doubles. */
        *found = (double)rounded;
        return (bits & 0x7ff) != 0x400;
    }
#endif
    return 0;
}

/* One number in JSON's grammar; behind it, or NULL. */
static const char *number(const char *at, const char *end, float *found)
{
    const char *begun = at;
    Decimal said = {0, 0, 0};
    int is_negative = *at == '-', is_whole = 1;
    at += is_negative;
    if (*at == '0' && at[1] >= '0' && at[1] <= '9')
        return NULL;
    at = digits(at, end, &said, 0);
    if (at != NULL && *at == '.')
        at = digits(at + 1, end, &said, 1), is_whole = 0;
    if (at != NULL && (*at == 'e' || *at == 'E'))
        at = exponent(at + 1, end, &said), is_whole = 0;
    if (at == NULL || at - begun > LONGEST)
        return NULL;
    double read = 0.0;
    char *tail;
    if (said.digits != 0 && !nearest(&said, &read)) {
        read = PyOS_string_to_double(begun + is_negative, &tail, NULL);
        if (PyErr_Occurred())
            return PyErr_Clear(), NULL;
    }
    /* A whole number has no negative zero. */
    *found = (float)(is_negative && !(is_whole && read == 0.0) ? -read : read);
    return at;
}

/* `count` numbers with commas between, from behind the opening bracket or quote on; at the closing one, or NULL. */
static const char *numbers(const char *at, const char *end, int is_text, float *row, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        while (is_text && *at == ' ')
            at++;
        at = number(is_text ? at : blanks(at), end, row + i);
        if (at == NULL)
            return NULL;
        while (is_text && *at == ' ')
            at++;
        at = is_text ? at : blanks(at);
        if (*at != (i + 1 < count ? ',' : is_text ? '"' : ']'))
            return NULL;
        at++;
    }
    return at - 1;
}

/* Behind the bracket or quote that opens the value of the field called `name`; NULL where there is none. */
static const char *opened(const char *at, const Py_buffer *name)
{
    at = blanks(at);
    if (*at++ != '{')
        return NULL;
    for (;;) {
        at = blanks(at);
        const char *key = at + 1, *past = *at == '"' ? text(at) : NULL;
        if (past == NULL)
            return NULL;
        at = blanks(past);
        if (*at++ != ':')
            return NULL;
        at = blanks(at);
        if (past - 1 - key == name->len && memcmp(key, name->buf, (size_t)name->len) == 0)
            return *at == '[' || *at == '"' ? at + 1 : NULL;
        at = value(at);
        if (at == NULL || *blanks(at) != ',')
            return NULL;
        at = blanks(at) + 1;
    }
}

/* lift(text, name, row) -> the text without the numbers of the field `name`, now in `row`; None where it is not plain. */
PyObject *lift(PyObject *self, PyObject *args)
{
    PyObject *given, *rest = NULL;
    Py_buffer name, row;
    (void)self;
    if (!PyArg_ParseTuple(args, "Sy*w*", &given, &name, &row))
        return NULL;
    const char *begun = PyBytes_AS_STRING(given), *end = begun + PyBytes_GET_SIZE(given);
    const char *from = opened(begun, &name);
    const char *to = from == NULL ? NULL : numbers(from, end, from[-1] == '"', row.buf, row.len / 4);
    if (to == NULL)
        rest = Py_NewRef(Py_None);
    else if ((rest = PyBytes_FromStringAndSize(NULL, (from - begun) + (end - to))) != NULL) {
        memcpy(PyBytes_AS_STRING(rest), begun, (size_t)(from - begun));
        memcpy(PyBytes_AS_STRING(rest) + (from - begun), to, (size_t)(end - to));
    }
    PyBuffer_Release(&name);
    PyBuffer_Release(&row);
    return rest;
}
