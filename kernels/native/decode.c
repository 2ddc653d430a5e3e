/* Avro bodies to columns; a row that is anything but plain is left to the twin, which says what is wrong with it. */
#include "walk.h"

#define PLAN "driftline.plan"
enum { LONGEST_ID = 1024, PREFIX = 5 };

uint64_t hash_of(const char *bytes, Py_ssize_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (Py_ssize_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)bytes[i]) * 0x100000001b3u;
    return hash ^ (hash >> 29);
}

static void forget(Plan *plan)
{
    for (Py_ssize_t i = 0; plan->words != NULL && i < plan->vocabularies; i++)
        PyMem_Free(plan->words[i].slots);
    PyMem_Free(plan->words);
    PyMem_Free(plan->code);
    Py_XDECREF(plan->kept);
    PyMem_Free(plan);
}

static void forget_capsule(PyObject *capsule)
{
    forget(PyCapsule_GetPointer(capsule, PLAN));
}

/* One feature's categories, a list of bytes; their place is their value. */
static int fill_words(Words *words, PyObject *list)
{
    if (!PyList_Check(list))
        return PyErr_SetString(PyExc_TypeError, "a vocabulary is a list of bytes"), 0;
    uint64_t room = 4;
    while (room < 2 * (uint64_t)PyList_GET_SIZE(list))
        room *= 2;
    words->slots = PyMem_Calloc(room, sizeof(Word));
    words->mask = room - 1;
    if (words->slots == NULL)
        return PyErr_NoMemory(), 0;
    for (Py_ssize_t place = 0; place < PyList_GET_SIZE(list); place++) {
        PyObject *one = PyList_GET_ITEM(list, place);
        if (!PyBytes_Check(one))
            return PyErr_SetString(PyExc_TypeError, "a category is bytes"), 0;
        uint64_t spot = hash_of(PyBytes_AS_STRING(one), PyBytes_GET_SIZE(one)) & words->mask;
        while (words->slots[spot].bytes != NULL)
            spot = (spot + 1) & words->mask;
        words->slots[spot] = (Word){PyBytes_AS_STRING(one), PyBytes_GET_SIZE(one), place};
    }
    return 1;
}

static int fill_plan(Plan *plan, const Py_buffer *code, PyObject *vocabularies)
{
    plan->code = PyMem_Malloc((size_t)code->len);
    plan->size = code->len / 8;
    plan->vocabularies = PyTuple_GET_SIZE(vocabularies);
    plan->words = PyMem_Calloc((size_t)plan->vocabularies + 1, sizeof(Words));
    if (plan->code == NULL || plan->words == NULL)
        return PyErr_NoMemory(), 0;
    memcpy(plan->code, code->buf, (size_t)code->len);
    for (Py_ssize_t i = 0; i < plan->vocabularies; i++)
        if (!fill_words(&plan->words[i], PyTuple_GET_ITEM(vocabularies, i)))
            return 0;
    return 1;
}

/* plan_of(code, vocabularies, features): a program as schemas/decoding/program.py writes it; nobody else may write one. */
PyObject *plan_of(PyObject *self, PyObject *args)
{
    Py_buffer code;
    PyObject *vocabularies;
    long long features;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*O!L", &code, &PyTuple_Type, &vocabularies, &features))
        return NULL;
    Plan *plan = PyMem_Calloc(1, sizeof(Plan));
    PyObject *capsule = NULL;
    if (plan == NULL)
        PyErr_NoMemory();
    else if (fill_plan(plan, &code, vocabularies)) {
        plan->features = features;
        plan->kept = Py_NewRef(vocabularies);
        capsule = PyCapsule_New(plan, PLAN, forget_capsule);
    }
    if (plan != NULL && capsule == NULL)
        forget(plan);
    PyBuffer_Release(&code);
    return capsule;
}

static int is_plain(const Row *row)
{
    if (!row->has_id || !row->has_time || row->id_size == 0 || row->id_size > LONGEST_ID || row->at != row->end)
        return 0;
    uint8_t all = 0;
    for (Py_ssize_t i = 0; i < row->id_size; i++)
        all |= row->id[i];
    return all < 0x80;
}

/* Read one value; 0 where the twin must. */
static int read_row(Row *row, PyObject *value, const Py_buffer *prefix, Py_ssize_t most)
{
    if (!PyBytes_Check(value) || PyBytes_GET_SIZE(value) < PREFIX || PyBytes_GET_SIZE(value) > most)
        return 0;
    row->at = (const uint8_t *)PyBytes_AS_STRING(value);
    row->end = row->at + PyBytes_GET_SIZE(value);
    if (memcmp(row->at, prefix->buf, PREFIX) != 0)
        return 0;
    row->at += PREFIX;
    return walk(row, row->plan->code) != NULL && is_plain(row);
}

/* The rows one by one; returns the ids, and in `left` how many are the twin's. */
static PyObject *read_rows(const Plan *plan, PyObject *values, const Py_buffer *views, Py_ssize_t most, Py_ssize_t *left)
{
    const Py_buffer *prefix = &views[0], *times = &views[1], *matrix = &views[2], *flags = &views[3], *done = &views[4];
    Py_ssize_t rows = PyList_GET_SIZE(values);
    PyObject *ids = PyList_New(rows), *none = ids == NULL ? NULL : PyBytes_FromStringAndSize(NULL, 0);
    for (Py_ssize_t i = 0; i < rows && none != NULL; i++) {
        Row row = {.plan = plan};
        row.matrix = (float *)matrix->buf + i * plan->features;
        row.flags = (uint8_t *)flags->buf + i * plan->features;
        int is_done = ((uint8_t *)done->buf)[i] && read_row(&row, PyList_GET_ITEM(values, i), prefix, most);
        if (!is_done) {
            for (int64_t j = 0; j < plan->features; j++)
                row.matrix[j] = (float)NAN, row.flags[j] = 0;
            *left += 1;
        }
        ((uint8_t *)done->buf)[i] = (uint8_t)is_done;
        ((int64_t *)times->buf)[i] = is_done ? row.micros : 0;
        PyObject *id = is_done ? PyBytes_FromStringAndSize((const char *)row.id, row.id_size) : Py_NewRef(none);
        if (id == NULL)
            Py_CLEAR(none);
        else
            PyList_SET_ITEM(ids, i, id);
    }
    if (none == NULL)
        Py_CLEAR(ids);
    Py_XDECREF(none);
    return ids;
}

/* decode(plan, values, prefix, times, matrix, flags, done, most) -> ids, rows left; `done` says which may be read. */
PyObject *decode(PyObject *self, PyObject *args)
{
    PyObject *capsule, *values, *ids = NULL;
    Py_buffer views[5];
    Py_ssize_t most, left = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO!y*w*w*w*w*n", &capsule, &PyList_Type, &values, &views[0], &views[1], &views[2],
                          &views[3], &views[4], &most))
        return NULL;
    const Plan *plan = PyCapsule_GetPointer(capsule, PLAN);
    Py_ssize_t rows = PyList_GET_SIZE(values);
    if (plan != NULL && is_of(&views[0], PREFIX, 1, "prefix") && is_of(&views[1], rows, 8, "times")
        && is_of(&views[2], rows * plan->features, 4, "matrix") && is_of(&views[3], rows * plan->features, 1, "flags")
        && is_of(&views[4], rows, 1, "done"))
        ids = read_rows(plan, values, views, most, &left);
    for (int i = 0; i < 5; i++)
        PyBuffer_Release(&views[i]);
    return ids == NULL ? NULL : Py_BuildValue("Nn", ids, left);
}
