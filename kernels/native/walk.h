/* The walk over one Avro body: a small program, compiled from the writer's schema, run with a bound at every step. */
#ifndef DRIFTLINE_WALK_H
#define DRIFTLINE_WALK_H

#include "kernels.h"

/* The steps of a program; schemas/decoding/program.py writes them by the same numbers. */
enum {
    RECORD, UNION, DOUBLES, FLOATS, LONG, BOOL, SKIP, BYTES, ID_TEXT, ID_LONG, TIME, CATEGORY, ENUM, WHOLE, NOTHING,
    WRONG, ABSENT, PACKED, LISTED
};

enum { NULL_FLAG = 1, ABSENT_FLAG = 2, WRONG_FLAG = 4, NOT_FINITE_FLAG = 8, UNSEEN_FLAG = 16 };

typedef struct {
    const char *bytes;
    Py_ssize_t size;
    int64_t place;
} Word;

/* The categories of one feature: open addressing, at most half full; a hit is confirmed byte by byte. */
typedef struct {
    Word *slots;
    uint64_t mask;
} Words;

typedef struct {
    int64_t *code;
    Py_ssize_t size;
    Words *words;
    Py_ssize_t vocabularies;
    int64_t features;
    PyObject *kept;
} Plan;

/* One row on its way: where we are, where it ends, what it fills. */
typedef struct {
    const Plan *plan;
    const uint8_t *at, *end;
    float *matrix;
    uint8_t *flags;
    const uint8_t *id;
    Py_ssize_t id_size;
    char digits[24];
    int64_t micros;
    int has_id, has_time;
} Row;

uint64_t hash_of(const char *bytes, Py_ssize_t size);
const int64_t *walk(Row *row, const int64_t *code);

#endif
