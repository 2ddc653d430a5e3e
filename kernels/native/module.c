/* The module: what Python may call. */
#include "kernels.h"

/* As in kernels/compiled.py. */
enum { EDITION = 2 };

static PyMethodDef methods[] = {
    {"plan_of", plan_of, METH_VARARGS, NULL},     {"decode", decode, METH_VARARGS, NULL},
    {"lift", lift, METH_VARARGS, NULL},
    {"encode", encode, METH_VARARGS, NULL},       {"cloudevents", cloudevents, METH_VARARGS, NULL},
    {"check", check, METH_VARARGS, NULL},         {"measure", measure, METH_VARARGS, NULL},
    {"histograms", histograms, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_compiled", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__compiled(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && PyModule_AddIntConstant(module, "EDITION", EDITION) < 0)
        Py_CLEAR(module);
    return module;
}
