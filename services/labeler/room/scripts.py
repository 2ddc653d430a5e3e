"""The waiting room's scripts: each one step of the store, nothing half written that is not marked so."""

# Needs Redis 7 or any Valkey (a script's first line says whether it writes). One packed blob in and out instead of a
# command an id: a tenth of a pipeline's work for the client. Ids, times and offsets are opaque bytes: Lua's numbers
# would round them. Every key begins with KEYS[1], whose hash tag keeps them on one node. A script that writes is
# refused whole where memory is full when it begins, and is not stopped where it fills up on the way. What frees memory,
# or needs next to none, is allowed to a full store too: else nobody could ever leave it. A state of another type is no
# state.

READ = """#!lua flags=no-writes
local packed = setmetatable({}, {__index = function(known, size)
  known[size] = struct.pack('<I4', size)
  return known[size]
end})
local sizes, values, n = {}, {}, 0
local function say(value)
  n = n + 1
  sizes[n], values[n] = packed[#value], value
end
for arg = 1, #ARGV, 2 do
  local base, ids, at = KEYS[1] .. ARGV[arg], ARGV[arg + 1], 1
  local state = redis.pcall('HMGET', base, 'token', 'predictions', 'labels', 'floor', 'notes')
  for place = 1, 5 do say(state[place] or '') end
  while at <= #ids do
    local b1, b2, l1, l2 = string.byte(ids, at, at + 3)
    local size = l1 * 256 + l2
    local bucket = base .. ':' .. (b1 * 256 + b2)
    local entry = redis.pcall('HGET', bucket, string.sub(ids, at + 4, at + 3 + size)) or ''
    if type(entry) == 'table' then return redis.error_reply(entry.err .. ' (HGET ' .. bucket .. ')') end
    say(entry)
    at = at + 4 + size
  end
end
return {table.concat(sizes), table.concat(values)}
"""

WRITE = """#!lua
local others = {}
for arg = 1, #ARGV, 10 do
  local stored = redis.pcall('HGET', KEYS[1] .. ARGV[arg], 'token')
  if type(stored) == 'table' then stored = false end
  if stored ~= ARGV[arg + 1] then
    others[#others + 1] = ARGV[arg]
    others[#others + 1] = stored or ''
  end
end
if #others > 0 then return others end
local base, complaint
local function call(...)
  local said = redis.pcall(...)
  if type(said) == 'table' and said.err then
    complaint = complaint or said.err .. ' (' .. select(1, ...) .. ' ' .. select(2, ...) .. ')'
    return 0
  end
  return said
end
local function each(blob, head, visit)
  local at = 1
  while at <= #blob do at = visit(at + head, string.byte(blob, at, at + head - 1)) end
end
for arg = 1, #ARGV, 10 do
  base = KEYS[1] .. ARGV[arg]
  local puts, adds, drops, words = ARGV[arg + 6], ARGV[arg + 7], ARGV[arg + 8], ARGV[arg + 9]
  local more = 0
  each(puts, 8, function(at, b1, b2, i1, i2, v1, v2, v3, v4)
    local key, size = base .. ':' .. (b1 * 256 + b2), i1 * 256 + i2
    local room = ((v1 * 256 + v2) * 256 + v3) * 256 + v4
    local id = string.sub(puts, at, at + size - 1)
    if room == 0 then
      more = more - call('HDEL', key, id)
    else
      more = more + call('HSET', key, id, string.sub(puts, at + size, at + size + room - 1))
    end
    return at + size + room
  end)
  each(drops, 2, function(at, kind, size)
    local slot = string.sub(drops, at, at + size - 1)
    local width = string.byte(drops, at + size)
    local count = string.sub(drops, at + size + 1, at + size + width)
    local list = base .. ':' .. string.char(kind) .. slot
    call('LTRIM', list, count, -1)
    if call('EXISTS', list) == 0 then call('ZREM', base .. ':' .. string.upper(string.char(kind)), slot) end
    return at + size + 1 + width
  end)
  each(adds, 4, function(at, kind, size, n1, n2)
    local slot = string.sub(adds, at, at + size - 1)
    local list, ids = base .. ':' .. string.char(kind) .. slot, {}
    at = at + size
    for _ = 1, n1 * 256 + n2 do
      local i1, i2 = string.byte(adds, at, at + 1)
      ids[#ids + 1] = string.sub(adds, at + 2, at + 1 + i1 * 256 + i2)
      at = at + 2 + i1 * 256 + i2
    end
    call('RPUSH', list, unpack(ids))
    call('ZADD', base .. ':' .. string.upper(string.char(kind)), slot, slot)
    return at
  end)
  each(words, 8, function(at, w1, w2, w3, w4, v1, v2, v3, v4)
    local size = ((v1 * 256 + v2) * 256 + v3) * 256 + v4
    call('HSET', KEYS[1] .. 'words', string.char(w1, w2, w3, w4), string.sub(words, at, at + size - 1))
    return at + size
  end)
  if more ~= 0 then call('HINCRBY', base, 'waiting', more) end
end
for arg = 1, #ARGV, 10 do
  base = KEYS[1] .. ARGV[arg]
  local predictions, labels = ARGV[arg + 2], ARGV[arg + 3]
  if complaint then predictions, labels = -1, -1 end
  call('HSET', base, 'predictions', predictions, 'labels', labels, 'floor', ARGV[arg + 4], 'notes', ARGV[arg + 5])
end
if complaint then return redis.error_reply(complaint) end
return others
"""

WRITE_FULL = WRITE.replace("#!lua", "#!lua flags=allow-oom", 1)
"""The same for a store whose memory is full."""

DUE = """#!lua flags=no-writes
local packed = setmetatable({}, {__index = function(known, size)
  known[size] = struct.pack('<I4', size)
  return known[size]
end})
local base, kind, most, found = KEYS[1] .. ARGV[1], ARGV[2], tonumber(ARGV[4]), {}
local function call(command, key, ...)
  local said = redis.pcall(command, key, ...)
  if said.err then error({err = said.err .. ' (' .. command .. ' ' .. key .. ')'}) end
  return said
end
local slots = call('ZRANGEBYSCORE', base .. ':' .. string.upper(kind), '-inf', '(' .. ARGV[3], 'LIMIT', 0, most)
for _, slot in ipairs(slots) do
  if most <= 0 then break end
  local ids, sizes = call('LRANGE', base .. ':' .. kind .. slot, 0, most - 1), {}
  for place, id in ipairs(ids) do sizes[place] = packed[#id] end
  found[#found + 1] = slot
  found[#found + 1] = table.concat(sizes)
  found[#found + 1] = table.concat(ids)
  most = most - #ids
end
return found
"""

CLAIM = """#!lua flags=allow-oom
local base = KEYS[1] .. ARGV[1]
local stored = redis.pcall('HGET', base, 'token')
if type(stored) == 'table' or stored and string.find(stored, '%D') then
  redis.call('DEL', base)
  stored = false
end
if not stored or tonumber(stored) < tonumber(ARGV[2]) then redis.call('HSET', base, 'token', ARGV[2]) end
local state, found = redis.call('HMGET', base, 'token', 'predictions', 'labels', 'floor', 'notes'), {}
for place = 1, 5 do found[place] = state[place] or '' end
return found
"""

MARK = """
local base = KEYS[1] .. ARGV[1]
if redis.pcall('HGET', base, 'token') ~= ARGV[2] then return 'done' end
redis.call('DEL', base)
redis.call('HSET', base, 'token', ARGV[2], 'predictions', -1, 'labels', -1)
"""
"""How every step of a wipe begins: it is the owner's, and whoever looks sees that the partition is being rebuilt."""

WIPE = f"""#!lua flags=allow-oom{MARK}
local first, step = tonumber(ARGV[3]), tonumber(ARGV[4])
for bucket = first, first + step - 1 do redis.call('UNLINK', base .. ':' .. bucket) end
local left = 0
for place = 5, #ARGV do
  local kind = ARGV[place]
  local index = base .. ':' .. string.upper(kind)
  local slots = redis.pcall('ZRANGE', index, 0, step - 1)
  if slots.err then return 'lost' end
  for _, slot in ipairs(slots) do redis.call('UNLINK', base .. ':' .. kind .. slot) end
  redis.call('ZREMRANGEBYRANK', index, 0, step - 1)
  left = left + redis.call('ZCARD', index)
end
local words = redis.call('TYPE', KEYS[1] .. 'words').ok
if words ~= 'hash' and words ~= 'none' then redis.call('UNLINK', KEYS[1] .. 'words') end
return left > 0 and 'more' or ''
"""

SEEK = f"""#!lua flags=allow-oom{MARK}
local said = redis.call('SCAN', ARGV[3], 'MATCH', base .. ':*', 'COUNT', ARGV[4])
for _, key in ipairs(said[2]) do redis.call('UNLINK', key) end
return said[1] == '0' and 'done' or said[1]
"""
"""For an index that is broken and cannot tell which slots it had: all keys of the store are looked through."""

WORD = """#!lua flags=no-writes
local said = redis.pcall('HGET', KEYS[1] .. 'words', ARGV[1])
return type(said) == 'string' and said
"""

WAITING = """#!lua flags=no-writes
local found = {}
for place, partition in ipairs(ARGV) do
  local said = redis.pcall('HGET', KEYS[1] .. partition, 'waiting')
  found[place] = type(said) == 'string' and said or '0'
end
return found
"""
