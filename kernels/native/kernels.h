/* What the kernels share: each file is one loop over the rows of a batch, with a twin in numpy that says what is right. */
#ifndef DRIFTLINE_KERNELS_H
#define DRIFTLINE_KERNELS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Avro's numbers are little-endian, and so must be this machine: without these kernels numpy does the work"
#endif

/* Where the C library can choose when it loads, a second version for wider registers; both give the same bits. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#define CHOOSES
#else
#define WIDE
#endif

/* The nearest whole number, ties to the even one, of a double below 2^51: two additions, which become vectors. */
#define SHIFT 6755399441055744.0
static inline double whole(double value)
{
    return (value + SHIFT) - SHIFT;
}

/* A contiguous buffer of exactly `count` items of `size` bytes; an error otherwise. */
static inline int is_of(const Py_buffer *view, Py_ssize_t count, Py_ssize_t size, const char *what)
{
    if (count >= 0 && view->len == count * size)
        return 1;
    PyErr_Format(PyExc_ValueError, "%s: found %zd bytes, expected %zd items of %zd", what, view->len, count, size);
    return 0;
}

/* A zigzag varint; returns where it ends. */
static inline uint8_t *put_long(uint8_t *to, int64_t value)
{
    uint64_t raw = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    while (raw >= 0x80) {
        *to++ = (uint8_t)(raw | 0x80);
        raw >>= 7;
    }
    *to++ = (uint8_t)raw;
    return to;
}

PyObject *plan_of(PyObject *self, PyObject *args);
PyObject *decode(PyObject *self, PyObject *args);
PyObject *lift(PyObject *self, PyObject *args);
PyObject *encode(PyObject *self, PyObject *args);
PyObject *cloudevents(PyObject *self, PyObject *args);
PyObject *check(PyObject *self, PyObject *args);
PyObject *measure(PyObject *self, PyObject *args);
PyObject *histograms(PyObject *self, PyObject *args);

#endif
