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
local pcall, byte, sub = redis.pcall, string.byte, string.sub
for arg = 1, #ARGV, 2 do
  local base, ids, at = KEYS[1] .. ARGV[arg], ARGV[arg + 1], 1
  local state = pcall('HMGET', base, 'token', 'predictions', 'labels', 'floor', 'notes')
  for place = 1, 5 do say(state[place] or '') end
  local last, buckets = #ids, base .. ':'
  while at <= last do
    local b1, b2, l1, l2 = byte(ids, at, at + 3)
    local bucket, begin = buckets .. b1 * 256 + b2, at + 4
    at = begin + l1 * 256 + l2
    local entry = pcall('HGET', bucket, sub(ids, begin, at - 1)) or ''
    if type(entry) == 'table' then return redis.error_reply(entry.err .. ' (HGET ' .. bucket .. ')') end
    n = n + 1
    sizes[n], values[n] = packed[#entry], entry
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
local pcall, byte, sub = redis.pcall, string.byte, string.sub
local function count(said, command, key)
  if type(said) == 'number' then return said end
  complaint = complaint or said.err .. ' (' .. command .. ' ' .. key .. ')'
  return 0
end
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
  local more, at, last, buckets = 0, 1, #puts, base .. ':'
  while at <= last do
    local b1, b2, i1, i2, v1, v2, v3, v4 = byte(puts, at, at + 7)
    local key, begin = buckets .. b1 * 256 + b2, at + 8 + i1 * 256 + i2
    local id = sub(puts, at + 8, begin - 1)
    at = begin + ((v1 * 256 + v2) * 256 + v3) * 256 + v4
    if at == begin then
      more = more - count(pcall('HDEL', key, id), 'HDEL', key)
    else
      more = more + count(pcall('HSET', key, id, sub(puts, begin, at - 1)), 'HSET', key)
    end
  end
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
