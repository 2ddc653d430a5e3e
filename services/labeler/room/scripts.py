"""The waiting room's scripts: each one step of the store, nothing half written that is not marked so."""

# Needs Redis 7 or any Valkey (a script's first line says whether it writes). What a script is given it cuts by one call
# of struct.unpack, and hands on to one command with many fields: a command a record took four times as long. Ids, times
# and offsets are opaque bytes: Lua's numbers would round them. Every key begins with KEYS[1], whose hash tag keeps them
# on one node. A script that writes is refused whole where memory is full when it begins, and is not stopped where it
# fills up on the way. What frees memory, or needs next to none, is allowed to a full store too: else nobody could ever
# leave it. A state of another type is no state.

TOGETHER = 1_500
"""So many rows a command takes at once: Lua's stack ends at some 8,000 values."""
PORTIONS = 100
"""So many portions of a slot are looked at in one step."""

CUT = f"""
local function cut(form, blob, count, visit)
  local at, fields = 1
  while count > 0 do
    local some = math.min(count, {TOGETHER})
    fields = {{struct.unpack('>' .. string.rep(form, some), blob, at)}}
    at, fields[#fields] = fields[#fields], nil
    visit(fields)
    count = count - some
  end
end
"""
"""Cuts a blob of `count` rows into fields, by portions: each is its length, then its bytes."""

READ = f"""#!lua flags=no-writes{CUT}
local packed = setmetatable({{}}, {{__index = function(known, size)
  known[size] = struct.pack('<I4', size)
  return known[size]
end}})
local sizes, values, n = {{}}, {{}}, 0
local function say(value)
  n = n + 1
  sizes[n], values[n] = packed[#value], value
end
local refused
for arg = 1, #ARGV, 3 do
  local base = KEYS[1] .. ARGV[arg]
  local entries = base .. ':e'
  local state = redis.pcall('HMGET', base, 'token', 'predictions', 'labels', 'floor', 'notes')
  for place = 1, 5 do say(state[place] or '') end
  cut('I2c0', ARGV[arg + 2], tonumber(ARGV[arg + 1]), function(ids)
    local found = redis.pcall('HMGET', entries, unpack(ids))
    if found.err then
      refused = refused or found.err .. ' (HMGET ' .. entries .. ')'
      return
    end
    for place = 1, #ids do
      local entry = found[place] or ''
      n = n + 1
      sizes[n], values[n] = packed[#entry], entry
    end
  end)
end
if refused then return redis.error_reply(refused) end
return {{table.concat(sizes), table.concat(values)}}
"""

WRITE = f"""#!lua{CUT}
local others = {{}}
for arg = 1, #ARGV, 16 do
  local stored = redis.pcall('HGET', KEYS[1] .. ARGV[arg], 'token')
  if type(stored) == 'table' then stored = false end
  if stored ~= ARGV[arg + 1] then
    others[#others + 1] = ARGV[arg]
    others[#others + 1] = stored or ''
  end
end
if #others > 0 then return others end
local complaint
local function call(command, key, ...)
  local said = redis.pcall(command, key, ...)
  if type(said) == 'table' and said.err then
    complaint = complaint or said.err .. ' (' .. command .. ' ' .. key .. ')'
    return {{}}
  end
  return said
end
local function whole(list, count)
  local at, portions = 0, {{}}
  repeat
    portions = call('LRANGE', list, at, at + {PORTIONS} - 1)
    for _, portion in ipairs(portions) do
      count = count - (#portion > 1 and struct.unpack('>I2', portion) or 1)
      if count < 0 then return at end
      at = at + 1
    end
  until count == 0 or #portions < {PORTIONS}
  return at
end
for arg = 1, #ARGV, 16 do
  local base = KEYS[1] .. ARGV[arg]
  local function rows(place, form, visit) cut(form, ARGV[arg + place + 1], tonumber(ARGV[arg + place]), visit) end
  rows(6, 'I2c0I4c0', function(some) call('HSET', base .. ':e', unpack(some)) end)
  rows(8, 'I2c0', function(some) call('HDEL', base .. ':e', unpack(some)) end)
  rows(10, 'I2c0I2c0I4c0', function(some)
    for at = 1, #some, 3 do
      local list = base .. ':' .. some[at] .. some[at + 1]
      call('LTRIM', list, whole(list, tonumber(some[at + 2])), -1)
      if call('EXISTS', list) == 0 then call('ZREM', base .. ':' .. string.upper(some[at]), some[at + 1]) end
    end
  end)
  rows(12, 'I2c0I2c0I4c0', function(some)
    for at = 1, #some, 3 do
      call('RPUSH', base .. ':' .. some[at] .. some[at + 1], some[at + 2])
      call('ZADD', base .. ':' .. string.upper(some[at]), some[at + 1], some[at + 1])
    end
  end)
  rows(14, 'I2c0I4c0', function(some) call('HSET', KEYS[1] .. 'words', unpack(some)) end)
end
for arg = 1, #ARGV, 16 do
  local base = KEYS[1] .. ARGV[arg]
  local predictions, labels = ARGV[arg + 2], ARGV[arg + 3]
  if complaint then predictions, labels = -1, -1 end
  call('HSET', base, 'predictions', predictions, 'labels', labels, 'floor', ARGV[arg + 4], 'notes', ARGV[arg + 5])
end
if complaint then return redis.error_reply(complaint) end
return others
"""

WRITE_FULL = WRITE.replace("#!lua", "#!lua flags=allow-oom", 1)
"""The same for a store whose memory is full."""

DUE = f"""#!lua flags=no-writes
local base, kind, most, found = KEYS[1] .. ARGV[1], ARGV[2], tonumber(ARGV[4]), {{}}
local function call(command, key, ...)
  local said = redis.pcall(command, key, ...)
  if said.err then error({{err = said.err .. ' (' .. command .. ' ' .. key .. ')'}}) end
  return said
end
local slots = call('ZRANGEBYSCORE', base .. ':' .. string.upper(kind), '-inf', '(' .. ARGV[3], 'LIMIT', 0, most)
for _, slot in ipairs(slots) do
  if most <= 0 then break end
  local list, portions, at, some = base .. ':' .. kind .. slot, {{}}, 0, {{}}
  repeat
    some = call('LRANGE', list, at, at + {PORTIONS} - 1)
    for _, portion in ipairs(some) do
      if most <= 0 then break end
      portions[#portions + 1] = portion
      most = most - (#portion > 1 and struct.unpack('>I2', portion) or 1)
    end
    at = at + #some
  until most <= 0 or #some < {PORTIONS}
  found[#found + 1] = slot
  found[#found + 1] = portions
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
  local said = redis.pcall('HLEN', KEYS[1] .. partition .. ':e')
  found[place] = type(said) == 'number' and said or 0
end
return found
"""
