/* The walk: every step checks its bound first, and gives the row up (NULL) at the least thing that is not plain. */
#include "walk.h"

static int take_long(Row *row, int64_t *value)
{
    uint64_t raw = 0;
    for (int shift = 0; shift < 63; shift += 7) {
        if (row->at == row->end)
            return 0;
        uint8_t byte = *row->at++;
        raw |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
            return 1;
        }
    }
    if (row->at == row->end || *row->at > 1)
        return 0;
    raw |= (uint64_t)*row->at++ << 63;
    *value = (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
    return 1;
}

static int take_bits(Row *row, int64_t bits, int64_t *value)
{
    return take_long(row, value) && (bits == 64 || (*value >= INT32_MIN && *value <= INT32_MAX));
}

static int take_text(Row *row, const uint8_t **text, Py_ssize_t *size)
{
    int64_t length;
    if (!take_long(row, &length) || length < 0 || length > row->end - row->at)
        return 0;
    *text = row->at;
    *size = (Py_ssize_t)length;
    row->at += length;
    return 1;
}

static inline void put(Row *row, int64_t place, float value)
{
    row->matrix[place] = value;
    row->flags[place] = isfinite(value) ? 0 : NOT_FINITE_FLAG;
}

static inline void put_flag(Row *row, int64_t place, uint8_t flag)
{
    row->matrix[place] = (float)NAN;
    row->flags[place] = flag;
}

static int doubles(Row *row, int64_t place, int64_t count)
{
    if (row->end - row->at < count * 8)
        return 0;
    const uint8_t *restrict at = row->at;
    float *restrict matrix = row->matrix + place;
    uint8_t *restrict flags = row->flags + place;
    for (int64_t i = 0; place >= 0 && i < count; i++) {
        double value;
        memcpy(&value, at + i * 8, 8);
        matrix[i] = (float)value;
        flags[i] = isfinite(matrix[i]) ? 0 : NOT_FINITE_FLAG;
    }
    row->at += count * 8;
    return 1;
}

static int floats(Row *row, int64_t place, int64_t count)
{
    if (row->end - row->at < count * 4)
        return 0;
    const uint8_t *restrict at = row->at;
    float *restrict matrix = row->matrix + place;
    uint8_t *restrict flags = row->flags + place;
    for (int64_t i = 0; place >= 0 && i < count; i++) {
        memcpy(&matrix[i], at + i * 4, 4);
        flags[i] = isfinite(matrix[i]) ? 0 : NOT_FINITE_FLAG;
    }
    row->at += count * 4;
    return 1;
}

/* Numbers packed in bytes, of exactly the length that is wanted. */
static int packed(Row *row, int64_t place, int64_t count, int64_t width)
{
    const uint8_t *text;
    Py_ssize_t size;
    if (!take_text(row, &text, &size) || size != count * width)
        return 0;
    row->at = text;
    return width == 8 ? doubles(row, place, count) : floats(row, place, count);
}

/* An array of exactly as many numbers as are wanted, in one block. */
static int listed(Row *row, int64_t place, int64_t count, int64_t width)
{
    int64_t items;
    if (!take_long(row, &items) || items != count)
        return 0;
    if (!(width == 8 ? doubles(row, place, count) : floats(row, place, count)))
        return 0;
    return take_long(row, &items) && items == 0;
}

/* A double or float for a feature of whole numbers: one with a fraction is of the wrong type. */
static int whole_number(Row *row, int64_t place, int64_t width)
{
    double value;
    float single;
    if (row->end - row->at < width)
        return 0;
    memcpy(&value, row->at, width == 8 ? 8 : 0);
    memcpy(&single, row->at, 4);
    value = width == 8 ? value : (double)single;
    row->at += width;
    if (isfinite(value) && trunc(value) != value)
        put_flag(row, place, WRONG_FLAG);
    else
        put(row, place, (float)value);
    return 1;
}

static int category(Row *row, int64_t place, int64_t vocabulary)
{
    const uint8_t *text;
    Py_ssize_t size;
    if (!take_text(row, &text, &size))
        return 0;
    const Words *words = &row->plan->words[vocabulary];
    uint64_t spot = hash_of((const char *)text, size) & words->mask;
    for (; words->slots[spot].bytes != NULL; spot = (spot + 1) & words->mask) {
        const Word *word = &words->slots[spot];
        if (word->size == size && memcmp(word->bytes, text, (size_t)size) == 0) {
            row->matrix[place] = (float)word->place;
            row->flags[place] = 0;
            return 1;
        }
    }
    row->matrix[place] = -1.0f;
    row->flags[place] = UNSEEN_FLAG;
    return 1;
}

/* Ticks to microseconds, rounded down, as numpy divides. */
static int moment(Row *row, const int64_t *said)
{
    int64_t ticks, bits = said[0], factor = said[1], divisor = said[2];
    if (!take_bits(row, bits, &ticks))
        return 0;
    int64_t limit = INT64_MAX / factor;
    if (factor > 1 && (ticks > limit || ticks < -limit))
        return 0;
    int64_t product = ticks * factor;
    row->micros = product / divisor - (product % divisor < 0);
    row->has_time = 1;
    return 1;
}

static int id_number(Row *row, int64_t bits)
{
    int64_t value;
    if (!take_bits(row, bits, &value))
        return 0;
    row->id_size = snprintf(row->digits, sizeof row->digits, "%lld", (long long)value);
    row->id = (const uint8_t *)row->digits;
    row->has_id = 1;
    return 1;
}

static int symbol(Row *row, int64_t place, int64_t count, const int64_t *places)
{
    int64_t index;
    if (!take_long(row, &index) || index < 0 || index >= count)
        return 0;
    if (place >= 0) {
        row->matrix[place] = (float)places[index];
        row->flags[place] = places[index] < 0 ? UNSEEN_FLAG : 0;
    }
    return 1;
}

static int number(Row *row, int64_t place, int64_t bits)
{
    int64_t value;
    if (!take_bits(row, bits, &value))
        return 0;
    if (place >= 0)
        put(row, place, (float)(double)value);
    return 1;
}

static int truth(Row *row, int64_t place)
{
    if (row->at == row->end || *row->at > 1)
        return 0;
    if (place >= 0)
        put(row, place, *row->at);
    row->at++;
    return 1;
}

static int skip(Row *row, int64_t width)
{
    if (row->end - row->at < width)
        return 0;
    row->at += width;
    return 1;
}

static const int64_t *branch(Row *row, const int64_t *code)
{
    int64_t index;
    if (!take_long(row, &index) || index < 0 || index >= code[1])
        return NULL;
    return walk(row, row->plan->code + code[3 + index]) == NULL ? NULL : row->plan->code + code[2];
}

static const int64_t *parts(Row *row, const int64_t *code)
{
    int64_t count = code[1];
    code += 2;
    for (int64_t i = 0; i < count && code != NULL; i++)
        code = walk(row, code);
    return code;
}

const int64_t *walk(Row *row, const int64_t *code)
{
    const uint8_t *text;
    Py_ssize_t size;
    switch (code[0]) {
    case RECORD: return parts(row, code);
    case UNION: return branch(row, code);
    case DOUBLES: return doubles(row, code[1], code[2]) ? code + 3 : NULL;
    case FLOATS: return floats(row, code[1], code[2]) ? code + 3 : NULL;
    case LONG: return number(row, code[1], code[2]) ? code + 3 : NULL;
    case BOOL: return truth(row, code[1]) ? code + 2 : NULL;
    case SKIP: return skip(row, code[1]) ? code + 2 : NULL;
    case BYTES: return take_text(row, &text, &size) ? code + 1 : NULL;
    case ID_TEXT: return (row->has_id = take_text(row, &row->id, &row->id_size)) ? code + 1 : NULL;
    case ID_LONG: return id_number(row, code[1]) ? code + 2 : NULL;
    case TIME: return moment(row, code + 1) ? code + 4 : NULL;
    case CATEGORY: return category(row, code[1], code[2]) ? code + 3 : NULL;
    case ENUM: return symbol(row, code[1], code[2], code + 3) ? code + 3 + code[2] : NULL;
    case WHOLE: return whole_number(row, code[1], code[2]) ? code + 3 : NULL;
    case NOTHING:
        if (code[1] >= 0)
            put_flag(row, code[1], NULL_FLAG);
        return code[1] == -2 ? NULL : code + 2;
    case WRONG:
        put_flag(row, code[1], WRONG_FLAG);
        return walk(row, code + 2);
    case ABSENT: put_flag(row, code[1], ABSENT_FLAG); return code + 2;
    case PACKED: return packed(row, code[1], code[2], code[3]) ? code + 4 : NULL;
    case LISTED: return listed(row, code[1], code[2], code[3]) ? code + 4 : NULL;
    default: return NULL;
    }
}
